/**
 * From what was done to the AuditEvent that says it: as IHE BALP has it (`domain.md` 5.1), whose profile it claims where there is
 * one, with two extensions of our own, the decision and, when it is read, the resources that a search disclosed. Who may
 * read what of it is decided elsewhere.
 */
import type { AuditEvent, AuditEventAgent, AuditEventEntity, CodeableConcept, Extension } from '@medplum/fhirtypes'
import type { Decision } from '../consent/decide.js'
import type { Rests } from '../consent/family.js'
import { PURPOSE } from '../consent/situation.js'
import { ID_NAT_PS, ID_NAT_ST } from '../security/identity.js'
import type { Principal } from '../security/principal.js'
import { CANONICAL_BASE } from '../terminology/canonical.js'

export type InteractionCode = 'read' | 'vread' | 'history-instance' | 'history-type' | 'history-system' | 'search-type' | 'search-system' | 'create' | 'update' | 'patch' | 'delete' | 'batch' | 'transaction' | 'operation'

/** The id of nobody and of nothing, in the trace of an access to what is not there. */
export const NIL = '00000000-0000-0000-0000-000000000000'

/** One access to one record, or to no record at all. */
export interface Access {
  readonly interaction: InteractionCode
  /** The type of resource that the interaction is on. */
  readonly type: string
  /** `NIL` for an access to what is not there. */
  readonly patient: string | null
  /** `Type/id` of the one resource, or undefined for a search. */
  readonly about?: string
  /** `Type/id` of what a search, or an include, disclosed of this record. */
  readonly disclosed?: readonly string[]
  /** Whether the request named the record itself; false when it is concerned by what was disclosed only. */
  readonly isNamed?: boolean
  readonly decision?: Decision
  /** Where it was permitted for the sake of what was disclosed alone. */
  readonly rests?: Rests
  /** The request of a search, as given; the name of an operation. */
  readonly query?: string
  /** `0` success, `4` refused or not valid, `8` failed. */
  readonly outcome: '0' | '4' | '8'
}

/** The type under which an access to a whole record is traced. */
export const OF_RECORD = 'Bundle'

export const DECISION = `${CANONICAL_BASE}/StructureDefinition/decision`
export const DISCLOSED = `${CANONICAL_BASE}/StructureDefinition/disclosed`

const DCM = 'http://dicom.nema.org/resources/ontology/DCM'
const REST = { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest', display: 'Restful Operation' }
const INTERACTION = 'http://hl7.org/fhir/restful-interaction'
const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
const IMPORT = { system: 'http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle', code: '2', display: 'Import / Copy' }
const OPERATOR = { type: 'Organization', display: 'operator' } as const
const ROLE = 'http://terminology.hl7.org/CodeSystem/object-role'
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
const MODE = 'https://mos.esante.gouv.fr/NOS/TRE_R248-ModeAcces/FHIR/TRE-R248-ModeAcces'
const SERVER = 'espace-sante-fhir'
/** http://hl7.org/fhir/network-type */
const [IP_ADDRESS, URI] = ['2', '5'] as const
const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'
const PROFILES: Readonly<Partial<Record<InteractionCode, string>>> = {
  read: 'Read',
  vread: 'Read',
  'search-type': 'Query',
  'search-system': 'Query',
  create: 'Create',
  update: 'Update',
  patch: 'Update',
  delete: 'Delete'
}
const CHANGES: readonly InteractionCode[] = ['create', 'update', 'patch', 'delete']
const ACTIONS: Readonly<Record<InteractionCode, 'C' | 'R' | 'U' | 'D' | 'E'>> = {
  read: 'R',
  vread: 'R',
  'history-instance': 'R',
  'history-type': 'E',
  'history-system': 'E',
  'search-type': 'E',
  'search-system': 'E',
  create: 'C',
  update: 'U',
  patch: 'U',
  delete: 'D',
  batch: 'E',
  transaction: 'E',
  operation: 'E'
}

/** Whose access it was, as far as it is known. */
export interface Agent { readonly principal: Principal, readonly patient?: string }

/** @param recorded ms */
export function toAuditEvent (access: Access, agent: Agent, id: string, recorded: number): AuditEvent {
  const instant = new Date(recorded).toISOString()
  const extension = decisionExtension(access.decision)
  const profile = profileOf(access, agent)
  return {
    resourceType: 'AuditEvent',
    id,
    meta: { versionId: '1', lastUpdated: instant, ...profile === undefined ? {} : { profile: [BALP + profile] } },
    ...extension.length === 0 ? {} : { extension: [...extension] },
    type: REST,
    subtype: [{ system: INTERACTION, code: access.interaction }],
    action: ACTIONS[access.interaction],
    recorded: instant,
    outcome: access.outcome,
    agent: [clientAgent(access), userAgent(access, agent), ...sourceAgent(agent), serverAgent(access)],
    source: { observer: { display: SERVER } },
    entity: entities(access, agent.principal.migrator !== undefined)
  }
}

export function decisionExtension (decision: Decision | undefined): readonly Extension[] {
  if (decision === undefined) return []
  return [{
    url: DECISION,
    extension: [
      { url: 'permit', valueBoolean: decision.permit },
      { url: 'rule', valueUnsignedInt: decision.rule },
      ...decision.choices.map(id => ({ url: 'choice', valueReference: { reference: `Consent/${id}` } }))
    ]
  }]
}

/** What a search disclosed, as an event shows it; kept among its facts, of which each reader is shown what they may see. */
export function disclosedExtension (disclosed: readonly string[]): readonly Extension[] {
  return disclosed.map(reference => ({ url: DISCLOSED, valueReference: { reference } }))
}

/** The profile of BALP that an event has: of what was done, not of what was refused. */
function profileOf ({ interaction, patient, about, query, outcome }: Access, { principal: { migrator } }: Agent): string | undefined {
  const name = PROFILES[interaction]
  // Of what is migrated both are users, the operator and the source, and BALP knows one.
  if (name === undefined || outcome !== '0' || migrator !== undefined) return undefined
  if (name === 'Query' ? isEmpty(query) || about !== undefined : about === undefined || query !== undefined) return undefined
  return patient === null ? name : `Patient${name}`
}

const SOURCE = coded(DCM, '110153', 'Source Role ID')
const DESTINATION = coded(DCM, '110152', 'Destination Role ID')
const APPLICATION = coded(DCM, '110150', 'Application')
const CUSTODIAN = coded('http://terminology.hl7.org/CodeSystem/provenance-participant-type', 'custodian', 'Custodian')
const RECIPIENT = coded(PARTICIPATION, 'IRCP', 'information recipient')
const AUTHOR = coded(PARTICIPATION, 'AUT', 'author (originator)')
const KEEPER = coded(PARTICIPATION, 'CST', 'custodian')

/** What the client and the server are to what passes between them. */
function endsOf (interaction: InteractionCode): readonly [client: CodeableConcept, server: CodeableConcept] {
  if (interaction === 'delete') return [APPLICATION, CUSTODIAN]
  return ['read', 'vread', 'history-instance'].includes(interaction) ? [DESTINATION, SOURCE] : [SOURCE, DESTINATION]
}

function coded (system: string, code: string, display: string): CodeableConcept {
  return { coding: [{ system, code, display }] }
}

/** No address: it tells where somebody is, and traces have many readers. The technical log has it. */
function clientAgent ({ interaction }: Access): AuditEventAgent {
  return { type: endsOf(interaction)[0], who: { display: 'client' }, requestor: false, network: { type: IP_ADDRESS } }
}

function serverAgent ({ interaction }: Access): AuditEventAgent {
  return { type: endsOf(interaction)[1], who: { display: SERVER }, requestor: false, network: { type: URI } }
}

/** A search without parameters has no query. */
function isEmpty (query: string | undefined): query is undefined | '' {
  return query === undefined || query === ''
}

function userAgent ({ interaction }: Access, { principal, patient }: Agent): AuditEventAgent {
  const profession = principal.profession?.split('|')
  const purpose = {
    coding: [{ system: ACT_REASON, code: PURPOSE[principal.mode] }, { system: MODE, code: principal.mode }],
    ...principal.reason === undefined ? {} : { text: principal.reason }
  }
  return {
    type: !CHANGES.includes(interaction) ? RECIPIENT : principal.migrator === undefined ? AUTHOR : KEEPER,
    who: whoIs(principal, patient),
    requestor: true,
    ...profession === undefined ? {} : { role: [{ coding: [{ system: profession[0] ?? '', code: profession[1] ?? '' }] }] },
    ...principal.structure === undefined || principal.kind === 'structure'
      ? {}
      : { altId: principal.structure.slice('structure:'.length) },
    ...principal.kind === 'professional' ? { purposeOfUse: [purpose] } : {}
  }
}

/** The structure in whose place the operator deposits what they migrate. */
function sourceAgent ({ principal: { migrator, ...source } }: Agent): readonly AuditEventAgent[] {
  return migrator === undefined ? [] : [{ type: AUTHOR, who: whoIs(source, undefined), requestor: false }]
}

function whoIs (principal: Principal, patient: string | undefined): NonNullable<AuditEventAgent['who']> {
  if (principal.migrator !== undefined) return OPERATOR
  switch (principal.kind) {
    case 'professional': return { type: 'Practitioner', identifier: { system: ID_NAT_PS, value: (principal.person ?? '').slice('person:'.length) } }
    case 'structure': return { type: 'Organization', identifier: { system: ID_NAT_ST, value: (principal.structure ?? '').slice('structure:'.length) } }
    case 'application': return { type: 'Device', identifier: { value: (principal.client ?? '').slice('client:'.length) } }
    case 'holder': return patient === undefined ? { type: 'Patient', display: 'holder' } : { reference: `Patient/${patient}`, type: 'Patient' }
    case 'representative': return { type: 'RelatedPerson', identifier: { value: principal.representative ?? '' } }
    case 'operator': return OPERATOR
  }
}

/** @param isMigrated what the access is about was written elsewhere first, and imported */
function entities ({ patient, about, query }: Access, isMigrated: boolean): AuditEventEntity[] {
  return [
    ...patient === null ? [] : [{ what: { reference: `Patient/${patient}` }, type: { system: ENTITY_TYPE, code: '1' }, role: { system: ROLE, code: '1' } }],
    ...about === undefined ? [] : [{ what: { reference: about }, type: { system: ENTITY_TYPE, code: '2' }, role: { system: ROLE, code: '4' }, ...isMigrated ? { lifecycle: IMPORT } : {} }],
    ...isEmpty(query)
      ? []
      : [{ type: { system: ENTITY_TYPE, code: '2' }, role: { system: ROLE, code: '24' }, query: Buffer.from(query).toString('base64') }]
  ]
}
