/** What is done to the replica set while it is used (`security.md` (b)), each until it is mended. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Rig } from './rig.js'

/** @param ms how long it lasts, where it lasts */
export type Fault = (rig: Rig, ms: number) => Promise<void>

/** By the number of its row. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  '1 the primary dies': async rig => {
    process.kill((await rig.primary()).pid(), 'SIGKILL')
  },
  '2 the primary is frozen, and woken': async (rig, ms) => {
    const pid = (await rig.primary()).pid()
    process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    process.kill(pid, 'SIGCONT')
  },
  '3 a secondary dies': async rig => {
    const primary = await rig.primary()
    process.kill(rig.members.find(member => member !== primary)?.pid() ?? 0, 'SIGKILL')
  },
  '4 the primary is cut off with one server': async (rig, ms) => {
    const { name } = await rig.primary()
    const side = [name, 's0']
    rig.roads.cut((from, to) => side.includes(from) !== side.includes(to))
    await sleep(ms)
    rig.roads.mend()
  },
  '7 the primary steps down': async rig => {
    await (await rig.primary()).ask({ replSetStepDown: 5, force: true }).catch(() => {})
  },
  '8 the answer to a commit is lost': async rig => {
    await (await rig.primary()).ask({ configureFailPoint: 'failCommand', mode: { times: 5 }, data: { failCommands: ['commitTransaction'], closeConnection: true } })
  }
}
