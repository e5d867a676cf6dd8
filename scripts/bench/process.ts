import { readFile } from 'node:fs/promises'

/** Resident memory of a process now, MiB; NaN where the system does not tell. */
export async function residentOf (pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid ?? ''}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** Processor time of a process so far, ms (fields 14 and 15 of proc_pid_stat(5), ticks of 10 ms); NaN likewise. */
export async function timeOf (pid: number | undefined): Promise<number> {
  const fields = (await readFile(`/proc/${pid ?? ''}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
