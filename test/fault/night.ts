/**
 * A night in a hospital: readers, depositors and holders who change their minds, while the replica set is ill. Every
 * answer is noted with the instants at which it was asked and given; at the end all is counted.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { document } from '../helper/resource.js'
import type { Fault } from './faults.js'
import { createHospital } from './hospital.js'
import type { Answer, Chart, Hospital } from './hospital.js'
import type { Rig } from './rig.js'

export interface Night {
  readonly clients: number
  /** Records, opened before anything happens. */
  readonly charts: number
  /** Each with how long it lasts, and how long it takes until the next one, ms. */
  readonly faults: readonly { readonly name: string, readonly fault: Fault, readonly lasts: number, readonly rest: number }[]
  readonly log: (line: string) => void
}

/** What must be none of (I1, I4, I5, I7, I8), and how it went. */
export interface Findings {
  /** Answers to requests that began after a revocation had been acknowledged, and told what it hid. */
  readonly disclosed: readonly string[]
  /** Acknowledged deposits that are not there, or not once. */
  readonly lost: readonly string[]
  /** Transactions of which a part is there. */
  readonly halves: readonly string[]
  /** Records that were told more often than they were traced. */
  readonly untraced: readonly string[]
  /** Answers that no client can do anything with: 500, another status, none in time. */
  readonly odd: readonly string[]
  readonly answers: Readonly<Record<string, number>>
  readonly revocations: number
  readonly deposits: number
  /** The longest time without any answer but 503, ms. */
  readonly longest: number
}

interface Revocable extends Chart { revoked: number, told: number }
interface Deposit { readonly chart: Chart, readonly names: readonly string[], isAcknowledged: boolean }

const EXPECTED = [200, 201, 404, 409, 503]
const PAUSE = 20

export async function spend (rig: Rig, { clients, charts: count, faults, log }: Night): Promise<Findings> {
  let turn = 0
  const hospital = createHospital(rig, () => rig.servers[turn++ % rig.servers.length] as Rig['servers'][number])
  const charts: Revocable[] = []
  while (charts.length < count) charts.push(...(await Promise.all(Array.from({ length: 4 }, hospital.open))).map(chart => ({ ...chart, revoked: Infinity, told: 0 })))
  const notes = { disclosed: [] as string[], odd: [] as string[], answers: {} as Record<string, number>, good: [performance.now()], deposits: [] as Deposit[] }
  const note = (what: string, { status, began, ended }: Answer) => {
    notes.answers[status] = (notes.answers[status] ?? 0) + 1
    if (!EXPECTED.includes(status)) notes.odd.push(`${what}: ${status} after ${Math.round(ended - began)} ms`)
    if (status !== 503 && status !== 0) notes.good.push(ended)
  }

  const night = { isOver: false }
  const work = [
    ...Array.from({ length: clients }, async (_, index) => {
      while (!night.isOver) {
        if (index % 5 === 0) await deposit(hospital, pick(charts), notes.deposits, note)
        else await look(hospital, pick(charts), notes.disclosed, note)
        await sleep(PAUSE)
      }
    }),
    (async () => {
      for (const chart of charts.slice(0, Math.floor(charts.length * 3 / 4))) {
        if (night.isOver) break
        await revoke(hospital, chart, note, () => night.isOver)
        await sleep(nightOf(faults) / charts.length)
      }
    })()
  ]
  for (const { name, fault, lasts, rest } of faults) {
    log(name)
    await fault(rig, lasts)
    await sleep(rest)
  }
  night.isOver = true
  await Promise.all(work)
  log('All is mended; counting')
  await rig.primary()
  return {
    ...notes,
    ...await counted(hospital, charts, notes.deposits),
    revocations: charts.filter(({ revoked }) => revoked < Infinity).length,
    deposits: notes.deposits.filter(({ isAcknowledged }) => isAcknowledged).length,
    longest: Math.round(Math.max(...notes.good.toSorted((one, other) => one - other).map((at, index, all) => at - (all[index - 1] ?? at))))
  }
}

function nightOf (faults: Night['faults']): number {
  return faults.reduce((sum, { lasts, rest }) => sum + lasts + rest, 0)
}

type Note = (what: string, answer: Answer) => void

async function look ({ ask, doctor }: Hospital, chart: Revocable, disclosed: string[], note: Note): Promise<void> {
  const question = pick([`DocumentReference/${chart.document}`, `DocumentReference?patient=Patient/${chart.id}`, `DocumentReference/${chart.document}/_history`])
  const answer = await ask(doctor, 'GET', question)
  note(question.replace(/[\da-f]{8}-[\da-f-]+/, '…'), answer)
  if (!answer.text.includes(chart.document)) return
  // What a search disclosed is in its trace, but not looked for by it.
  if (!question.includes('?')) chart.told++
  if (answer.status !== 200 || answer.began > chart.revoked) disclosed.push(`${question}: ${answer.status}, asked ${Math.round(answer.began - chart.revoked)} ms after the revocation`)
}

/** Two documents or none. */
async function deposit ({ ask, software }: Hospital, chart: Chart, deposits: Deposit[], note: Note): Promise<void> {
  const both = [document(chart.id), document(chart.id)]
  const made: Deposit = { chart, names: both.map(({ masterIdentifier: { value } }) => value), isAcknowledged: false }
  deposits.push(made)
  const answer = await ask(software, 'POST', '', { resourceType: 'Bundle', type: 'transaction', entry: both.map(resource => ({ resource, request: { method: 'POST', url: 'DocumentReference' } })) })
  made.isAcknowledged = answer.status === 200
  note('deposit', answer)
}

/** Until it is acknowledged; a try whose answer was lost may have shut the doctor out already. */
async function revoke (hospital: Hospital, chart: Revocable, note: Note, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const answer = await hospital.shutOut(chart)
    note('revocation', answer)
    if (answer.status === 201) {
      chart.revoked = answer.ended
      return
    }
    await sleep(PAUSE)
  }
}

async function counted ({ ask, software }: Hospital, charts: readonly Revocable[], deposits: readonly Deposit[]): Promise<Pick<Findings, 'lost' | 'halves' | 'untraced'>> {
  const total = async (token: string, question: string): Promise<number> => {
    for (let tries = 0; tries < 30; tries++) {
      const { status, text } = await ask(token, 'GET', question)
      if (status === 200) return (JSON.parse(text) as { readonly total: number }).total
      await sleep(500)
    }
    throw new Error('no answer after the night')
  }
  const lost: string[] = []
  const halves: string[] = []
  for (const { names, isAcknowledged } of deposits) {
    const there = await Promise.all(names.map(async name => await total(software, `DocumentReference?identifier=urn:ietf:rfc:3986|${name}&_summary=count`)))
    if (isAcknowledged && there.some(number => number !== 1)) lost.push(`${there.join(' and ')} instead of 1 and 1`)
    if (new Set(there).size > 1 || there.some(number => number > 1)) halves.push(there.join(' and '))
  }
  const untraced: string[] = []
  for (const { id, document: name, holder, told } of charts) {
    const traced = await total(holder, `AuditEvent?patient=Patient/${id}&entity=DocumentReference/${name}&_summary=count`)
    if (traced < told) untraced.push(`${told} times told, ${traced} times traced`)
  }
  return { lost, halves, untraced }
}

function pick<T> (list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T
}
