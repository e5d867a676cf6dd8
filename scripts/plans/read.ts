/**
 * Reads how MongoDB ran each search (its profiler tells of the commands that the server really sent): for every declared
 * parameter that has a value, alone and with a patient, and for every order.
 */
import type { Db } from 'mongodb'
import type { App } from '../../src/app.js'
import { history } from '../../src/store/indexes.js'
import { systemHistory, typeHistory } from '../../src/interaction/history.js'
import { search } from '../../src/interaction/search.js'
import { isSortable } from '../../src/search/sort.js'
import type { Principal } from '../../src/security/principal.js'
import { principal } from '../bulk.js'
import { holderOf, structure } from './dataset.js'
import type { Dataset } from './dataset.js'
import { questionsOf } from './question.js'
import { ofDirectory, ofRecord } from './resource.js'

/** One command. */
export interface Reading { readonly query: string, readonly results: number, readonly keys: number, readonly documents: number, readonly plan: string }
interface Profiled { readonly keysExamined?: number, readonly docsExamined?: number, readonly planSummary?: string, readonly command: { readonly pipeline?: readonly object[] } }
type Pairs = readonly (readonly [name: string, value: string])[]

/** Keys that may be examined for each result, and for none. */
export const MOST = 20

export function isBad ({ results, keys, documents, plan }: Reading): boolean {
  return plan.includes('COLLSCAN') || Math.max(keys, documents) > MOST * (results + 1)
}

/** @returns one reading for each command that a search sent to the collection of its type */
export async function readPlans ({ context, sightOf }: App, db: Db, { holders }: Dataset): Promise<readonly Reading[]> {
  const { registry, store } = context
  const readings: Reading[] = []
  const { id: patient, ins } = holders[holders.length >> 1] ?? { id: '', ins: '' }
  await db.command({ profile: 2 })
  for (const type of Object.keys(ofRecord)) {
    const sample = (await store.find({ type, filter: { kind: 'in', field: 'patient', values: [patient] }, sort: [], limit: 5 })).map(({ text }) => JSON.parse(text) as object)
    const questions = questionsOf(registry, type, sample)
    for (const question of questions) {
      await ask(holderOf(ins), type, [question], ' (holder)')
      await ask(holderOf(ins), type, [['patient', patient], question], ' (holder)')
    }
    for (const parameter of registry.parametersOf(type).filter(parameter => isSortable(parameter, context.hash))) {
      for (const direction of ['', '-']) await ask(holderOf(ins), type, [['patient', patient], ['_sort', direction + parameter.code]], '')
    }
    for (const question of questions.filter(([code]) => ['identifier', '_id', ...type === 'Appointment' ? [] : ['date']].includes(code))) await ask(structure, type, [question], ' (structure)')
  }
  for (const type of ['Patient', ...Object.keys(ofDirectory)]) {
    const sample = (await store.find({ type, filter: { kind: 'all' }, sort: [], limit: 5 })).map(({ text }) => JSON.parse(text) as object)
    for (const question of questionsOf(registry, type, sample)) await ask(principal('operator'), type, [question], ' (operator)')
    await readHistory(type)
  }
  await db.command({ profile: 0 })
  return readings

  async function ask (as: Principal, type: string, parameters: Pairs, who: string): Promise<void> {
    const { answer, commands } = await profiled(type, async () => await search(context, { sight: await sightOf(as, Date.now()), type, parameters, lenient: false }))
    const { body } = answer
    const results = body.kind === 'searchset' ? Math.max(body.total ?? 0, body.entries.length) : 0
    readings.push(...commands.map(command => toReading(`${type}?${parameters.map(([name, value]) => `${name}=${value}`).join('&')}${who}`, results, command)))
  }

  /** A page of a history. How many there are is counted as far as 10,000, by reading them. */
  async function readHistory (type: string): Promise<void> {
    const parameters: Pairs = [['_count', '5']]
    const sight = async () => await sightOf(principal('operator'), Date.now())
    const own = await profiled(type, async () => await typeHistory(context, { sight: await sight(), type, parameters }))
    const all = await profiled(type, async () => await systemHistory(context, { sight: await sight(), types: [type], parameters }))
    for (const [query, { commands }] of [[`${type}/_history`, own], [`_history of ${type}`, all]] as const) {
      readings.push(...commands.filter(({ command }) => JSON.stringify(command.pipeline ?? []).includes('"$count"') === false).map(command => toReading(query, 5, command)))
    }
  }

  async function profiled<Answer> (type: string, run: () => Promise<Answer>): Promise<{ readonly answer: Answer, readonly commands: readonly Profiled[] }> {
    const [last] = await db.collection('system.profile').find({}, { projection: { ts: 1 } }).sort({ $natural: -1 }).limit(1).toArray()
    await new Promise(resolve => setTimeout(resolve, 3))
    const answer = await run()
    const ns = { $in: [`${db.databaseName}.${type}`, `${db.databaseName}.${history(type)}`] }
    const since = last === undefined ? {} : { ts: { $gt: last['ts'] as Date } }
    const commands = await db.collection('system.profile').find({ ns, op: { $in: ['query', 'command'] }, ...since }).toArray() as unknown as readonly Profiled[]
    return { answer, commands }
  }
}

function toReading (query: string, results: number, { keysExamined = 0, docsExamined = 0, planSummary = '' }: Profiled): Reading {
  return { query, results, keys: keysExamined, documents: docsExamined, plan: planSummary }
}
