import type { Resource } from '@medplum/fhirtypes'
import { toTrace } from '../audit/trace.js'
import { familyOf } from '../consent/family.js'
import type { Family } from '../consent/family.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { allows } from '../security/scope.js'
import type { Admitter } from './admit/admission.js'
import { appointment } from './admit/appointment.js'
import { binary } from './admit/binary.js'
import { consent } from './admit/consent.js'
import { directory } from './admit/directory.js'
import { document } from './admit/document.js'
import { message } from './admit/message.js'
import { openAgenda } from './admit/open-agenda.js'
import { patient } from './admit/patient.js'
import { record } from './admit/record.js'
import { checkReferenceCount } from './admit/reference.js'
import { relatedPerson } from './admit/related-person.js'
import { subscription } from './admit/subscription.js'
import { trace } from './admit/trace.js'
import { depositedAt } from './admit/source.js'
import { belowBase } from '../search/literal.js'
import { versionHeaders } from './answer.js'
import type { Answer, Body } from './answer.js'
import { resolveReferences } from './conditional-reference.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { access } from './read.js'
import { receiptOf, recalled } from './receipt.js'
import type { Keyed } from './receipt.js'
import { checkMigrated, isMigrating } from './migration.js'
import { newFaults } from './faults.js'
import type { Sight } from './sight.js'
import type { Kept, Version, Write } from './store.js'
import { first } from './version.js'
import { warningsOf } from './warning.js'

/** `Prefer: return=` (R4 http.html#ops). */
export type Preference = 'representation' | 'minimal' | 'OperationOutcome'
export interface Create extends Asking {
  readonly type: string
  readonly resource: unknown
  readonly prefer: Preference
  /** The server's id for it, where that was decided before. */
  readonly id?: string
  /** Its Idempotency-Key. */
  readonly keyed?: Keyed | undefined
}

const ADMITTERS: Partial<Record<Family, Admitter>> = {
  record, choice: consent, directory, message, agenda: appointment, 'open-agenda': openAgenda, subscription, trace
}
/** Types with rules of their own within their family. */
const OF_TYPE: Readonly<Record<string, Admitter>> = { Binary: binary, DocumentReference: document, Patient: patient, RelatedPerson: relatedPerson }

/** Who judges the writes of a type. @throws OutcomeError `method` for a family that nobody writes */
export function admitterOf (type: string): Admitter {
  const admitter = OF_TYPE[type] ?? ADMITTERS[familyOf(type)]
  if (admitter === undefined) throw new OutcomeError('method')
  return admitter
}

/**
 * R4 http.html#create. One transaction: resource, index values, compiled rules, trace, receipt. The id is the server's.
 * A request that was done under its key is answered as it was, and not done again.
 */
export async function create (context: Context, asking: Create): Promise<Answer> {
  const { sight, type, prefer } = asking
  needScope(asking, type, 'c')
  checkMigrated(sight, type)
  const known = await recalled(context, sight, asking.keyed, version => shown(sight, version, prefer))
  if (known !== undefined) return known
  const resource = checked(context, type, asking.resource)
  await resolveReferences(context, asking, resource)
  const id = asking.id ?? context.newId()
  const admission = await admitterOf(type).create(context, sight, resource, id)
  const staged = await Promise.all((admission.contents ?? []).map(async content => await context.contents.put(admission.patient ?? '', content.id, content.bytes)))
  const version = first(context, admission, id, depositedAt(sight, admission.resource))
  const answer: Answer = {
    status: 201,
    headers: { ...versionHeaders(version), location: `${context.base}/${type}/${id}/_history/${version.version}` },
    body: shown(sight, version, prefer),
    version,
    warnings: warningsOf(version),
    sight,
    accesses: []
  }
  await context.store.commit({
    changes: [...admission.companions ?? [], ...admission.isTrace === true ? [] : [{ next: version, claims: admission.claims }]],
    ...admission.reindexed === undefined ? {} : { reindexed: admission.reindexed },
    ...admission.keys === undefined ? {} : { keys: [admission.keys] },
    ...admission.rules === undefined ? {} : { rules: admission.rules },
    contents: staged,
    ...admission.turns === undefined ? turnOf(sight, admission.patient, type) : { turns: admission.turns },
    ...receiptOf(asking.keyed, answer, sight.caller.now),
    traces: [admission.isTrace === true ? version : toTrace(written(sight, type, 'create', version), sight.caller, context)]
  })
  return answer
}

/**
 * Writes of documents and choices of one record come one after the other: chains and choices are read before they are
 * written. A Binary that waits joins nothing: its claim takes a turn. On a trace nothing hangs.
 */
export function turnOf (sight: Sight, patient: string | null, type: string): Pick<Write, 'turns'> {
  return patient === null || ['Patient', 'Binary', 'AuditEvent'].includes(type) ? {} : { turns: [sight.turn(patient)] }
}

/** The resource of a body, when it is one of this type and has no fault. @param before the version in whose place it comes */
export function checked (context: Context, type: string, body: unknown, before?: Version): Resource {
  const resource = body as Resource
  if (typeof body !== 'object' || body === null || resource.resourceType !== type) {
    throw new OutcomeError('invalid-request', { diagnostics: `The body must be a ${type}`, expression: 'resourceType' })
  }
  const faults = before === undefined ? context.validate(body) : newFaults(context, body, before)
  if (faults.length > 0) throw new OutcomeError('invalid-resource', faults)
  checkReferenceCount(resource)
  return localised(resource, context.base)
}

/** A reference under our own base is a local one, however it is spelled: one spelling is kept. */
function localised<T> (value: T, base: string): T {
  if (Array.isArray(value)) {
    for (const part of value) localised(part, base)
  } else if (typeof value === 'object' && value !== null) {
    const holder = value as Record<string, unknown>
    for (const [name, part] of Object.entries(holder)) {
      if (name === 'reference' && typeof part === 'string') holder[name] = belowBase(part, base)
      else localised(part, base)
    }
  }
  return value
}

/** The trace of a write: that it was allowed is said by its outcome, what allowed it by section 5, not by a choice. */
export function written (sight: Sight, type: string, interaction: 'create' | 'update' | 'patch' | 'delete', version: Kept) {
  const decision = { permit: true, rule: sight.decide(version).rule, choices: [] }
  return { ...access(sight, type, interaction, version, '0'), decision }
}

/** A write's answer shows the writer no more than a read would. */
export function shown (sight: Sight, version: Kept, prefer: Preference): Body {
  if (prefer === 'minimal' || (prefer === 'representation' && isMigrating(sight))) return { kind: 'nothing' }
  if (prefer === 'OperationOutcome') return { kind: 'success', fault: { diagnostics: 'Written' }, warnings: warningsOf(version) }
  const mayRead = allows(sight.caller.principal.scopes, version.type, 'r') && sight.decide(version).permit
  return mayRead ? { kind: 'resource', version } : { kind: 'nothing' }
}
