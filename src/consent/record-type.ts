/**
 * What the rules read of each type of the family *record*, and where it stands in the resource: data, so that facts,
 * authorship and rights are written once for all of them.
 */
import type { Reference, Resource } from '@medplum/fhirtypes'

export interface RecordType {
  /** The element that names the patient; null for a type that belongs to the record of what it is about. */
  readonly subject: 'subject' | 'patient' | null
  /** Paths of the references to its authors (`consent.md` 1 *author*). */
  readonly authors: readonly string[]
  /** Elements that `provision.code` may name, and those that `provision.class` may. */
  readonly codes: readonly string[]
  readonly classes: readonly string[]
  /** The elements that say of what time it is, `x` for each of the types of a choice; the first that is there counts. */
  readonly times: readonly string[]
  /** Where `entered-in-error` is said. */
  readonly status: 'status' | 'verificationStatus' | null
  /** For a container: paths of the references to what it holds. */
  readonly items?: readonly string[]
  /** What an update never touches besides the patient and the authors. */
  readonly fixed?: readonly string[]
}

const plain: RecordType = { subject: 'subject', authors: [], codes: ['code'], classes: ['category'], times: [], status: 'status' }

export const RECORD_TYPES: Readonly<Record<string, RecordType>> = {
  DocumentReference: {
    ...plain,
    authors: ['author', 'custodian'],
    codes: ['type'],
    times: ['context.period', 'date'],
    // Because a rule reads it or because it is what was deposited: replace instead.
    fixed: ['authenticator', 'masterIdentifier', 'identifier', 'type', 'category', 'date', 'content', 'context', 'relatesTo', 'contained']
  },
  List: { ...plain, authors: ['source'], classes: [], times: ['date'], items: ['entry.item'] },
  Observation: { ...plain, authors: ['performer'], times: ['effective[x]'] },
  Condition: { ...plain, authors: ['recorder', 'asserter'], times: ['onset[x]'], status: 'verificationStatus' },
  AllergyIntolerance: { ...plain, subject: 'patient', authors: ['recorder', 'asserter'], times: ['onset[x]'], status: 'verificationStatus' },
  Immunization: { ...plain, subject: 'patient', authors: ['performer.actor'], codes: ['vaccineCode'], classes: [], times: ['occurrence[x]'] },
  // Holds the one resource that uses it: `admit/medication.ts`.
  Medication: { ...plain, subject: null, classes: [], items: [] },
  MedicationStatement: { ...plain, authors: ['informationSource'], codes: ['medication[x]', 'contained.code'], times: ['effective[x]'] },
  MedicationRequest: { ...plain, authors: ['requester', 'recorder', 'performer'], codes: ['medication[x]', 'contained.code'], times: ['authoredOn'] },
  Procedure: { ...plain, authors: ['recorder', 'asserter', 'performer.actor'], times: ['performed[x]'] },
  Encounter: { ...plain, authors: ['serviceProvider'], codes: ['type'], classes: ['class'], times: ['period'] },
  FamilyMemberHistory: { ...plain, subject: 'patient', codes: ['condition.code'], classes: [], times: ['date'] },
  CareTeam: { ...plain, authors: ['managingOrganization'], codes: [], times: ['period'] },
  QuestionnaireResponse: { ...plain, authors: ['author', 'source'], codes: [], classes: [], times: ['authored'] },
  Provenance: { ...plain, subject: null, authors: ['agent.who'], codes: ['activity'], classes: [], times: ['occurred[x]'], status: null, items: ['target'] }
}

/** @throws Error for a type that is none of the record */
export function recordType (type: string): RecordType {
  const found = RECORD_TYPES[type]
  if (found === undefined) throw new Error(`the type ${type} is none of the family record`)
  return found
}

/** The types that hold other resources of the record. */
export const CONTAINERS: readonly string[] = Object.keys(RECORD_TYPES).filter(type => RECORD_TYPES[type]?.items !== undefined)

/** The values at a path of element names; `name[x]` is each of the types of a choice. */
export function valuesAt (resource: unknown, path: string): readonly unknown[] {
  let values: readonly unknown[] = [resource]
  for (const step of path.split('.')) {
    values = values.flatMap(value => typeof value === 'object' && value !== null ? members(value as Readonly<Record<string, unknown>>, step) : [])
  }
  return values
}

/** What a choice of types may be written as: `effectivePeriod`, not `effectiveness`. */
function members (value: Readonly<Record<string, unknown>>, step: string): readonly unknown[] {
  if (!step.endsWith('[x]')) return [value[step] ?? []].flat()
  const stem = step.slice(0, -'[x]'.length)
  return Object.keys(value).filter(name => name.startsWith(stem) && /^[A-Z]/.test(name.slice(stem.length))).flatMap(name => [value[name] ?? []].flat())
}

/** The references at the paths of a type. */
export function referencesAt (resource: Resource, paths: readonly string[]): readonly Reference[] {
  return paths.flatMap(path => valuesAt(resource, path)) as readonly Reference[]
}

/** Every literal reference in a part of a resource, with the place where it stands. */
export function literalsIn (value: unknown, path: string): readonly (readonly [reference: string, path: string])[] {
  if (Array.isArray(value)) return value.flatMap((part, index) => literalsIn(part, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) =>
    name === 'reference' && typeof part === 'string' ? [[part, path] as const] : literalsIn(part, `${path}.${name}`))
}
