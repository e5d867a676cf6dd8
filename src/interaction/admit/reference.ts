import type { DocumentReference, Reference, Resource } from '@medplum/fhirtypes'
import { isShared } from '../../consent/family.js'
import { literalsIn, referencesAt } from '../../consent/record-type.js'
import { isIn } from '../../filter/filter.js'
import { identifierKey } from '../../search/key.js'
import { belowBase } from '../../search/literal.js'
import { insKey } from '../../security/identity.js'
import { allows } from '../../security/scope.js'
import type { Context } from '../context.js'
import { NOBODY } from '../nobody.js'
import type { Sight } from '../sight.js'
import { broken, unresolved } from './admission.js'

/** A reference to a resource here, or to a version of it. */
export const LITERAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/
/** The directory resolves always; it need not be whole here. */
const DIRECTORY: readonly string[] = ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService', 'Device', 'Endpoint', 'Group']

/** References of one resource: each of them is looked up. */
const MOST = 1000

/** @throws OutcomeError `business-rule` for a resource that refers to too much, literally or by identifiers */
export function checkReferenceCount (resource: Resource): void {
  if (countReferences(resource) > MOST) throw broken(`A resource has at most ${MOST} references`, resource.resourceType, 'too-long')
}

/** How many references a value holds, literal ones and those by identifiers. */
export function countReferences (value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const { reference, identifier } = value as Reference
  // An Identifier alone is a reference's; a resource has a list of its own, or one.
  const own = typeof reference === 'string' || (typeof identifier === 'object' && !Array.isArray(identifier)) ? 1 : 0
  return Object.values(value).reduce<number>((sum, part) => sum + countReferences(part), own)
}

/**
 * The patient of a deposit, by id, by INS, or by a conditional reference (`Patient?identifier=…`), while the account
 * is open: whoever else has no account, or none any more, is as absent as an unknown one.
 */
export async function resolvePatient (context: Context, sight: Sight, subject: Reference | undefined, expression: string): Promise<string> {
  if (subject === undefined) throw broken('A record resource belongs to one patient', expression, 'required')
  // Nobody is asked for too: an account that looks like none costs what none costs.
  const id = await patientId(context, subject) ?? NOBODY
  const { principal, patient } = sight.caller
  // A token that names a patient (holder, application, emergency, secret session) reaches no other record.
  if (principal.ins !== undefined && id !== patient) throw unresolved(expression)
  await sight.enter([id])
  const account = sight.account(id)
  if (account !== 'open' && account !== 'active') throw unresolved(expression)
  // To who represents nobody, or nobody any more, an account that is open is as absent as one that is not.
  if (principal.kind === 'representative' && sight.situation(id)?.stands !== 'representative') throw unresolved(expression)
  return id
}

/**
 * The patient of a resource that belongs to the record of what it is about, and names no patient: that of the first of
 * its targets in a record. Whether each of them may be referred to is `checkReferences`' to say, in the same words for
 * what is hidden and what is absent.
 */
export async function patientOfTargets (context: Context, sight: Sight, resource: Resource, paths: readonly string[]): Promise<string> {
  const pointers = referencesAt(resource, paths).flatMap(({ reference = '' }) => LITERAL.exec(reference)?.slice(1) ?? [])
  const types = context.registry.types.filter(type => !isShared(type) && type !== 'Patient')
  const index = pointers.findIndex((type, position) => position % 2 === 0 && types.includes(type))
  const [type, id] = index < 0 ? [] : pointers.slice(index)
  if (type === undefined || id === undefined) throw broken('A record resource belongs to one patient: that of its targets', `${resource.resourceType}.${paths[0] ?? ''}`, 'required')
  const patient = (await context.store.read(type, id))?.patient ?? NOBODY
  await sight.enter([patient])
  if (sight.caller.principal.ins !== undefined && patient !== sight.caller.patient) throw unresolved(`${resource.resourceType}.${paths[0] ?? ''}`)
  return patient
}

/** The patient whom a reference names by id, by INS, or by a conditional reference; undefined for nobody known. */
export async function patientId (context: Context, { reference, identifier }: Reference): Promise<string | undefined> {
  const local = withoutBase(context, reference)
  const literal = LITERAL.exec(local ?? '')
  if (literal !== null) return literal[1] === 'Patient' ? literal[2] : undefined
  const conditional = /^Patient\?identifier=([^&]+)$/.exec(local ?? '')?.[1]
  const [system, value] = conditional === undefined ? [identifier?.system, identifier?.value] : decoded(conditional).split('|')
  if (insKey({ system, value }) === undefined) return undefined
  // The id alone: to open an identity takes the key of its record, and who is not there has none.
  const [found] = await context.store.distinct('Patient', isIn('found', [identifierKey(system ?? '', value ?? '', context.hash)]), '_id', 1)
  return found
}

/**
 * Every reference of a resource: contained ones must be inside, those of the record readable by the
 * writer and of the same patient; others are refused as if their target were absent. `replaces` has its own rule.
 * @param before what an update found: its references stay
 */
export async function checkReferences (context: Context, sight: Sight, patient: string, resource: Resource, before?: Resource): Promise<void> {
  const { resourceType } = resource
  const contained = new Set(('contained' in resource ? (resource.contained ?? []) as readonly Resource[] : []).map(({ id }) => `#${id ?? ''}`))
  const old = new Set(before === undefined ? [] : literalsIn(before, '').map(([reference]) => reference))
  const there = new Set<string>()
  for (const [reference, expression] of literalsIn(withoutOwnRules(resource), resourceType)) {
    const local = withoutBase(context, reference) ?? ''
    if (old.has(reference)) continue
    if (local.startsWith('#')) {
      if (local !== '#' && !contained.has(local)) throw unresolved(expression)
      continue
    }
    const [, type, id] = LITERAL.exec(local) ?? []
    if (type === undefined || id === undefined) {
      if (/^(?:[A-Z][A-Za-z]+[/?]|urn:uuid:)/.test(local)) throw unresolved(expression)
      continue
    }
    if (context.medications?.has(local) === true) continue
    if (DIRECTORY.includes(type) || (type === 'Patient' && id === patient)) continue
    // What is referred to twice is read once.
    if (there.has(`${type}/${id}`)) continue
    if (context.promise?.({ patient, type, id, expression }) !== true && !await isThere(context, sight, patient, type, id)) throw unresolved(expression)
    there.add(`${type}/${id}`)
  }
}

/** Whether the writer reads a resource, or writes it in the same Bundle, and it is of the same patient or of none. */
export async function isThere (context: Context, sight: Sight, patient: string, type: string, id: string): Promise<boolean> {
  if (!context.registry.types.includes(type)) return false
  if (!isShared(type) && !allows(sight.caller.principal.scopes, type, 'r') && context.isWritten?.(type, id) !== true) return false
  const target = await context.store.read(type, id)
  return target !== undefined && !target.isDeleted && (isShared(type) || (target.patient === patient && sight.decide(target).permit))
}

/** What a document replaces is its author's to name. */
function withoutOwnRules (resource: Resource): Resource {
  const { relatesTo } = resource as DocumentReference
  return relatesTo === undefined ? resource : { ...resource, relatesTo: relatesTo.map(each => each.code === 'replaces' ? { code: each.code } : each) } as Resource
}

function withoutBase ({ base }: Context, reference: string | undefined): string | undefined {
  return reference === undefined ? undefined : belowBase(reference, base)
}

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
