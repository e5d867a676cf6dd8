/** model = decision = what MongoDB returns, for random messages and appointments (`consent.md` 8). `SEED` and `SCENARIOS` ask for others. */
import fc from 'fast-check'
import { DateTime } from 'luxon'
import t from 'tap'
import type { Appointment, Communication } from '@medplum/fhirtypes'
import { openDatabase } from '../helper/database.js'
import type { Caller } from '../../src/consent/caller.js'
import { compileParticipation, decideParticipation, participationFacts } from '../../src/consent/participation.js'
import { readChoice } from '../../src/consent/provision.js'
import { situate } from '../../src/consent/situation.js'
import type { Policy } from '../../src/consent/situation.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { and, equals, none } from '../../src/filter/filter.js'
import { monthsAfter } from '../../src/filter/interval.js'
import { toMongo } from '../../src/store/to-mongo.js'
import { block, label, person, structure, treating } from '../helper/resource.js'
import { principalOf } from './engine.js'
import { options } from './generators.js'
import { sees } from './participation-model.js'
import type { Letter, Party, Reader, Record } from './participation-model.js'

const SCENARIOS = Number(process.env['SCENARIOS'] ?? 1000)
const SEED = Number(process.env['SEED'] ?? 20261127)
const NOW = Date.parse('2026-03-31T10:00:00Z')
const DAY = 24 * 3600 * 1000
const PATIENT = 'nina'
const monthAfter = (began: number) => DateTime.fromMillis(began, { zone: 'Europe/Paris' }).plus({ months: 1 }).toMillis()

const party = fc.constantFrom<Party>('holder', 'operator', 'p0', 'p1', 's0', 's1')
const rarely = fc.integer({ min: 0, max: 4 }).map(drawn => drawn === 0)
const letters: fc.Arbitrary<Letter> = fc.record({
  family: fc.constantFrom('message', 'agenda'),
  author: party,
  others: fc.array(party, { maxLength: 3 }),
  isDraft: rarely,
  isInError: rarely,
  isWithheld: rarely,
  began: fc.constantFrom(NOW - 90 * DAY, NOW - 2 * DAY, Date.parse('2026-02-28T10:00:00Z'), Date.parse('2026-02-28T10:00:01Z'))
})
const records: fc.Arbitrary<Record> = fc.record({
  account: fc.constantFrom<Record['account']>('open', 'open', 'active', 'active', 'none', 'notified', 'opposed', 'suspended', 'closed', 'deleted'),
  blocked: fc.array(fc.constantFrom<Party>('p0', 'p1', 's0', 's1'), { maxLength: 2 }),
  physician: fc.constantFrom<'p0' | 'p1'>('p0', 'p1')
}, { requiredKeys: ['account', 'blocked'] })
const readers: fc.Arbitrary<Reader> = fc.record({
  kind: fc.constantFrom<Reader['kind']>('holder', 'operator', 'application', 'professional', 'professional', 'professional', 'structure', 'structure'),
  person: fc.constantFrom<'p0' | 'p1'>('p0', 'p1'),
  structure: fc.constantFrom<'s0' | 's1'>('s0', 's1'),
  hasProfession: rarely.map(isRare => !isRare),
  isOutsideCare: rarely,
  mode: fc.constantFrom<Reader['mode']>('normal', 'normal', 'bris_de_glace'),
  isNamed: rarely.map(isRare => !isRare)
}, { requiredKeys: ['kind', 'hasProfession', 'isOutsideCare', 'mode', 'isNamed'] })

const policy: Policy = { outsideCare: ['SA23'], matrixAt: () => ({ version: 'generated', professions: [], isReadable: () => false, readableTypes: () => new Set<string>() }) }
const keyOf = (each: Party) => each === 'holder' ? `Patient/${PATIENT}` : each

function choicesOf ({ blocked, physician }: Record) {
  const consents = [...blocked.map(each => block(PATIENT, each.startsWith('p') ? person(each) : structure(each))), ...physician === undefined ? [] : [treating(PATIENT, physician)]]
  return consents.map((consent, index) => readChoice({ ...consent, id: `c${index}` } as never, {
    acknowledged: NOW - 10 * DAY,
    partyOf: ({ identifier, reference }) => reference === undefined
      ? { type: identifier?.value?.startsWith('p') === true ? 'person' : 'structure', keys: [identifier?.value ?? ''] }
      : { type: 'patient', keys: [reference] },
    knows: options.knows
  }))
}

function callerOf (reader: Reader): Caller {
  const { kind, mode } = reader
  return {
    principal: principalOf({
      kind,
      mode,
      ...reader.hasProfession ? { profession: { system: 'x', code: '10' } } : {},
      ...reader.person === undefined ? {} : { person: { system: 'x', value: reader.person } },
      ...reader.structure === undefined ? {} : { structure: { system: 'x', value: reader.structure } },
      sector: reader.isOutsideCare ? 'SA23' : 'SA07'
    }),
    now: NOW,
    ...reader.isNamed ? { patient: PATIENT } : {},
    ...kind === 'professional' && reader.person !== undefined ? { person: reader.person } : {},
    own: ['professional', 'structure'].includes(kind) && reader.structure !== undefined ? [reader.structure] : [],
    enclosing: [],
    groups: [],
    listed: []
  }
}

function factsOf ({ family, author, others, isDraft, isInError, isWithheld, began }: Letter) {
  const status = isInError ? 'entered-in-error' : isDraft ? 'preparation' : family === 'message' ? 'completed' : 'booked'
  const resource = { resourceType: family === 'message' ? 'Communication' : 'Appointment', status, ...isWithheld ? { meta: { security: label('INVISIBLE_PATIENT').coding } } : {} }
  return participationFacts(resource as Communication | Appointment, [keyOf(author)], others.map(keyOf), { began, opens: monthsAfter(began, 1), wasWithheld: false })
}

t.test('the model, the decision and MongoDB give one answer about messages and the agenda', async t => {
  t.comment(`seed ${SEED}, ${SCENARIOS} scenarios`)
  const db = await openDatabase(t, 'participation')
  // What is entered in error is no draft any more.
  const cases = fc.sample(fc.record({ record: records, reader: readers, letter: letters }), { numRuns: SCENARIOS, seed: SEED })
    .map(each => ({ ...each, letter: { ...each.letter, isDraft: each.letter.isDraft && !each.letter.isInError && each.letter.family === 'message' } }))
  const stored = cases.map(({ letter }, index) => ({ _id: String(index), patient: PATIENT, facts: factsOf(letter) }))
  await db.collection('Letter').insertMany(stored as never)
  const seen = new Map<string, number>()
  for (const [index, { record, reader, letter }] of cases.entries()) {
    const { family } = letter
    const expected = sees({ record, reader, letter, now: NOW, month: monthAfter })
    const situation = situate(callerOf(reader), { patient: PATIENT, account: record.account, choices: choicesOf(record).flatMap(choice => choice ?? []) }, policy)
    const document = stored[index]
    if (document === undefined) throw new Error('not drawn')
    const { permit } = decideParticipation(situation, family, document.facts)
    const filter = and(equals('_id', document._id), equals('patient', PATIENT), compileParticipation(situation, family))
    const inMemory = evaluate(filter, document)
    const isReturned = filter !== none && await db.collection('Letter').countDocuments(toMongo(filter) as never) === 1
    if ([permit, inMemory, isReturned].some(said => said !== expected)) {
      t.fail(`scenario ${index}: model ${expected}, decision ${permit}, filter ${inMemory}, MongoDB ${isReturned}`, { record, reader, letter })
      return
    }
    const key = `${family} ${reader.kind} ${expected}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  t.comment([...seen].toSorted().map(([key, count]) => `${key}: ${count}`).join(', '))
  for (const said of [true, false]) t.ok(seen.has(`message operator ${said}`), `message operator ${said} somewhere`)
  t.notOk(seen.has('agenda operator true'), 'the operator is in no agenda')
  for (const family of ['message', 'agenda']) {
    for (const kind of ['holder', 'professional', 'structure']) for (const said of [true, false]) t.ok(seen.has(`${family} ${kind} ${said}`), `${family} ${kind} ${said} somewhere`)
  }
})
