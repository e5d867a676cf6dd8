/** A simulation is what is really seen once the choice is really written, and what was seen before it (`SEED`, `RUNS`). */
import fc from 'fast-check'
import t from 'tap'
import { as } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'
import { access, actor, block, consent, document, emergency, label, person, structure, treating } from '../helper/resource.js'
import { openScene } from '../interaction/scene.js'
import type { Record } from '../interaction/scene.js'
import { parts, value, valueOf } from './scene.js'

const RUNS = { seed: Number(process.env['SEED'] ?? 20261129), numRuns: Number(process.env['RUNS'] ?? 15) }
const scene = await openScene(t)
const { ids, made, open, request } = scene
const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'
const CLIENT = 'https://fhir.espace-sante.example/NamingSystem/client'
const [ONE, OTHER] = ['899700218896', '899700366240'] as const
const [HOSPITAL, LAB] = ['1750712184', '1690000012'] as const
const TYPES = ['DocumentReference', 'List', 'Observation'] as const

const hospital = await scene.token(as.structure(HOSPITAL))
const lab = await scene.token(as.structure(LAB))
const doctors = fc.constantFrom(ONE, ONE, ONE, OTHER)
const structures = fc.constantFrom(HOSPITAL, LAB)

/** A choice by its kind and whom it names. */
const choices = fc.oneof(
  doctors.map(id => (patient: string) => access(patient, id)),
  doctors.map(id => (patient: string) => treating(patient, id)),
  doctors.map(id => (patient: string) => consent(patient, 'administrateur', { type: 'permit', actor: actor(person(id)) })),
  doctors.map(id => (patient: string) => block(patient, person(id))),
  structures.map(id => (patient: string) => block(patient, structure(id))),
  structures.map(id => (patient: string) => consent(patient, 'acces-ps', { type: 'permit', actor: actor(structure(id)) })),
  fc.constant((patient: string) => emergency(patient, 'urgence-ps', 'BTG')),
  fc.constant((patient: string) => consent(patient, 'application', { type: 'permit', actor: actor({ type: 'Device', identifier: { system: CLIENT, value: 'pulse' } }) })),
  fc.record({ type: fc.constantFrom('permit', 'deny'), doctor: doctors, author: structures }).map(({ type, doctor, author }) => (patient: string) =>
    consent(patient, 'partage', { type, actor: actor(person(doctor)), data: [{ meaning: 'authoredby', reference: structure(author) }] })),
  fc.constantFrom('permit', 'deny').map(type => (patient: string) => consent(patient, undefined, { type, class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }] }))
)

const askers = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('professional' as const), person: doctors, structure: fc.constantFrom(HOSPITAL, '1751234567'), purpose: fc.constantFrom('TREAT', 'TREAT', 'TREAT', 'BTG') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('structure' as const), structure: structures }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('application' as const) }) }
)
type Asker = typeof askers extends fc.Arbitrary<infer One> ? One : never

function parametersOf (asker: Asker): readonly object[] {
  switch (asker.kind) {
    case 'professional': return [{ name: 'actor', valueReference: person(asker.person) }, { name: 'structure', valueReference: structure(asker.structure) }, { name: 'profession', valueCoding: { system: G15, code: '10' } }, { name: 'purpose', valueCode: asker.purpose }]
    case 'structure': return [{ name: 'actor', valueReference: structure(asker.structure) }]
    case 'application': return [{ name: 'actor', valueReference: { identifier: { system: CLIENT, value: 'pulse' } } }]
  }
}

async function tokenOf (asker: Asker, { ins }: Record): Promise<string> {
  switch (asker.kind) {
    case 'professional': return await scene.token(asker.purpose === 'BTG' ? as.emergency(asker.person, asker.structure, ins, 'bris_de_glace') : as.professional(asker.person, asker.structure))
    case 'structure': return await scene.token(as.structure(asker.structure))
    case 'application': return await scene.token(as.application('pulse', ins))
  }
}

/** A record with a bit of everything, of which the holder does not see one document yet. */
async function fill (patient: string): Promise<void> {
  const [plain] = [await made(hospital, document(patient))]
  await made(lab, document(patient))
  await made(lab, document(patient, { securityLabel: [label('MASQUE_PS')] }))
  await made(hospital, document(patient, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  await made(hospital, { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, subject: { reference: `Patient/${patient}` } })
  await made(hospital, { resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${patient}` }, entry: [{ item: { reference: `DocumentReference/${plain.id}` } }] })
}

/** What somebody is really shown of a record, of what its holder sees. */
async function seen (token: string, { id, holder }: Record): Promise<readonly string[]> {
  const lists = await Promise.all(TYPES.map(async type => {
    const [shown, own] = [await ids(token, `/${type}?patient=Patient/${id}&_count=100`), await ids(holder, `/${type}?patient=Patient/${id}&_count=100`)]
    return shown.filter(each => own.includes(each)).map(each => `${type}/${each}`)
  }))
  return lists.flat().toSorted()
}

function told ({ json }: TestResponse, when: 'before' | 'after'): readonly string[] {
  return parts(json.parameter, 'resource').filter(({ part }) => value(part, when) === true).map(({ part }) => valueOf(parts(part, 'reference')[0]).reference as string)
    .filter(reference => !reference.startsWith('Patient/')).toSorted()
}

function counted ({ json }: TestResponse, when: 'before' | 'after'): number {
  return parts(json.parameter, 'type').filter(({ part }) => value(part, 'code') !== 'Patient').reduce((sum, { part }) => sum + Number(value(part, when)), 0)
}

let changed = 0
t.test('a choice that is made, and one that is ended', async t => {
  await fc.assert(fc.asyncProperty(fc.array(choices, { maxLength: 2 }), choices, askers, async (earlier, choice, asker) => {
    const record = await open()
    await fill(record.id)
    for (const one of earlier) await made(record.holder, one(record.id))
    const token = await tokenOf(asker, record)
    const ask = async (parameter: object) => {
      const response = await request(record.holder, 'POST', `/Patient/${record.id}/$simulate-consent`, { body: { resourceType: 'Parameters', parameter: [parameter, ...parametersOf(asker)] } })
      if (response.status !== 200) throw new Error(`not answered: ${response.status} ${response.text}`)
      return response
    }
    const check = async (response: TestResponse, before: readonly string[], write: () => Promise<unknown>): Promise<readonly string[]> => {
      const isSame = (one: readonly string[], two: readonly string[]) => one.join() === two.join()
      if (!isSame(await seen(token, record), before)) throw new Error('asking has changed something')
      await write()
      const after = await seen(token, record)
      if (!isSame(told(response, 'before'), before) || !isSame(told(response, 'after'), after)) throw new Error(`told ${told(response, 'before').join()} → ${told(response, 'after').join()}; seen ${before.join()} → ${after.join()}`)
      if (counted(response, 'before') !== before.length || counted(response, 'after') !== after.length) throw new Error('the counts are others')
      if (!isSame(before, after)) changed += 1
      return after
    }
    const before = await seen(token, record)
    let written = { id: '' }
    const after = await check(await ask({ name: 'consent', resource: choice(record.id) }), before, async () => { written = await made(record.holder, choice(record.id)) })
    await check(await ask({ name: 'end', valueReference: { reference: `Consent/${written.id}` } }), after, async () => {
      const { json } = await scene.get(record.holder, `/Consent/${written.id}`)
      const response = await scene.put(record.holder, { ...json, status: 'inactive' })
      if (response.status !== 200) throw new Error(`not ended: ${response.status} ${response.text}`)
    })
  }), RUNS)
  t.ok(changed > RUNS.numRuns / 4, `${changed} of ${RUNS.numRuns * 2} changed something`)
})
