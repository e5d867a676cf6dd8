/**
 * The same questions to a small and to a large database, in this process, one after the other. What is asked for is as
 * many in both: each patient has as many documents, each structure as many deposits; only what else is there differs.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import type { Collection, IndexDescription } from 'mongodb'
import type { App } from '../../src/app.js'
import { search } from '../../src/interaction/search.js'
import type { Principal } from '../../src/security/principal.js'
import { forNew, openApp, principal, spread, writeTogether } from '../bulk.js'
import { DOCTOR, INS, accessOf, patientOf, structure } from '../bench/cast.js'

export interface Size { readonly patients: number, readonly documents: number }
interface Question { readonly as: Principal, readonly parameters: readonly (readonly [name: string, value: string])[], readonly expected: number }
interface Dataset { readonly name: string, readonly app: App, readonly patients: readonly string[], readonly sample: readonly number[] }

/** Patients whose documents one structure deposits. */
const OF_STRUCTURE = 1300
/** Patients of one transaction. */
const TOGETHER = 26
/** Patients who give the doctor access. */
const OPENED_TO_DOCTOR = 200
const PROFESSIONS = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'
const ASKED = 400
const WARM = 100

/** @returns a Markdown table: the median of each question on both, and their ratio */
export async function run ({ mongoUrl, root, small, large, log }: { readonly mongoUrl: string, readonly root: string, readonly small: Size, readonly large: Size, readonly log: (line: string) => void }): Promise<string> {
  const master = randomBytes(32)
  const times = []
  const client = await new MongoClient(mongoUrl).connect()
  try {
    for (const [name, size] of [['small', small], ['large', large]] as const) {
      const place = { mongoUrl, root, database: `scale-${name}`, master }
      const documents = client.db(place.database).collection('DocumentReference')
      const patients = await using(await openApp(place), async app => await withoutIndexes(documents, async () => await load(app, size, log), log))
      // A server that has just started: what it holds in memory by then is not the question.
      times.push(await using(await openApp(place), async app => await measure({ name, app, patients, sample: sampleOf(patients.length) }, size, log)))
    }
  } finally {
    await client.close()
  }
  const [few = new Map<string, number[]>(), many = new Map<string, number[]>()] = times
  return [
    `| median of ${ASKED} | ${small.patients * small.documents} documents, ms | ${large.patients * large.documents} documents, ms | ratio |`, '|---|---|---|---|',
    ...[...few].map(([name, one]) => {
      const [before, after] = [median(one), median(many.get(name) ?? [])]
      return `| ${name} | ${before.toFixed(2)} | ${after.toFixed(2)} | ${(after / before).toFixed(2)} |`
    })
  ].join('\n')
}

async function using<Result> (app: App, work: (app: App) => Promise<Result>): Promise<Result> {
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}

/** What a deposit looks for: earlier ones of the same document. */
const ASKED_WHILE_LOADING = 'facts.origins_1'

/** Most indexes are built at the end, over all that is there: loading takes a fraction of the time. */
async function withoutIndexes<Result> (collection: Collection, work: () => Promise<Result>, log: (line: string) => void): Promise<Result> {
  const indexes = (await collection.indexes()).filter(({ name }) => name !== '_id_' && name !== ASKED_WHILE_LOADING) as IndexDescription[]
  for (const { name = '' } of indexes) await collection.dropIndex(name)
  const result = await work()
  log(`Building ${indexes.length} indexes`)
  await collection.createIndexes(indexes)
  return result
}

const insOf = (index: number) => String(190_000_000_000_000 + index)
const hospitalOf = (index: number) => String(1_750_000_000 + Math.floor(index / OF_STRUCTURE))
export const softwareOf = (index: number) => principal('structure', { subject: `structure:${hospitalOf(index)}`, structure: `structure:${hospitalOf(index)}` })
const holderOf = (index: number) => principal('holder', { subject: `holder:${insOf(index)}`, ins: `${INS}|${insOf(index)}` })

export const dayOf = (number: number) => new Date(Date.UTC(2024, 0, 1) + (number % 900) * 24 * 3600 * 1000).toISOString().slice(0, 10)

/** With few words: what texts are found by is the same work whatever the size. */
function documentOf (patient: string, hospital: string, number: number) {
  return {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` },
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
    subject: { reference: `Patient/${patient}` },
    date: `${dayOf(number)}T09:00:00Z`,
    author: [structure(hospital, 'Hôpital')],
    custodian: structure(hospital, 'Hôpital'),
    content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(randomUUID()).toString('base64') } }]
  }
}

export async function load (app: App, { patients, documents }: Size, log: (line: string) => void): Promise<readonly string[]> {
  const began = performance.now()
  const fresh = forNew(app)
  const all = await spread(Math.ceil(patients / TOGETHER), 3, async part => {
    const first = part * TOGETHER
    const opened = (await writeTogether(app, principal('operator'), Array.from({ length: Math.min(TOGETHER, patients - first) }, (_, index) => patientOf(insOf(first + index))))).map(({ id }) => id)
    await writeTogether(fresh, softwareOf(first), opened.flatMap((id, index) => Array.from({ length: documents }, (_, number) => documentOf(id, hospitalOf(first), (first + index) * documents + number))), opened)
    if (part % 200 === 0) log(`${first} of ${patients} patients, ${Math.round((performance.now() - began) / 1000)} s`)
    return opened
  })
  const ids = all.flat()
  for (const index of sampleOf(patients).slice(0, OPENED_TO_DOCTOR)) {
    await writeTogether(app, holderOf(index), [accessOf(ids[index] ?? '')], [ids[index] ?? ''])
  }
  return ids
}

/** Patients far from one another. */
export function sampleOf (patients: number): readonly number[] {
  const count = ASKED + WARM
  return Array.from({ length: count }, (_, number) => Math.floor(number * patients / count))
}

async function measure ({ app, patients, sample }: Dataset, { documents }: Size, log: (line: string) => void): Promise<ReadonlyMap<string, number[]>> {
  const { context, sightOf } = app
  const identifiers = await Promise.all(sample.map(async index => {
    const [found] = await context.store.find({ type: 'DocumentReference', filter: { kind: 'in', field: 'patient', values: [patients[index] ?? ''] }, sort: [], limit: 1 })
    return (JSON.parse(found?.text ?? '{}') as { masterIdentifier: { system: string, value: string } }).masterIdentifier
  }))
  const doctor = principal('professional', { person: `person:${DOCTOR.id}`, structure: `structure:${DOCTOR.structure}`, profession: `${PROFESSIONS}|${DOCTOR.profession}` })
  const page = ['_count', '20'] as const
  const questions: Readonly<Record<string, (index: number, position: number) => Question>> = {
    'a patient\'s documents, 20 of them, by the holder': index => ({ as: holderOf(index), parameters: [['patient', patients[index] ?? ''], page], expected: documents }),
    'by identifier, by the depositing structure': (index, position) => ({ as: softwareOf(index), parameters: [['identifier', `${identifiers[position]?.system ?? ''}|${identifiers[position]?.value ?? ''}`]], expected: 1 }),
    'what a structure deposited, of one day': index => ({ as: softwareOf(index), parameters: [['date', dayOf(index * documents)], page], expected: 1 }),
    'what a structure deposited, the first 20': index => ({ as: softwareOf(index), parameters: [page], expected: 20 }),
    'a doctor with grounds on 200 patients, one of them': (_, position) => ({ as: doctor, parameters: [['patient', patients[sample[position % OPENED_TO_DOCTOR] ?? 0] ?? ''], page], expected: documents }),
    'a doctor with grounds on 200 patients, without a patient': () => ({ as: doctor, parameters: [page], expected: 20 })
  }
  const times = new Map<string, number[]>()
  for (const [name, questionOf] of Object.entries(questions)) {
    const each: number[] = []
    for (const [position, index] of sample.entries()) {
      const { as, parameters, expected } = questionOf(index, position)
      const began = performance.now()
      const { body } = await search(context, { sight: await sightOf(as, Date.now()), type: 'DocumentReference', parameters, lenient: false })
      const took = performance.now() - began
      const found = body.kind === 'searchset' ? body.entries.length : 0
      if (found < Math.min(expected, 1) || (expected > 1 && found !== Math.min(expected, 20))) throw new Error(`${name}: ${found} found, ${expected} expected`)
      if (position >= WARM) each.push(took)
    }
    times.set(name, each)
    log(`${name}: ${median(each).toFixed(2)} ms`)
  }
  return times
}

function median (values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN
}
