/**
 * Sentences of `consent.md` 5: who adds and removes which label, what a deposit may carry, what no update changes. Everybody is asked
 * about the report that Dr Lin deposited at the laboratory.
 */
import type { Coding, DocumentReference, Observation, Resource } from '@medplum/fhirtypes'
import t from 'tap'
import { codesOf } from '../../src/consent/facts.js'
import type { Facts } from '../../src/consent/facts.js'
import { depositLabelFaults, fixedFaults, isSameButLabels, labelFaults, sightFaults, standingOf } from '../../src/consent/right.js'
import type { Standing } from '../../src/consent/right.js'
import { serverCaller, standing, storedOf } from './engine.js'
import { CONFIDENTIALITY, VISIBILITY } from './scenario.js'
import type { Caller, Depositor } from './scenario.js'
import { access, actor, ada, askedOf, choice, holder, labelled, laboratory, lin, masked, physician, report, secret, treating, unannounced } from './model/scene.js'
import type { Case } from './model/scene.js'

const author: Caller = { ...physician, person: lin, structure: laboratory }
const colleague: Caller = { ...physician, structure: laboratory }
const appointed = choice('administrateur', { type: 'permit', ...actor(ada) })
const CAST: Readonly<Record<string, Case & { readonly isSecret?: true }>> = {
  holder: { caller: holder },
  parent: { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' } },
  helper: { caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' }, consents: [choice('delegation', { type: 'permit', ...actor('RelatedPerson/aunt'), period: { end: '2027' } })] },
  'médecin traitant': { consents: [treating] },
  'médecin traitant of the laboratory': { caller: colleague, consents: [treating] },
  administrator: { consents: [appointed] },
  author: { caller: author },
  'author in a secret session': { caller: author, isSecret: true },
  colleague: { caller: colleague },
  'colleague in a secret session': { caller: colleague, isSecret: true },
  software: { caller: { kind: 'structure', mode: 'normal', structure: laboratory } },
  reader: { consents: [access()] }
}

/** What somebody is to a resource of their case. */
async function standingIn ({ isSecret, ...given }: typeof CAST[string]): Promise<Standing> {
  const asked = askedOf(given)
  const situation = await standing(asked, '')
  const [stored] = await storedOf(asked, '')
  if (situation === null || stored === undefined) throw new Error('nobody, or nothing')
  const caller = serverCaller(asked, asked.caller, '')
  return standingOf({ ...caller, principal: { ...caller.principal, isSecret: isSecret === true } }, situation, stored.facts)
}

const bare = report().resource
const bearing = (label: Coding): Resource => ({ ...bare, ...labelled(label) } as DocumentReference)
const authors = ['author', 'author in a secret session', 'colleague', 'colleague in a secret session', 'médecin traitant of the laboratory', 'software']
const RIGHTS: readonly (readonly [name: string, label: Coding, adders: readonly string[], removers: readonly string[]])[] = [
  ['MASQUE_PS', masked, ['holder', 'parent', 'administrator', 'author', 'author in a secret session', 'médecin traitant', 'médecin traitant of the laboratory'], ['holder', 'parent', 'administrator']],
  ['INVISIBLE_PATIENT', unannounced, ['author', 'author in a secret session'], [...authors, 'médecin traitant']],
  ['INVISIBLE_REPRESENTANTS_LEGAUX', secret, ['holder', 'author in a secret session', 'colleague in a secret session'], ['holder']],
  ['R', { system: CONFIDENTIALITY, code: 'R' }, ['holder', ...authors], ['holder']],
  ['a label that is not known', { system: VISIBILITY, code: 'MASQUE_PT' }, ['holder', ...authors], ['holder']],
  ['a case twin of MASQUE_PS', { system: VISIBILITY, code: 'masque_ps' }, ['holder', ...authors], ['holder']],
  ['MASQUE_PS of another system', { system: 'urn:example', code: 'MASQUE_PS' }, ['holder', ...authors], ['holder']],
  ['N, which restricts nothing', { system: CONFIDENTIALITY, code: 'N' }, Object.keys(CAST), Object.keys(CAST)]
]

for (const [name, label, adders, removers] of RIGHTS) {
  t.test(`${name}: who adds it, who removes it`, async t => {
    for (const [who, given] of Object.entries(CAST)) {
      const is = await standingIn(given)
      t.equal(labelFaults(bare, bearing(label), is).length, adders.includes(who) ? 0 : 1, `added by ${who}`)
      t.equal(labelFaults(bearing(label), bare, is).length, removers.includes(who) ? 0 : 1, `removed by ${who}`)
      t.same(labelFaults(bearing(label), bearing(label), is), [], `left by ${who}`)
    }
  })
}

t.test('of several labels each is judged by itself', async t => {
  const is = await standingIn({ caller: author })
  const [fault, ...more] = labelFaults(bearing(masked), { ...bare, ...labelled(unannounced) } as DocumentReference, is)
  t.same([fault?.expression, more], ['DocumentReference.securityLabel', []], 'its author withholds it, but removes no mask')
  t.match(fault?.diagnostics, /may not remove/)
})

t.test('what a deposit may carry', async t => {
  const depositors: Readonly<Record<Depositor['kind'] | 'representative', Caller>> = {
    professional: author,
    structure: { kind: 'structure', mode: 'normal', structure: laboratory },
    holder,
    application: { kind: 'application', mode: 'normal', ins: holder.ins ?? '', client: 'app' },
    representative: { ...holder, kind: 'representative', relatedPerson: 'parent' }
  }
  const may = (who: Caller, label: Coding, isSecret = false): boolean => {
    const caller = serverCaller(askedOf({}), who, '')
    return depositLabelFaults(bearing(label), { ...caller, principal: { ...caller.principal, isSecret } }).length === 0
  }
  for (const [name, who] of Object.entries(depositors)) {
    const isCarer = name === 'professional' || name === 'structure'
    t.equal(may(who, unannounced), isCarer, `${name} withholds until it is announced`)
    t.equal(may(who, secret), name === 'holder', `${name} hides from representatives`)
    t.equal(may(who, secret, true), name === 'holder' || isCarer, `${name} does so in a secret session`)
    t.ok(may(who, masked), `${name} masks`)
  }
})

t.test('patient, authors and what was deposited do not change', async t => {
  const document: DocumentReference = { ...bare as DocumentReference, subject: { reference: 'Patient/patient' }, author: [{ reference: 'Practitioner/ada' }], date: '2026-03-30T10:00:00Z' }
  const places = (after: Partial<DocumentReference>) => fixedFaults(document, { ...document, ...after }).map(({ expression }) => expression)
  t.same(places({ description: 'put right' }), [], 'the rest does')
  t.same(places({ subject: { reference: 'Patient/other' } }), ['DocumentReference.subject'])
  t.same(places({ author: [{ reference: 'Practitioner/lin' }] }), ['DocumentReference.author'])
  t.same(places({ custodian: { reference: 'Organization/ward' } }), ['DocumentReference.custodian'])
  t.same(places({ type: { text: 'something else' } }), ['DocumentReference.type'])
  t.same(places({ date: '2026-03-30T10:00:01Z' }), ['DocumentReference.date'])
  t.same(fixedFaults({ ...document, status: 'entered-in-error' }, document).map(({ expression }) => expression), ['DocumentReference.status'], 'what was entered in error stays so')
  t.same(places({ status: 'entered-in-error' }), [], 'what was not may become it')

  const measured: Observation = { resourceType: 'Observation', status: 'final', code: { text: 'sugar' }, performer: [{ reference: '#ada' }], contained: [{ resourceType: 'Practitioner', id: 'ada' }] }
  t.same(fixedFaults(measured, { ...measured, valueString: 'put right', note: [{ text: 'twice' }] }), [])
  t.same(fixedFaults(measured, { ...measured, performer: [{ reference: 'Practitioner/ada' }] }).map(({ expression }) => expression), ['Observation.performer'])
  t.same(fixedFaults(measured, { ...measured, contained: [{ resourceType: 'Practitioner', id: 'ada', active: true }] }).map(({ expression }) => expression), ['Observation.contained'], 'nor who is contained')
})

t.test('what a choice singles out by does not change on what is no document', async t => {
  const before: Facts = (await storedOf(askedOf({ document: report() }), '')).map(({ facts }) => ({ ...facts, codes: ['sugar'], classes: ['laboratory'], related: ['Encounter/stay'] }))[0] ?? t.fail('nothing') as never
  const places = (after: Partial<Facts>) => sightFaults('Observation', before, { ...before, ...after }).map(({ expression }) => expression)
  t.same(codesOf(before), ['sugar'])
  t.same(places({ labels: ['MASQUE_PS'], period: { start: 0, end: 1 } }), [], 'anything else does')
  t.same(places({ codes: ['iron'] }), ['Observation.code'])
  t.same(places({ codes: ['sugar', 'iron'] }), ['Observation.code'], 'neither is one added')
  t.same(places({ classes: [] }), ['Observation.category'])
  t.same(places({ related: [] }), ['Observation'])
  t.same(places({ codes: ['sugar', 'sugar'] }), [], 'saying it twice changes nothing')
})

t.test('what differs in its labels only is the same', async t => {
  const document = bare as DocumentReference
  t.ok(isSameButLabels(document, { ...document, ...labelled(masked), meta: { security: [masked], versionId: '2', lastUpdated: '2026-03-31T10:00:00Z' } }))
  t.notOk(isSameButLabels(document, { ...document, description: 'put right' }))
  t.notOk(isSameButLabels(document, { ...document, meta: { tag: [{ code: 'x' }] } }), 'a tag is no label')
})
