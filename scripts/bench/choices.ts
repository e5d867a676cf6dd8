/**
 * What choices cost: to decide and to compile, in this process; and a patient search over HTTP, on records that differ in
 * nothing but their choices, asked in turn.
 */
import { Bench } from 'tinybench'
import type { App } from '../../src/app.js'
import { compileIn } from '../../src/consent/family.js'
import type { RulesBody } from '../../src/consent/rules.js'
import { situate } from '../../src/consent/situation.js'
import { isIn } from '../../src/filter/filter.js'
import { toMongo } from '../../src/store/to-mongo.js'
import { principal, writeTogether } from '../bulk.js'
import { COLLEAGUE, DOCTOR, HOSPITAL, INS, accessOf, patientOf, person } from './cast.js'
import { documentOf } from './document.js'
import type { Server } from './server.js'

/** A record, by what was chosen in it. */
export interface Chosen { readonly name: string, readonly patient: string }

const DOCUMENTS = 50
/** Choices of one transaction. */
const TOGETHER = 50
const ASKED = 600
/** Patients who give the colleague access: as many as one search spans (`MAX_PATIENTS`). */
const GROUNDS = 200
/** Documents of one page. */
const PAGE = 20
const WARM = 100
/** Choices about the doctor, and about others. */
const RECORDS: Readonly<Record<string, readonly [theirs: number, others: number]>> = {
  '3 choices about the doctor': [3, 0],
  '50 about the doctor': [50, 0],
  '3 about the doctor, 997 about others': [3, 997],
  '1,000 about the doctor': [1000, 0]
}
const DOCTOR_HERE = principal('professional', {
  person: `person:${DOCTOR.id}`,
  structure: `structure:${DOCTOR.structure}`,
  profession: `https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante|${DOCTOR.profession}`
})

/** A finer choice that denies somebody what none of the documents is: of another type, time, author, or another document. */
function denialOf (patient: string, number: number, id: string, other: string) {
  const { category: [privacy], ...consent } = accessOf(patient)
  const { actor: [{ role }] } = consent.provision
  const year = 1950 + number % 50
  const selectors = [
    { code: [{ coding: [{ system: 'http://loinc.org', code: '57833-6' }] }], dataPeriod: { start: `${year}-01-01`, end: `${year}-12-31` } },
    { dataPeriod: { start: `${year}-02-01`, end: `${year}-02-28` } },
    { data: [{ meaning: 'authoredby', reference: person(`8998${String(10_000_000 + number)}`, 'Dr') }] },
    { data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${other}` } }] }
  ]
  // Most are about one document or one author.
  const selector = selectors[[0, 1, 2, 2, 2, 3, 3, 3, 3, 3][number % 10] ?? 0]
  return { ...consent, category: [privacy], provision: { type: 'deny', actor: [{ role, reference: person(id, 'Dr') }], ...selector } }
}

/** Writes the records. @param first the number of the first INS @returns them in the order of `RECORDS` */
export async function writeRecords (app: App, first: number): Promise<readonly Chosen[]> {
  const written: Chosen[] = []
  for (const [index, [name, [theirs, others]]] of Object.entries(RECORDS).entries()) {
    const ins = String(first + index)
    const [opened] = await writeTogether(app, principal('operator'), [patientOf(ins)])
    const patient = opened?.id ?? ''
    const documents = await writeTogether(app, principal('structure', { structure: `structure:${HOSPITAL.structure}` }),
      Array.from({ length: DOCUMENTS + 1 }, (_, number) => documentOf(patient, number, 100)), [patient])
    // The first is the one that single denials name.
    const other = documents[0]?.id ?? ''
    const choices = [
      accessOf(patient),
      ...Array.from({ length: theirs - 1 }, (_, number) => denialOf(patient, number, DOCTOR.id, other)),
      ...Array.from({ length: others }, (_, number) => denialOf(patient, number, `8999${String(10_000_000 + number)}`, other))
    ]
    for (let start = 0; start < choices.length; start += TOGETHER) {
      await writeTogether(app, principal('holder', { ins: `${INS}|${ins}` }), choices.slice(start, start + TOGETHER), [patient])
    }
    written.push({ name, patient })
  }
  return written
}

/** @returns µs for one decision, and for standing, filter and query of one search, by record */
export async function timeEngine ({ context, sightOf }: App, records: readonly Chosen[]): Promise<string> {
  const rows = []
  for (const { name, patient } of records) {
    const sight = await sightOf(DOCTOR_HERE, Date.now())
    await sight.enter([patient])
    const { caller } = sight
    const rules = await context.store.rules(patient, caller.person ?? '')
    const { choices } = JSON.parse(rules?.body ?? '') as RulesBody
    const versions = await context.store.find({ type: 'DocumentReference', filter: isIn('patient', [patient]), sort: [], limit: DOCUMENTS })
    const bench = new Bench({ time: 1000 })
    let next = 0
    bench.add('decide', () => sight.decide(versions[next++ % versions.length] as typeof versions[number]))
    bench.add('compile', () => toMongo(compileIn(situate(caller, { patient, account: 'open', choices }, context.policy), 'DocumentReference')))
    await bench.run()
    rows.push([name, choices.length, ...bench.tasks.map(({ result }) => microseconds(result))])
  }
  return table(['record', 'choices read', 'decide, µs', 'compile, µs'], rows)
}

function microseconds (result: Bench['tasks'][number]['result']): string {
  if (!('latency' in result)) throw new Error('a task failed')
  return ((result.latency.p50 ?? NaN) * 1000).toFixed(1)
}

/** Writes as many records as one search may span, that are open to the colleague. @returns their patients */
export async function writeGrounds (app: App, first: number): Promise<readonly string[]> {
  const all = Array.from({ length: GROUNDS }, (_, number) => String(first + number))
  const patients = (await writeTogether(app, principal('operator'), all.map(patientOf))).map(({ id }) => id)
  for (const [number, patient] of patients.entries()) {
    await writeTogether(app, principal('structure', { structure: `structure:${HOSPITAL.structure}` }), Array.from({ length: PAGE }, (_, index) => documentOf(patient, index, 100)), [patient])
    await writeTogether(app, principal('holder', { ins: `${INS}|${all[number] ?? ''}` }), [accessOf(patient, COLLEAGUE.id)], [patient])
  }
  return patients
}

/** A search for 20 documents. */
export interface Asked { readonly name: string, readonly token: string, /** From `&` on. */ readonly query: string }

/** The searches one after the other, in turn. @returns medians and their ratio to the first */
export async function timeSearch ({ origin }: Server, title: string, searches: readonly Asked[]): Promise<string> {
  const times = searches.map((): number[] => [])
  for (let asked = 0; asked < ASKED; asked++) {
    for (const [index, { name, token, query }] of searches.entries()) {
      const began = performance.now()
      const response = await fetch(`${origin}/fhir/DocumentReference?_count=${PAGE}${query}`, { headers: { authorization: `Bearer ${token}` } })
      const { entry = [] } = await response.json() as { readonly entry?: readonly unknown[] }
      if (asked >= WARM) times[index]?.push(performance.now() - began)
      if (entry.length !== PAGE) throw new Error(`${name}: ${response.status}, ${entry.length} entries`)
    }
  }
  const medians = times.map(each => each.toSorted((one, other) => one - other)[each.length >> 1] ?? NaN)
  return table([title, 'ms', 'ratio'], searches.map(({ name }, index) => [name, medians[index]?.toFixed(2) ?? '', ((medians[index] ?? NaN) / (medians[0] ?? NaN)).toFixed(2)]))
}

function table (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
