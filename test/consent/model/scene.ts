import type { Coding, Consent, ConsentProvision, DocumentReference, Reference } from '@medplum/fhirtypes'
import t from 'tap'
import { TYPES, options } from '../generators.js'
import type { Asked } from '../engine.js'
import { model } from '../model.js'
import { ACT_REASON, FINESS, KIND, LOINC, PARTICIPATION, PROFESSION, RPPS, SCOPE, SIRENE, VISIBILITY } from '../scenario.js'
import type { Caller, Id, World, WorldConsent, WorldDocument } from '../scenario.js'
import { sightOf } from '../sight.js'

/**
 * The model judged by sentences of the page. The world of each: Dr Ada (a physician at the ward, which is part of the
 * hospital) asks for a biology report that Dr Lin deposited at the laboratory.
 */
export const NOW = Date.parse('2026-03-31T10:00:00.000Z')
export const HOUR = 3600 * 1000
export const ada: Id = { system: RPPS, value: '10000000001' }
export const lin: Id = { system: RPPS, value: '10000000002' }
export const ward: Id = { system: FINESS, value: '750000001' }
export const hospital: Id = { system: SIRENE, value: '20000000000002' }
export const laboratory: Id = { system: SIRENE, value: '20000000000003' }
export const physician: Caller = { kind: 'professional', mode: 'normal', person: ada, profession: { system: PROFESSION, code: '10' }, structure: ward, sector: 'SA01' }
export const holder: Caller = { kind: 'holder', mode: 'normal', ins: '180126978912536' }
export const emergency: Caller = { ...physician, mode: 'bris_de_glace', ins: '180126978912536' }
export const regulation: Caller = { ...emergency, mode: 'centre_15' }
const patient = { reference: 'Patient/patient' }

export const masked: Coding = { system: VISIBILITY, code: 'MASQUE_PS' }
export const secret: Coding = { system: VISIBILITY, code: 'INVISIBLE_REPRESENTANTS_LEGAUX' }
export const unannounced: Coding = { system: VISIBILITY, code: 'INVISIBLE_PATIENT' }
export const labelled = (...labels: Coding[]): Partial<DocumentReference> => ({ securityLabel: labels.map(label => ({ coding: [label] })) })
export const purpose = (code: string): Coding[] => [{ system: ACT_REASON, code }]

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

export function report (resource: Partial<DocumentReference> = {}, more: Partial<WorldDocument> = {}): WorldDocument {
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
export function choice (kind: string, provision: ConsentProvision, more: Partial<WorldConsent> & { consent?: Partial<Consent> } = {}): WorldConsent {
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
export const actor = (who: Id | string): Pick<ConsentProvision, 'actor'> => ({
  actor: [{
    role: { coding: [{ system: PARTICIPATION, code: 'IRCP' }] },
    reference: (typeof who === 'string' ? { reference: who } : { identifier: { ...who } }) as Reference<never>
  }]
})
export const access = (who: Id | string = ada, more: ConsentProvision = {}): WorldConsent => choice('acces-ps', { type: 'permit', ...actor(who), ...more })
export const block = (who: Id | string = ada, more: Parameters<typeof choice>[2] = {}): WorldConsent => choice('blocage', { type: 'deny', ...actor(who) }, more)
export const treating = choice('medecin-traitant', { type: 'permit', ...actor(ada) })
export const breakGlass = choice('urgence-ps', { type: 'permit', purpose: purpose('BTG') })
export const finer = (type: 'permit' | 'deny', provision: ConsentProvision): WorldConsent => choice('partage', { type, ...actor(ada), ...provision })
export const aboutReport = { data: [{ meaning: 'instance' as const, reference: { reference: 'DocumentReference/report' } }] }

export interface Case { caller?: Caller, document?: WorldDocument, consents?: WorldConsent[], world?: Partial<World>, now?: number }

/** The world of a case, and who asks in it. */
export function askedOf ({ caller = physician, document = report(), consents = [], world = {}, now = NOW }: Case): Asked & { readonly document: WorldDocument } {
  return { world: { ...emptyWorld, consents, documents: [document], ...world }, caller, now, document }
}

function judged ({ world, caller, document, now }: ReturnType<typeof askedOf>): string {
  const { permit, rule, gone } = model(world, caller, document, now, options)
  return `${permit ? 'permit' : gone === true ? 'gone' : 'deny'} ${rule}`
}

/** Whether the server's decision and its filter show the document. */
async function shown ({ document, ...asked }: ReturnType<typeof askedOf>): Promise<readonly boolean[]> {
  const { decided, filtered } = await sightOf(asked)
  return [decided, filtered].map(names => names.has(`${document.resource.resourceType}/${document.resource.id}`))
}

/** Each line: a sentence, who asks for what under which choices, and the answer with its rule: of the model, and of the server. */
export function pin (name: string, cases: ReadonlyArray<readonly [string, Case, string]>): void {
  t.test(name, async t => {
    for (const [sentence, given, expected] of cases) {
      const asked = askedOf(given)
      t.equal(judged(asked), expected, sentence)
      const isShown = !expected.startsWith('deny')
      t.same(await shown(asked), [isShown, isShown], `${sentence}: decision and filter`)
    }
  })
}
