/** Writes what traces tell into the records that they are about: once each, however often it is asked. */
import { setTimeout as wait } from 'node:timers/promises'
import { EVERYONE } from '../consent/choice.js'
import type { RulesBody } from '../consent/rules.js'
import { isOpenAccount } from '../consent/situation.js'
import { isIn } from '../filter/filter.js'
import type { Version } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Announcing } from './announce.js'
import { lettersOf } from './letter.js'
import type { Letter, LetterContext } from './letter.js'
import { nameOf } from './outbox.js'
import type { Outbox } from './outbox.js'
import type { Sending } from './send.js'

export interface TellPorts {
  readonly context: LetterContext
  readonly outbox: Outbox
  readonly announcing: Announcing
  /** What is to be sent of the notifications of a record to its holder. */
  readonly sendings: Sending['dueOf']
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

/** The traces of one record. */
interface Told { readonly patient: string, readonly traces: readonly Version[] }

/** How often it begins anew where another process tells the same. */
const MOST_ATTEMPTS = 10
const PAUSE = 20

/** @throws OutcomeError where the store fails: nothing of it is lost, it is told again */
export async function tell (ports: TellPorts, traces: readonly Version[]): Promise<void> {
  const patients = [...new Set(traces.map(({ patient }) => patient ?? ''))]
  const records = patients.map((patient): Told => ({ patient, traces: traces.filter(trace => (trace.patient ?? '') === patient) }))
  try {
    await write(ports, records)
  } catch {
    // One of them that fails holds up no other of these.
    const failures: unknown[] = []
    for (const record of records) await tellRecord(ports, record).catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
}

async function tellRecord (ports: TellPorts, record: Told, attempt = 1): Promise<void> {
  try {
    await write(ports, [record])
  } catch (error) {
    const isOvertaken = error instanceof OutcomeError && (error.kind === 'contention' || error.kind === 'duplicate')
    if (!isOvertaken || attempt === MOST_ATTEMPTS) throw error
    await wait(PAUSE * attempt)
    await tellRecord(ports, record, attempt + 1)
  }
}

/**
 * What was buried, on the operator's word, as often as anything else in the outbox.
 * @throws what fails still
 */
export async function retell (ports: TellPorts, about: string): Promise<void> {
  const { store } = ports.context
  const kept = await store.read('AuditEvent', about.slice('AuditEvent/'.length))
  const trace = kept === undefined ? undefined : await store.opened(kept)
  if (trace !== undefined) await write(ports, [{ patient: trace.patient ?? '', traces: [trace] }], async (_ports, _trace, work) => await work())
}

/**
 * All in one transaction, whatever it is about. It takes no turn of any record: no sight and no total hangs on a
 * notification, and so nobody's deposit waits for one, and no total of a record tells that somebody was there.
 */
async function write (ports: TellPorts, records: readonly Told[], each = orBuried): Promise<void> {
  const { store } = ports.context
  const letters = (await Promise.all(records.map(async record => await lettersTo(ports, record, each)))).flat()
  const announced = (await Promise.all(records.flatMap(({ traces }) => traces).map(async trace => await ports.announcing.dueOf(trace)))).flat()
  const ids = letters.map(({ version }) => version.id)
  const there = new Set((await store.findKept({ type: 'Communication', filter: isIn('_id', ids), sort: [], limit: ids.length })).map(({ id }) => id))
  const fresh = letters.filter(({ version }) => !there.has(version.id))
  const sent = await Promise.all(records.map(async ({ patient }) => await ports.sendings(patient, fresh.filter(({ version }) => version.patient === patient))))
  const due = [...announced, ...sent.flat()]
  if (fresh.length === 0 && due.length === 0) return
  await store.commit({ changes: fresh.map(({ version }) => ({ next: version, claims: [] })), traces: [], due })
}

/** Nobody reads a record that is shut: its traces stay, and are read when it opens again. */
async function lettersTo (ports: TellPorts, { patient, traces }: Told, each: typeof orBuried): Promise<readonly Letter[]> {
  const rules = await ports.context.store.rules(patient, EVERYONE)
  if (rules === undefined || !isOpenAccount((JSON.parse(rules.body) as RulesBody).account ?? 'none')) return []
  return (await Promise.all(traces.map(async trace => await each(ports, trace, async () => await lettersOf(ports.context, trace))))).flat()
}

/** What cannot be told, whatever is tried, does not hold up the others: the operator is told. */
async function orBuried (ports: TellPorts, trace: Version, work: () => Promise<readonly Letter[]>): Promise<readonly Letter[]> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutcomeError && error.status >= 500 && error.kind !== 'bug') throw error
    const id = `trace|${trace.id}`
    await ports.outbox.bury({ id, way: 'trace', patient: trace.patient ?? '', about: `AuditEvent/${trace.id}`, at: trace.at, attempts: 1 }, nameOf(error))
    ports.warn({ trace: trace.id, reason: nameOf(error) }, 'a trace could not be told')
    return []
  }
}
