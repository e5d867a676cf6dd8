import type {
  CareTeam, Consent, DocumentReference, Encounter, Group, Identifier, List, Observation, Organization, Period, Practitioner, Reference, RelatedPerson, Resource
} from '@medplum/fhirtypes'
import { DateTime } from 'luxon'

/**
 * A world: all that the rules of consent.md read about one patient, as plain data in FHIR's own shapes. The model judges
 * it as it stands; a harness loads the same data into a server. A world holds what a server could have come to hold:
 *
 * - every choice and document was acknowledged at or before `now`; two `medecin-traitant` are never active together;
 * - documents of one chain carry the same restricting labels and the same `chainStart`;
 * - `endedBlock` is set on each blocage that was in force and then made inactive or deleted (if its period had run out
 *   before, to the end of the period); an active one whose period has run out needs none;
 * - each consent's `patient` is this patient, else it counts for nothing here.
 */
export interface World {
  readonly patientId: string
  /** The value in the system of test INS. */
  readonly ins: string
  readonly birthDate: string
  readonly account: 'none' | 'notified' | 'opposed' | 'open' | 'active' | 'suspended' | 'closed' | 'deleted'
  readonly organizations: readonly Organization[]
  readonly practitioners: readonly Practitioner[]
  readonly groups: readonly Group[]
  readonly careTeams: readonly CareTeam[]
  readonly relatedPersons: readonly WorldRelatedPerson[]
  readonly encounters: readonly Encounter[]
  readonly consents: readonly WorldConsent[]
  readonly documents: readonly WorldDocument[]
}

export interface WorldConsent {
  readonly resource: Consent
  /** `lastUpdated` of the current version, in milliseconds. */
  readonly acknowledged: number
  /** When a blocage that had been in force was lifted. */
  readonly endedBlock?: number
  readonly deleted?: boolean
  /** The token that wrote the current version; the holder's when absent. */
  readonly by?: 'holder' | 'representative' | 'professional'
}

export interface WorldRelatedPerson {
  readonly resource: RelatedPerson
  /** What the operator recorded on proof. Absent when others wrote the RelatedPerson, who then represents nobody. */
  readonly represents?: 'minor' | 'protected-adult'
}

/** Something of the record: a document, or an observation or list, each of which is a chain of its own. */
export interface WorldDocument {
  /** The last version. */
  readonly resource: DocumentReference | Observation | List
  /** The one before it: what an update may change was another, its labels, its status, the time of an observation. */
  readonly before?: DocumentReference | Observation | List
  readonly depositor: Depositor
  /** What a list held once, as `Type/id`, and does not any more. */
  readonly once?: readonly string[]
  readonly chain: string
  readonly chainStart: number
  readonly deposited: number
  readonly deleted: boolean
}

export interface Id { readonly system: string, readonly value: string }
export interface Code { readonly system: string, readonly code: string }

export interface Depositor {
  readonly kind: 'professional' | 'structure' | 'holder' | 'application'
  readonly person?: Id
  readonly structure?: Id
  readonly client?: string
}

export interface Caller {
  readonly kind: 'holder' | 'representative' | 'operator' | 'application' | 'professional' | 'structure'
  /** The patient whom the token names: always for holder, representative, application and emergencies. */
  readonly ins?: string
  /** The id of the RelatedPerson. */
  readonly relatedPerson?: string
  readonly person?: Id
  readonly profession?: Code
  readonly structure?: Id
  readonly sector?: string
  readonly mode: 'normal' | 'bris_de_glace' | 'centre_15'
  readonly client?: string
  /** SMART scopes, for an application. */
  readonly scope?: string
}

export const KIND = 'https://fhir.espace-sante.example/CodeSystem/consent-kind'
export const APPLICATION = 'https://fhir.espace-sante.example/NamingSystem/client'
export const INS = 'urn:oid:1.2.250.1.213.1.4.10'
export const ID_NAT_PS = 'urn:oid:1.2.250.1.71.4.2.1'
export const RPPS = 'https://rpps.esante.gouv.fr'
export const ID_NAT_ST = 'urn:oid:1.2.250.1.71.4.2.2'
export const FINESS = 'https://finess.esante.gouv.fr'
export const SIRENE = 'https://sirene.fr'
export const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
export const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
export const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
export const VISIBILITY = 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
export const TYPE = 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire'
export const LOINC = 'http://loinc.org'
export const CLASS = 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument'
export const PROFESSION = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'
export const SOCIAL = 'https://mos.esante.gouv.fr/NOS/TRE_R94-ProfessionSocial/FHIR/TRE-R94-ProfessionSocial'
export const RESOURCE_TYPE = 'http://hl7.org/fhir/resource-types'
export const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope'
export const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'

// What the references, identities and dates of a world mean.

/** A world at the instant of a request. */
export interface Place { readonly world: World, readonly now: number }

export interface Party {
  readonly type: 'person' | 'structure' | 'application' | 'patient' | 'related' | 'team' | 'list' | 'record'
  /** All that names this party: normalised identifiers, and the literal reference of the directory. */
  readonly keys: readonly string[]
}

const PARTY: Readonly<Record<string, Party['type']>> = {
  [ID_NAT_PS]: 'person',
  [RPPS]: 'person',
  [ID_NAT_ST]: 'structure',
  [FINESS]: 'structure',
  [SIRENE]: 'structure',
  [APPLICATION]: 'application',
  Practitioner: 'person',
  Organization: 'structure',
  Patient: 'patient',
  RelatedPerson: 'related',
  DocumentReference: 'record',
  Observation: 'record',
  List: 'record',
  Encounter: 'record'
}

/** RPPS and `8`+RPPS are one person; FINESS and `1`+FINESS, SIRET and `3`+SIRET are one structure. */
function keyOf ({ system, value = '' }: Identifier): string {
  if (system === ID_NAT_PS && /^8\d{11}$/.test(value)) return `${RPPS}|${value.slice(1)}`
  if (system === ID_NAT_ST && /^1.{9}$/.test(value)) return `${FINESS}|${value.slice(1)}`
  if (system === ID_NAT_ST && /^3\d{14}$/.test(value)) return `${SIRENE}|${value.slice(1)}`
  return `${system}|${value}`
}

/** READING: the identifiers of one Practitioner are one person, as those of one Organization are one structure. */
function withEntry ({ world }: Place, key: string): readonly string[] {
  const entries = [...world.practitioners, ...world.organizations]
    .map(({ resourceType, id, identifier = [] }) => [`${resourceType}/${id}`, ...identifier.map(keyOf)])
  return [key, ...entries.filter(keys => keys.includes(key)).flat()]
}

export const keysOf = (place: Place, id: Id | undefined): readonly string[] => id === undefined ? [] : withEntry(place, keyOf(id))

/** The keys of structures, and of all that they are part of. */
export function withWholes (place: Place, keys: readonly string[]): readonly string[] {
  const wholes = place.world.organizations.filter(({ id }) => keys.includes(`Organization/${id}`))
    .flatMap(({ partOf }) => partOf === undefined ? [] : resolve(place, partOf)?.keys ?? [])
  return wholes.every(key => keys.includes(key)) ? keys : withWholes(place, [...new Set([...keys, ...wholes])])
}

/**
 * READING: a literal reference decides alone when an identifier stands beside it; only relative references are understood.
 * @returns whom or what a reference names, or undefined if it is broken
 */
export function resolve (place: Place, reference: Reference, contained: readonly Resource[] = [], isDeny = false): Party | undefined {
  const { reference: literal, identifier } = reference
  if (literal === undefined) return identifier && identified(place, identifier)
  const [type = '', id] = literal.split('/')
  const inner = contained.find(({ id }) => `#${id}` === literal)
  if (inner?.resourceType === 'PractitionerRole') return inner.practitioner && resolve(place, inner.practitioner, contained)
  if (inner?.resourceType === 'Practitioner' || inner?.resourceType === 'Organization') {
    return (inner.identifier ?? []).map(one => identified(place, one)).find(party => party !== undefined)
  }
  if (type === 'CareTeam' || type === 'Group') return team(place, literal, isDeny)
  const { world } = place
  // READING: a deleted document still resolves: a deny on it goes on covering its chain, and shuts nothing else.
  const exists = [...world.practitioners, ...world.organizations, ...world.encounters, ...world.relatedPersons.map(({ resource }) => resource),
    ...world.documents.map(({ resource }) => resource), { resourceType: 'Patient', id: world.patientId }]
    .some(resource => resource.resourceType === type && resource.id === id)
  const party = PARTY[type]
  return exists && party ? { type: party, keys: withEntry(place, literal) } : undefined
}

/** An identifier in a known system resolves by itself. */
function identified (place: Place, identifier: Identifier): Party | undefined {
  const { world } = place
  if (identifier.system === INS && identifier.value === world.ins) return { type: 'patient', keys: [`Patient/${world.patientId}`] }
  const type = PARTY[identifier.system ?? '']
  return type && identifier.value ? { type, keys: withEntry(place, keyOf(identifier)) } : undefined
}

/** READING: a permit to a team needs team and member in force at this instant; a deny covers whoever is on the list. */
function team (place: Place, literal: string, isDeny: boolean): Party | undefined {
  const { world: { careTeams, groups }, now } = place
  const care = careTeams.find(({ id }) => literal === `CareTeam/${id}`)
  const list = groups.find(({ id }) => literal === `Group/${id}`)
  if (care === undefined && list === undefined) return undefined
  const isLive = care ? care.status === 'active' && isWithin(care.period, now) : list?.active !== false
  const members = care
    ? (care.participant ?? []).map(({ member, period }) => ({ member, isIn: isWithin(period, now) }))
    : (list?.member ?? []).map(({ entity, period, inactive }) => ({ member: entity, isIn: !inactive && isWithin(period, now) }))
  return {
    type: care ? 'team' : 'list',
    keys: members.filter(({ isIn }) => isDeny || (isLive && isIn)).flatMap(({ member = {} }) => {
      const party = /^(CareTeam|Group)\//.test(member.reference ?? '') ? undefined : resolve(place, member)
      return party?.keys ?? []
    })
  }
}

export const paris = (instant: number): DateTime => DateTime.fromMillis(instant, { zone: 'Europe/Paris' })

/** What a function of one text or number said, kept: to read a date of a zone takes long, and the worlds are full of the same ones. */
export function kept<Given extends string | number, Said> (say: (given: Given) => Said): (given: Given) => Said {
  const said = new Map<Given, Said>()
  return given => {
    if (!said.has(given)) {
      if (said.size > 10_000) said.clear()
      said.set(given, say(given))
    }
    return said.get(given) as Said
  }
}

/** One month of the calendar later, and earlier. */
export const monthAfter = kept((instant: number) => paris(instant).plus({ months: 1 }).toMillis())
export const monthBefore = kept((instant: number) => paris(instant).minus({ months: 1 }).toMillis())

/** READING: a time given to the second is that one instant, as an end too. */
export const spanOf = kept((text: string): [number, number] | undefined => {
  const from = DateTime.fromISO(text, { zone: 'Europe/Paris' })
  if (!from.isValid || !/^\d{4}(-\d\d(-\d\d(T.*)?)?)?$/.test(text)) return undefined
  const unit = ({ 4: 'year', 7: 'month', 10: 'day' } as const)[text.length]
  return [from.toMillis(), unit === undefined ? from.toMillis() : from.endOf(unit).toMillis()]
})

export function spanOfPeriod ({ start, end }: Period = {}): [number, number] | undefined {
  const from = start === undefined ? -Infinity : spanOf(start)?.[0]
  const to = end === undefined ? Infinity : spanOf(end)?.[1]
  return from === undefined || to === undefined ? undefined : [from, to]
}

/** A period that cannot be read holds nothing. */
export function isWithin (period: Period | undefined, now: number): boolean {
  const [from, to] = spanOfPeriod(period) ?? [Infinity, -Infinity]
  return from <= now && now <= to
}
