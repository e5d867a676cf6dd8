import type { DocumentReference, Reference } from '@medplum/fhirtypes'
import { isIn } from '../../filter/filter.js'
import { identifierKey } from '../../search/key.js'
import { insKey } from '../../security/identity.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken, unresolved } from './admission.js'

const LITERAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/
/** The directory resolves always; it need not be whole here. */
const DIRECTORY: readonly string[] = ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService', 'Device', 'Endpoint', 'Group']

/**
 * The patient of a deposit, by id, by INS, or by a conditional reference (`Patient?identifier=…`), while the account
 * is open: whoever else has no account, or none any more, is as absent as an unknown one.
 */
export async function resolvePatient (context: Context, sight: Sight, subject: Reference | undefined, expression: string): Promise<string> {
  if (subject === undefined) throw broken('A record resource belongs to one patient', expression, 'required')
  const id = await patientId(context, subject)
  if (id === undefined) throw unresolved(expression)
  const { principal, patient } = sight.caller
  // A token that names a patient (holder, application, emergency, secret session) reaches no other record.
  if (principal.ins !== undefined && id !== patient) throw unresolved(expression)
  await sight.enter([id])
  const account = sight.account(id)
  if (account !== 'open' && account !== 'active') throw unresolved(expression)
  return id
}

/** The patient whom a reference names by id, by INS, or by a conditional reference; undefined for nobody known. */
export async function patientId (context: Context, { reference, identifier }: Reference): Promise<string | undefined> {
  const local = withoutBase(context, reference)
  const literal = LITERAL.exec(local ?? '')
  if (literal !== null) return literal[1] === 'Patient' ? literal[2] : undefined
  const conditional = /^Patient\?identifier=([^&]+)$/.exec(local ?? '')?.[1]
  const [system, value] = conditional === undefined ? [identifier?.system, identifier?.value] : decoded(conditional).split('|')
  if (insKey({ system, value }) === undefined) return undefined
  const [found] = await context.store.find({
    type: 'Patient', filter: isIn('found', [identifierKey(system ?? '', value ?? '', context.hash)]), sort: [], limit: 1
  })
  return found?.id
}

/**
 * Every reference of a document but its subject: contained ones must be inside, those of the record readable by the
 * writer and of the same patient; others are refused as if their target were absent. `replaces` has its own rule.
 * @param before what an update found: its references stay
 */
export async function checkReferences (
  context: Context, sight: Sight, patient: string, document: DocumentReference, before?: DocumentReference
): Promise<void> {
  const { subject, relatesTo = [], ...rest } = document
  const contained = new Set((document.contained ?? []).map(({ id }) => `#${id ?? ''}`))
  const others = relatesTo.flatMap(({ code, target }, index) =>
    code === 'replaces' ? [] : [[target.reference, `DocumentReference.relatesTo[${index}].target`] as const])
  const old = new Set(before === undefined ? [] : referencesIn(before, '').map(([reference]) => reference))
  for (const [reference, expression] of [...referencesIn(rest, 'DocumentReference'), ...others]) {
    const local = withoutBase(context, reference)
    if (local === undefined || old.has(reference)) continue
    if (local.startsWith('#')) {
      if (local !== '#' && !contained.has(local)) throw unresolved(expression)
      continue
    }
    const [, type, id] = LITERAL.exec(local) ?? []
    if (type === undefined || id === undefined) {
      if (/^[A-Z][A-Za-z]+[/?]/.test(local)) throw unresolved(expression)
      continue
    }
    if (DIRECTORY.includes(type) || (type === 'Patient' && id === patient)) continue
    const target = context.registry.types.includes(type) ? await context.store.read(type, id) : undefined
    if (target === undefined || target.isDeleted || target.patient !== patient || !sight.decide(target).permit) throw unresolved(expression)
  }
}

function referencesIn (value: unknown, path: string): readonly (readonly [reference: string | undefined, path: string])[] {
  if (Array.isArray(value)) return value.flatMap((part, index) => referencesIn(part, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) =>
    name === 'reference' && typeof part === 'string' ? [[part, path] as const] : referencesIn(part, `${path}.${name}`))
}

function withoutBase ({ base }: Context, reference: string | undefined): string | undefined {
  return reference?.startsWith(`${base}/`) === true ? reference.slice(base.length + 1) : reference
}

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
