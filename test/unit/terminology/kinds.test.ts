import { readdir, readFile } from 'node:fs/promises'
import type { CodeSystem, Coding, Consent } from '@medplum/fhirtypes'
import t from 'tap'
import { CONSENT_KIND } from '../../../src/terminology/canonical.js'
import { createVocabulary } from '../../../src/terminology/code-system.js'
import { checkKinds, isConsentKind, kindShapes } from '../../../src/terminology/kinds.js'
import { loadTerminology } from '../../../src/terminology/load.js'
import type { Terminology } from '../../../src/terminology/load.js'
import { inProject } from '../../helper/root.js'

const folder = inProject('terminology')
const terminology = await loadTerminology(folder)
const TREAT = 'http://terminology.hl7.org/CodeSystem/v3-ActReason|TREAT'
const PCF = 'https://profiles.ihe.net/ITI/PCF/'

/** The terminology with another list of kinds, or without a system. */
function changed (change: (system: CodeSystem) => CodeSystem | undefined): Terminology {
  const codeSystems = terminology.codeSystems.flatMap(system => change(system) ?? [])
  return { ...terminology, codeSystems, vocabulary: createVocabulary(codeSystems) }
}

function tokens (codings: readonly Coding[] | undefined): readonly string[] {
  return (codings ?? []).map(({ system, code }) => `${system}|${code}`)
}

t.test('holds the kinds of the code equal to those of the code system', async t => {
  t.doesNotThrow(() => checkKinds(terminology))
  t.equal(Object.keys(kindShapes).length, 16)
  for (const concept of terminology.codeSystems.find(({ url }) => url === CONSENT_KIND)?.concept ?? []) {
    t.ok(isConsentKind(concept.code ?? ''), concept.code ?? '')
    t.ok(concept.display !== undefined && concept.definition !== undefined, `${concept.code} has display and definition`)
  }
})

t.test('refuses at start a kind that is missing, a kind too many, and a code that is not known', async t => {
  const without = changed(system => system.url === CONSENT_KIND ? { ...system, concept: system.concept?.slice(1) ?? [] } : system)
  t.throws(() => checkKinds(without), /the kind acces-ps is missing/)
  const more = changed(system => system.url === CONSENT_KIND ? { ...system, concept: [...system.concept ?? [], { code: 'autre', display: 'Autre' }] } : system)
  t.throws(() => checkKinds(more), /no kind autre/)
  t.throws(() => checkKinds(changed(system => system.url?.endsWith('/v3-ActReason') === true ? undefined : system)), /urgence-ps names .*BTG/)
  t.throws(() => checkKinds(changed(() => undefined)), /is missing/)
})

t.test('asks whether a code is a kind of its own table only', async t => {
  t.ok(isConsentKind('blocage'))
  for (const code of ['pcf', '', 'Blocage', 'toString', '__proto__']) t.notOk(isConsentKind(code), code)
})

t.test('is frozen', async t => {
  t.ok(Object.isFrozen(kindShapes))
  for (const shape of Object.values(kindShapes)) t.ok([shape, shape.types, shape.actorTypes, shape.purposes, shape.labels].every(Object.isFrozen))
})

t.test('has one example of each kind', async t => {
  t.strictSame((await readdir(`${folder}/examples`)).sort(), Object.keys(kindShapes).map(kind => `consent-${kind}.json`).sort())
})

for (const [kind, shape] of Object.entries(kindShapes)) {
  t.test(`shows a ${kind} of the shape of its kind`, async t => {
    const { provision = {} } = await readExample(kind)
    const { type, actor = [], purpose, securityLabel, data, period } = provision
    t.ok(shape.types.some(allowed => allowed === type), 'type')
    t.equal(actor.length, shape.actor === 'none' ? 0 : 1, 'actors')
    t.ok(actor.every(({ reference }) => shape.actorTypes.includes(reference.type ?? reference.reference?.split('/')[0] ?? '')), 'type of the actor')
    const purposes = tokens(purpose)
    if (shape.purposes.length > 0) t.strictSame(purposes, shape.purposes, 'purposes')
    else t.ok(purposes.every(token => token === TREAT), 'no purpose but TREAT')
    t.strictSame(tokens(securityLabel), shape.labels, 'labels')
    t.equal(data !== undefined, shape.needsSelector, 'selector')
    t.ok(!shape.needsPeriod || period !== undefined, 'period')
    const hours = (Date.parse(period?.end ?? '') - Date.parse(period?.start ?? '')) / 3_600_000
    t.ok(shape.maxHours === undefined || (hours > 0 && hours <= shape.maxHours), 'within its hours')
  })

  t.test(`shows a ${kind} of the shape of PCF`, async t => {
    const consent = await readExample(kind)
    const { provision = {} } = consent
    t.match(consent, { resourceType: 'Consent', status: 'active', dateTime: /T.*\+0[12]:00$/ })
    t.strictSame(tokens(consent.scope.coding), ['http://terminology.hl7.org/CodeSystem/consentscope|patient-privacy'])
    t.strictSame(consent.category.map(({ coding }) => tokens(coding)), [['http://loinc.org|59284-0'], [`${CONSENT_KIND}|${kind}`]])
    t.equal(consent.patient?.identifier?.system, 'urn:oid:1.2.250.1.213.1.4.10', 'an INS of a test patient')
    t.strictSame([consent.performer?.length, consent.organization?.length], [1, 1])
    t.not(consent.sourceReference ?? consent.sourceAttachment, undefined, 'source')
    t.ok(consent.policy?.[0]?.uri?.startsWith(`${PCF}Policy-`), 'policy')
    for (const { role, reference } of provision.actor ?? []) {
      t.strictSame(tokens(role.coding), ['http://terminology.hl7.org/CodeSystem/v3-ParticipationType|IRCP'])
      t.not(reference.identifier?.value ?? reference.reference, undefined, 'reference of the actor')
    }
    for (const absent of ['action', 'class', 'code']) t.notHas(provision, { [absent]: Array }, `${absent} is 0..0`)
    t.ok(tokens(provision.purpose).every(terminology.vocabulary.isKnown), 'purposes are known')
    t.equal(consent.meta?.profile?.[0], `${PCF}StructureDefinition/IHE.PCF.consent${profileOf(provision)}`)
  })
}

async function readExample (kind: string): Promise<Consent> {
  return JSON.parse(await readFile(`${folder}/examples/consent-${kind}.json`, 'utf8'))
}

function profileOf ({ securityLabel, data, purpose }: NonNullable<Consent['provision']>): string {
  if (securityLabel !== undefined) return 'Advanced'
  return data !== undefined || tokens(purpose).some(token => token !== TREAT) ? 'Intermediate' : 'Basic'
}
