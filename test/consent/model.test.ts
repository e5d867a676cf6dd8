import type { Coding, Consent, ConsentProvision, DocumentReference, Reference } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { TYPES, caller as anyCaller, options, scenario, world as anyWorld } from './generators.js'
import { model } from './model.js'
import {
  ACT_CODE, ACT_REASON, APPLICATION, CONFIDENTIALITY, FINESS, ID_NAT_PS, ID_NAT_ST, KIND, LOINC, PARTICIPATION, PROFESSION, RPPS, SCOPE, SIRENE, SOCIAL,
  VISIBILITY
} from './scenario.js'
import type { Caller, Depositor, Id, World, WorldConsent, WorldDocument } from './scenario.js'

/**
 * The model judged by sentences of the page. The world of each: Dr Ada (a physician at the ward, which is part of the
 * hospital) asks for a biology report that Dr Lin deposited at the laboratory.
 */
const SEED = 20260331
const NOW = Date.parse('2026-03-31T10:00:00.000Z')
const HOUR = 3600 * 1000
const ada: Id = { system: RPPS, value: '10000000001' }
const lin: Id = { system: RPPS, value: '10000000002' }
const ward: Id = { system: FINESS, value: '750000001' }
const hospital: Id = { system: SIRENE, value: '20000000000002' }
const laboratory: Id = { system: SIRENE, value: '20000000000003' }
const physician: Caller = { kind: 'professional', mode: 'normal', person: ada, profession: { system: PROFESSION, code: '10' }, structure: ward, sector: 'SA01' }
const holder: Caller = { kind: 'holder', mode: 'normal', ins: '180126978912536' }
const emergency: Caller = { ...physician, mode: 'bris_de_glace', ins: '180126978912536' }
const regulation: Caller = { ...emergency, mode: 'centre_15' }
const patient = { reference: 'Patient/patient' }

const masked: Coding = { system: VISIBILITY, code: 'MASQUE_PS' }
const secret: Coding = { system: VISIBILITY, code: 'INVISIBLE_REPRESENTANTS_LEGAUX' }
const unannounced: Coding = { system: VISIBILITY, code: 'INVISIBLE_PATIENT' }
const labelled = (...labels: Coding[]): Partial<DocumentReference> => ({ securityLabel: labels.map(label => ({ coding: [label] })) })
const purpose = (code: string): Coding[] => [{ system: ACT_REASON, code }]

const emptyWorld: World = {
  patientId: 'patient',
  ins: '180126978912536',
  birthDate: '2015-05-05',
  account: 'open',
  practitioners: [{ resourceType: 'Practitioner', id: 'ada', identifier: [{ ...ada }] }],
  organizations: [
    { resourceType: 'Organization', id: 'ward', identifier: [{ ...ward }], partOf: { reference: 'Organization/hospital' } },
    { resourceType: 'Organization', id: 'hospital', identifier: [{ ...hospital }, { system: FINESS, value: '750000002' }] }
  ],
  groups: [{ resourceType: 'Group', id: 'privileged', type: 'practitioner', actual: true, member: [{ entity: { reference: 'Practitioner/ada' } }] }],
  careTeams: [{ resourceType: 'CareTeam', id: 'team', status: 'active', participant: [{ member: { reference: 'Practitioner/ada' }, period: { end: '2026-03-31' } }] }],
  relatedPersons: [{ resource: { resourceType: 'RelatedPerson', id: 'parent', patient }, represents: 'minor' }, { resource: { resourceType: 'RelatedPerson', id: 'aunt', patient } }],
  encounters: [{ resourceType: 'Encounter', id: 'stay', status: 'finished', class: { code: 'IMP' } }],
  consents: [],
  documents: []
}

function report (resource: Partial<DocumentReference> = {}, more: Partial<WorldDocument> = {}): WorldDocument {
  return {
    resource: { resourceType: 'DocumentReference', id: 'report', status: 'current', type: { coding: [TYPES.biology] }, content: [{ attachment: {} }], ...resource },
    depositor: { kind: 'professional', person: lin, structure: laboratory },
    chain: 'report',
    chainStart: NOW - HOUR,
    deposited: NOW - HOUR,
    deleted: false,
    ...more
  }
}

/** A choice of this kind; `PCF` is one without. Acknowledged an hour ago. */
function choice (kind: string, provision: ConsentProvision, more: Partial<WorldConsent> & { consent?: Partial<Consent> } = {}): WorldConsent {
  const { consent, ...rest } = more
  return {
    resource: {
      resourceType: 'Consent',
      status: 'active',
      scope: { coding: [{ system: SCOPE, code: 'patient-privacy' }] },
      category: [{ coding: kind === 'PCF' ? [{ system: LOINC, code: '59284-0' }] : [{ system: KIND, code: kind }] }],
      patient,
      performer: [patient],
      provision,
      ...consent
    },
    acknowledged: NOW - HOUR,
    ...rest
  }
}
const actor = (who: Id | string): Pick<ConsentProvision, 'actor'> => ({
  actor: [{
    role: { coding: [{ system: PARTICIPATION, code: 'IRCP' }] },
    reference: (typeof who === 'string' ? { reference: who } : { identifier: { ...who } }) as Reference<never>
  }]
})
const access = (who: Id | string = ada, more: ConsentProvision = {}): WorldConsent => choice('acces-ps', { type: 'permit', ...actor(who), ...more })
const block = (who: Id | string = ada, more: Parameters<typeof choice>[2] = {}): WorldConsent => choice('blocage', { type: 'deny', ...actor(who) }, more)
const treating = choice('medecin-traitant', { type: 'permit', ...actor(ada) })
const breakGlass = choice('urgence-ps', { type: 'permit', purpose: purpose('BTG') })
const finer = (type: 'permit' | 'deny', provision: ConsentProvision): WorldConsent => choice('partage', { type, ...actor(ada), ...provision })
const aboutReport = { data: [{ meaning: 'instance' as const, reference: { reference: 'DocumentReference/report' } }] }

interface Case { caller?: Caller, document?: WorldDocument, consents?: WorldConsent[], world?: Partial<World>, now?: number }
function judged ({ caller = physician, document = report(), consents = [], world = {}, now = NOW }: Case): string {
  const { permit, rule, gone } = model({ ...emptyWorld, consents, documents: [document], ...world }, caller, document, now, options)
  return `${permit ? 'permit' : gone === true ? 'gone' : 'deny'} ${rule}`
}

/** Each line: a sentence, who asks for what under which choices, and the answer with its rule. */
function pin (name: string, cases: ReadonlyArray<readonly [string, Case, string]>): void {
  t.test(name, async t => { for (const [sentence, given, expected] of cases) t.equal(judged(given), expected, sentence) })
}

pin('the account and the document', [
  ['an account that is suspended shows nothing to its holder', { caller: holder, world: { account: 'suspended' } }, 'deny 1'],
  ['an opposed account shows nothing to the médecin traitant', { consents: [treating], world: { account: 'opposed' } }, 'deny 1'],
  ['a deleted document is gone to whoever could read its last version', { caller: holder, document: report({}, { deleted: true }) }, 'gone 2'],
  ['a deleted document is absent to others', { document: report({}, { deleted: true }) }, 'deny 2'],
  ['a document entered in error is absent even to the médecin traitant', { consents: [treating], document: report({ status: 'entered-in-error' }) }, 'deny 2'],
  ['a document entered in error is shown to its author', { caller: { ...physician, person: lin }, document: report({ status: 'entered-in-error' }) }, 'permit 9']
])

const month = { caller: holder, document: report(labelled(unannounced), { chainStart: Date.parse('2026-02-28T22:00:00.000Z') }) }
pin('holder and representatives', [
  ['the holder sees a masked document', { caller: holder, document: report(labelled(masked)) }, 'permit 3'],
  ['the holder of another record sees nothing', { caller: { ...holder, ins: '299999999999999' } }, 'deny 3'],
  ['the holder waits for a month of the calendar, in Paris', { ...month, now: Date.parse('2026-03-28T21:59:59.999Z') }, 'deny 3'],
  ['at the month the document is shown', { ...month, now: Date.parse('2026-03-28T22:00:00.000Z') }, 'permit 3'],
  ['the parent of a child reads as the child', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' } }, 'permit 4'],
  ['the parent never sees what the child keeps secret', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, document: report(labelled(secret)) }, 'deny 4'],
  ['on the eighteenth birthday the parent represents nobody', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, world: { birthDate: '2008-03-31' } }, 'deny 4'],
  ['it begins at midnight in Paris', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, world: { birthDate: '2008-03-31' }, now: Date.parse('2026-03-30T22:00:00.000Z') }, 'deny 4'],
  ['on the eve the parent still does', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, world: { birthDate: '2008-04-01' } }, 'permit 4'],
  ['an aunt without delegation represents nobody', { caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' } }, 'deny 4'],
  ['a delegation in force makes a helper', {
    caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' },
    consents: [choice('delegation', { type: 'permit', ...actor('RelatedPerson/aunt'), period: { end: '2026-03' } })]
  }, 'permit 4']
])

const app: Caller = { kind: 'application', mode: 'normal', ins: '180126978912536', client: 'app', scope: 'patient/DocumentReference.rs' }
const paired = choice('application', { type: 'permit', ...actor({ system: APPLICATION, value: 'app' }) })
const ownDeposit: Depositor = { kind: 'application', client: 'app' }
pin('operator and applications', [
  ['the operator reads no document', { caller: { kind: 'operator', mode: 'normal' } }, 'deny 5'],
  ['an insurer\'s doctor is the operator, even as médecin traitant', { caller: { ...physician, sector: 'SA24' }, consents: [treating] }, 'deny 5'],
  ['an application reads what scope and choice both allow', { caller: app, consents: [paired] }, 'permit 5'],
  ['a scope alone opens nothing', { caller: app }, 'deny 5'],
  ['a choice alone opens nothing', { caller: { ...app, scope: 'patient/Observation.rs' }, consents: [paired] }, 'deny 5'],
  ['an application never sees a masked document', { caller: app, consents: [paired], document: report(labelled(masked)) }, 'deny 5'],
  ['except what it deposited itself', { caller: app, consents: [paired], document: report(labelled(masked), { depositor: ownDeposit }) }, 'permit 5']
])

pin('the médecin traitant, blocks and authors', [
  ['a professional without structure is refused', { caller: { kind: 'professional', mode: 'normal', person: ada, profession: { system: PROFESSION, code: '10' } }, consents: [access()] }, 'deny 6'],
  ['an emergency token reaches the record that it names only', { caller: { ...emergency, ins: '299999999999999' }, consents: [breakGlass] }, 'deny 6'],
  ['an emergency token needs a profession of TRE_G15', { caller: { ...emergency, profession: { system: SOCIAL, code: '320' } }, consents: [breakGlass] }, 'deny 6'],
  ['the médecin traitant sees a masked document even when blocked', { consents: [treating, block()], document: report(labelled(masked)) }, 'permit 7'],
  ['the médecin traitant is the same person under idNatPs, wherever they work', { caller: { ...physician, person: { system: ID_NAT_PS, value: '810000000001' }, structure: laboratory }, consents: [treating] }, 'permit 7'],
  ['the médecin traitant whom a parent designated does not see what the child keeps secret', { consents: [{ ...treating, by: 'representative' }], document: report(labelled(secret)) }, 'deny 10'],
  ['a structure is no médecin traitant', { consents: [choice('medecin-traitant', { type: 'permit', ...actor(ward) })] }, 'deny 10'],
  ['a block shuts out in spite of a permit', { consents: [access(), block()] }, 'deny 8'],
  ['a block holds in an emergency', { caller: emergency, consents: [breakGlass, block()] }, 'deny 8'],
  ['a block holds for the author', { caller: { ...physician, person: lin }, consents: [block(lin)] }, 'deny 8'],
  ['a block on the hospital covers the ward, which is part of it', { consents: [access(), block({ system: ID_NAT_ST, value: '320000000000002' })] }, 'deny 8'],
  ['a block on the ward does not cover the hospital', { caller: { ...physician, structure: hospital }, consents: [access(), block(ward)] }, 'permit 14'],
  ['a block that names somebody who can no longer be found shuts out everybody', { consents: [access(), block('Practitioner/lost')] }, 'deny 8'],
  ['structure software reads what its structure deposited', { caller: { kind: 'structure', mode: 'normal', structure: { system: ID_NAT_ST, value: '320000000000003' } } }, 'permit 9'],
  ['structure software reads nothing else', { caller: { kind: 'structure', mode: 'normal', structure: ward }, consents: [access(ward)] }, 'deny 9'],
  ['the author in person sees what is masked, whatever the matrix', { caller: { ...physician, person: lin }, document: report({ ...labelled(masked), type: { coding: [TYPES.residence] } }) }, 'permit 9'],
  ['a named person is author under a token of exactly the depositor\'s structure', { caller: { ...physician, structure: laboratory }, document: report({ author: [{ reference: 'Practitioner/ada' }] }) }, 'permit 9'],
  ['a named person is a stranger anywhere else', { document: report({ author: [{ reference: 'Practitioner/ada' }] }) }, 'deny 10'],
  ['whom the holder names as author gets nothing', { document: report({ author: [{ reference: 'Practitioner/ada' }] }, { depositor: { kind: 'holder', structure: ward } }) }, 'deny 10']
])

const lifted = (hours: number): WorldConsent => block(ada, { consent: { status: 'inactive' }, endedBlock: NOW - hours * HOUR, acknowledged: NOW - hours * HOUR })
pin('grounds', [
  ['nothing said is deny', {}, 'deny 10'],
  ['a permit to the person is a ground', { consents: [access()] }, 'permit 14'],
  ['a permit to the hospital covers exactly the hospital, not its ward', { consents: [access(hospital)] }, 'deny 10'],
  ['two identifiers of one site are one structure', { caller: { ...physician, structure: { system: FINESS, value: '750000002' } }, consents: [access(hospital)] }, 'permit 14'],
  ['a permit acknowledged before a block ended is no ground', { consents: [access(), lifted(0.5)] }, 'deny 10'],
  ['nor is one to their structure', { consents: [access(ward), lifted(0.5)] }, 'deny 10'],
  ['a permit acknowledged after it is a ground', { consents: [access(), lifted(2)] }, 'permit 14'],
  ['a block ends with its period too', { consents: [access(), choice('blocage', { type: 'deny', ...actor(ada), period: { end: new Date(NOW - 1).toISOString() } })] }, 'deny 10'],
  ['a block that was lifted never ends the médecin traitant', { consents: [treating, lifted(0.5)] }, 'permit 7'],
  ['a period holds at its first instant', { consents: [access(ada, { period: { start: '2026-03-31T12:00:00+02:00' } })] }, 'permit 14'],
  ['a period holds at its last instant', { consents: [access(ada, { period: { end: '2026-03-31T12:00:00+02:00' } })] }, 'permit 14'],
  ['a day is a whole day in Paris', { consents: [access(ada, { period: { end: '2026-03-31' } })], now: Date.parse('2026-03-31T21:59:59.999Z') }, 'permit 14'],
  ['and no more', { consents: [access(ada, { period: { end: '2026-03-31' } })], now: Date.parse('2026-03-31T22:00:00.000Z') }, 'deny 10'],
  ['an access for once ends after 24 hours, whatever its period', { consents: [choice('acces-ponctuel', { type: 'permit', ...actor(ada), period: { start: new Date(NOW - 24 * HOUR - 1).toISOString(), end: '2027' } })] }, 'deny 10'],
  ['a member of an active team has a ground', { consents: [choice('equipe-soins', { type: 'permit', ...actor('CareTeam/team') })] }, 'permit 14'],
  ['the structure that deposited has a ground', { caller: { ...physician, structure: laboratory } }, 'permit 14'],
  ['break-glass is shut unless the holder opened it', { caller: emergency, consents: [access()] }, 'deny 10'],
  ['break-glass opens by its choice', { caller: emergency, consents: [breakGlass] }, 'permit 14'],
  ['the choice for break-glass does not open the regulation', { caller: regulation, consents: [breakGlass] }, 'deny 10'],
  ['a permit without a kind for BTG opens to the operator\'s list', { caller: emergency, consents: [choice('PCF', { type: 'deny', provision: [{ type: 'permit', purpose: purpose('BTG'), ...actor('Group/privileged') }] })] }, 'permit 14'],
  ['a member whom the operator struck off the list is let in no more', {
    caller: emergency,
    consents: [choice('PCF', { type: 'permit', purpose: purpose('BTG'), ...actor('Group/privileged') })],
    world: { groups: [{ resourceType: 'Group', id: 'privileged', type: 'practitioner', actual: true, member: [{ entity: { reference: 'Practitioner/ada' }, inactive: true }] }] }
  }, 'deny 10'],
  ['a partage for BTG opens no emergency', { caller: emergency, consents: [finer('permit', { purpose: purpose('BTG') })] }, 'deny 10'],
  ['a permit that was deleted is no ground', { consents: [{ ...access(), deleted: true }] }, 'deny 10'],
  ['nor is one of another patient', { consents: [choice('acces-ps', { type: 'permit', ...actor(ada) }, { consent: { patient: { reference: 'Patient/other' } } })] }, 'deny 10'],
  ['purposes match exactly', { consents: [access(ada, { purpose: purpose('HPAYMT') })] }, 'deny 10'],
  ['a permit is a ground for what its selectors match only', { consents: [finer('permit', { code: [{ coding: [TYPES.hospital] }] })] }, 'deny 10'],
  ['a permit of an unknown kind says nothing', { consents: [choice('ACCES-PS', { type: 'permit', ...actor(ada) })] }, 'deny 10'],
  ['a permit with a modifier extension says nothing', { consents: [choice('acces-ps', { type: 'permit', ...actor(ada) }, { consent: { modifierExtension: [{ url: 'urn:example' }] } })] }, 'deny 10']
])

const replaced = report({ id: 'first', status: 'superseded' })
pin('finer choices', [
  ['any deny wins over a permit', { consents: [access(), finer('deny', aboutReport)] }, 'deny 11'],
  ['a deny on one document covers its chain', { consents: [access(), finer('deny', aboutReport)], document: replaced, world: { documents: [replaced, report()] } }, 'deny 11'],
  ['a permit on one document does not', { consents: [finer('permit', aboutReport)], document: replaced, world: { documents: [replaced, report()] } }, 'deny 10'],
  ['a deny on R covers V', { consents: [access(), finer('deny', { securityLabel: [{ system: CONFIDENTIALITY, code: 'R' }] })], document: report(labelled({ system: CONFIDENTIALITY, code: 'V' })) }, 'deny 11'],
  ['a permit on R does not', { consents: [finer('permit', { securityLabel: [{ system: CONFIDENTIALITY, code: 'R' }] })], document: report(labelled({ system: CONFIDENTIALITY, code: 'V' })) }, 'deny 10'],
  ['no label is N', { consents: [finer('permit', { securityLabel: [{ system: CONFIDENTIALITY, code: 'N' }] })] }, 'permit 14'],
  ['a deny on a sensitive theme', { consents: [access(), finer('deny', { securityLabel: [{ system: ACT_CODE, code: 'HIV' }] })], document: report(labelled({ system: ACT_CODE, code: 'HIV' })) }, 'deny 11'],
  ['a deny with a code that is not known covers everything', { consents: [access(), finer('deny', { code: [{ coding: [{ system: LOINC, code: 'no-such-code' }] }] })] }, 'deny 11'],
  ['an exception that permits stands against its root', { consents: [access(), choice('PCF', { type: 'deny', ...actor(ada), provision: [{ type: 'permit', ...actor(ada), ...aboutReport }] })] }, 'permit 14'],
  ['a deny among several exceptions wins', { consents: [access(), choice('PCF', { type: 'permit', provision: [{ type: 'permit' }, { type: 'deny', ...aboutReport }] })] }, 'deny 11'],
  ['a deny on all that the laboratory wrote', { consents: [access(), finer('deny', { data: [{ meaning: 'authoredby', reference: { identifier: { ...laboratory } } }] })] }, 'deny 11'],
  ['a deny on a stay reaches the documents that refer to it', {
    consents: [access(), finer('deny', { data: [{ meaning: 'related', reference: { reference: 'Encounter/stay' } }] })],
    document: report({ context: { encounter: [{ reference: 'Encounter/stay' }] } })
  }, 'deny 11'],
  ['a deny without a kind and without purpose leaves emergencies alone', { caller: emergency, consents: [breakGlass, choice('PCF', { type: 'deny' })] }, 'permit 14'],
  ['a partage that denies without purpose holds in every mode', { caller: emergency, consents: [breakGlass, finer('deny', aboutReport)] }, 'deny 11'],
  ['a deny on a time is met by a document whose time is not known', { consents: [access(), finer('deny', { dataPeriod: { end: '2020' } })] }, 'deny 11'],
  ['a permit on a time is not', { consents: [finer('permit', { dataPeriod: { end: '2020' } })] }, 'deny 10']
])

const opened = choice('urgence-masques', { type: 'permit', purpose: [...purpose('BTG'), ...purpose('ETREAT')], securityLabel: [masked] })
const coded = (...coding: Coding[]): WorldDocument => report({ type: { coding } })
pin('the matrix and the masks', [
  ['the matrix refuses a type to a profession', { consents: [access()], document: coded(TYPES.residence) }, 'deny 12'],
  ['every coding of the type must be allowed', { consents: [access()], document: coded(TYPES.biology, TYPES.residence) }, 'deny 12'],
  ['every coding of the type must be known', { consents: [access()], document: coded(TYPES.biology, { system: 'urn:example', code: 'BIO' }) }, 'deny 12'],
  ['a document without type is refused', { consents: [access()], document: report({ type: { text: 'biology' } }) }, 'deny 12'],
  ['the matrix holds in emergencies', { caller: emergency, consents: [breakGlass], document: coded(TYPES.residence) }, 'deny 12'],
  ['a masked document is refused', { consents: [access()], document: report(labelled(masked)) }, 'deny 13'],
  ['also when the label is a tag', { consents: [access()], document: report({ meta: { security: [masked] } }) }, 'deny 13'],
  ['a case twin of a label masks', { consents: [access()], document: report(labelled({ system: VISIBILITY, code: 'invisible_patient' })) }, 'deny 13'],
  ['a label of an unknown system masks', { consents: [access()], document: report(labelled({ system: 'urn:example', code: 'N' })) }, 'deny 13'],
  ['the administrator sees masked documents', { consents: [choice('administrateur', { type: 'permit', ...actor(ada) })], document: report(labelled(masked)) }, 'permit 14'],
  ['the structure that deposited sees masked documents', { caller: { ...physician, structure: laboratory }, document: report(labelled(masked)) }, 'permit 14'],
  ['an emergency does not open a masked document', { caller: emergency, consents: [breakGlass], document: report(labelled(masked)) }, 'deny 13'],
  ['unless the holder chose so', { caller: emergency, consents: [breakGlass, opened], document: report(labelled(masked)) }, 'permit 14'],
  ['MASQUE_PSOCIAL stops social professions', { caller: { ...physician, profession: { system: SOCIAL, code: '320' } }, consents: [access()], document: report({ ...labelled({ system: VISIBILITY, code: 'MASQUE_PSOCIAL' }), type: { coding: [TYPES.synthesis] } }) }, 'deny 13'],
  ['and no other', { consents: [access()], document: report(labelled({ system: VISIBILITY, code: 'MASQUE_PSOCIAL' })) }, 'permit 14'],
  ['what is unannounced to the holder is shown to professionals', { consents: [access()], document: report(labelled(unannounced)) }, 'permit 14']
])

t.test('generated scenarios let every rule decide, both ways where there are two', async t => {
  const scenarios = fc.sample(scenario, { seed: SEED, numRuns: 1000 })
  const verdicts = scenarios.map(({ world, caller, document, now }) => model(world, caller, document, now, options))
  const count = (rule: number, permit: boolean): number => verdicts.filter(verdict => verdict.rule === rule && verdict.permit === permit).length
  const both = [3, 4, 5, 9]
  const permitting = [7, 14]
  for (let rule = 1; rule <= 14; rule++) {
    t.comment(`rule ${String(rule).padStart(2)}  permit ${String(count(rule, true)).padStart(4)}  deny ${String(count(rule, false)).padStart(4)}`)
    if (both.includes(rule) || permitting.includes(rule)) t.ok(count(rule, true) >= 3, `rule ${rule} permits`)
    if (!permitting.includes(rule)) t.ok(count(rule, false) >= 3, `rule ${rule} denies`)
  }
  const permitted = verdicts.filter(({ permit }) => permit).length
  t.comment(`seed ${SEED}: ${permitted} of 1000 permitted`)
  t.ok(permitted >= 250 && permitted <= 750, 'neither answer is the rule')
  for (const gone of [true, false]) t.ok(verdicts.some(verdict => verdict.gone === gone), `a deleted document is ${gone ? 'gone' : 'absent'}`)
  t.ok(scenarios.every(({ world }) => world.consents.length <= 8), 'worlds are small')
  t.ok(scenarios.some(({ world }) => world.consents.length === 0), 'some holders said nothing')
})

t.test('theorems of the model itself', async t => {
  const runs = { seed: SEED, numRuns: 200 }
  fc.assert(fc.property(anyWorld, anyCaller, ({ world, now }, caller): boolean => {
    const again: World = { ...world, consents: [...world.consents, ...world.consents].reverse() }
    const deny = choice('partage', { type: 'deny', purpose: ['TREAT', 'BTG', 'ETREAT'].flatMap(purpose) })
    for (const document of world.documents) {
      const { permit, rule } = model(world, caller, document, now, options)
      const denied = model({ ...world, consents: [...world.consents, deny] }, caller, document, now, options)
      if (model(again, caller, document, now, options).permit !== permit) return false
      if (denied.permit && (!permit || ![3, 4, 5, 7, 9].includes(rule))) return false
    }
    return true
  }), runs)
  t.pass('order and duplicates do not matter; a deny overrides permits outside rules 3 to 7 and 9')
})
