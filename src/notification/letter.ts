/**
 * From a trace to what is told of it: a Communication to the holder and, of an emergency, one to the médecin traitant.
 * It names who acted, when, and the trace; the gate shows it under the rule of traces, so it may be written at once
 * whatever it is about: while that is hidden from its reader, it is not there.
 */
import { createHash } from 'node:crypto'
import type { AuditEvent, Communication, Consent, Reference, Resource } from '@medplum/fhirtypes'
import { PURPOSE } from '../consent/situation.js'
import type { ChoiceFacts, TraceFacts } from '../consent/family.js'
import { participationFacts } from '../consent/participation.js'
import type { Told } from '../consent/participation.js'
import { isInForce } from '../consent/statement.js'
import { and, equals } from '../filter/filter.js'
import type { Context } from '../interaction/context.js'
import { current } from '../interaction/directory.js'
import type { Version } from '../interaction/store.js'
import { first } from '../interaction/version.js'
import { NOTIFICATION_KIND } from '../terminology/canonical.js'
import { CATEGORY } from './kind.js'
import type { Kind } from './kind.js'
import { sentence, userOf } from './words.js'

/** What composing stands on. */
export type LetterContext = Context

interface Recipient { readonly reference: Reference, readonly keys: readonly string[], readonly whose: string }

/** A notification, ready to be written, and of what kind. */
export interface Letter { readonly kind: Kind, readonly version: Version, readonly isToHolder: boolean, /** Of a secret session: told in the record alone, an address may be a parent's. */ readonly isSecret: boolean }

/** The most designations of one record that are looked at. */
const MOST_TREATING = 20
const EMERGENCIES: readonly string[] = [PURPOSE.bris_de_glace, PURPOSE.centre_15]

/** @returns the notifications of one access to a record by somebody who is not its holder; none where it is not told */
export async function lettersOf (context: LetterContext, trace: Version): Promise<readonly Letter[]> {
  const patient = trace.patient
  if (patient === null) return []
  const event = JSON.parse(trace.text) as AuditEvent
  const facts = trace.facts as TraceFacts
  const kind = kindOf(event, facts)
  const isTheirOwn = userOf(event)?.who?.reference === `Patient/${patient}`
  if (kind === undefined || isTheirOwn) return []
  const holder = { reference: { reference: `Patient/${patient}` }, keys: [`Patient/${patient}`], whose: 'votre dossier' }
  // Of the record family alone: of other accesses a médecin traitant sees no trace.
  const others = kind === 'emergency' && facts.family === 'record' ? await treatingOf(context, patient, trace.at, facts.agents) : []
  return [holder, ...others].map(recipient => ({ kind, isToHolder: recipient === holder, isSecret: facts.isSecret, version: letter(context, { trace, event, kind, patient, recipient }) }))
}

/** undefined for what is itself about a notification. */
function kindOf (event: AuditEvent, { family, by, about }: TraceFacts): Exclude<Kind, 'announcement'> | undefined {
  const interaction = event.subtype?.[0]?.code ?? ''
  if (family === 'message' && about.length === 0 && ['read', 'vread', 'history-instance'].includes(interaction)) return undefined
  const purposes = (userOf(event)?.purposeOfUse ?? []).flatMap(({ coding = [] }) => coding.map(({ code = '' }) => code))
  if (purposes.some(code => EMERGENCIES.includes(code))) return 'emergency'
  const isWrite = event.action === 'C' || event.action === 'U' || event.action === 'D'
  if (isWrite && family === 'choice' && by === 'professional') return 'choice'
  return !isWrite ? 'access' : event.action === 'C' ? 'deposit' : 'change'
}

/** Whom the holder designated, but for who acted. */
async function treatingOf (context: LetterContext, patient: string, at: number, agents: readonly string[]): Promise<readonly Recipient[]> {
  const filter = and(equals('patient', patient), current, equals('facts.choice.kind', 'medecin-traitant'))
  const designations = await context.store.find({ type: 'Consent', filter, sort: [], limit: MOST_TREATING })
  return designations.flatMap(({ facts, text }) => {
    const { choice } = facts as ChoiceFacts
    if (choice === null || !isInForce(choice, at)) return []
    const keys = (choice.base.actors ?? []).filter(key => !agents.includes(key))
    const reference = namedIn(JSON.parse(text) as Consent)
    return keys.length === 0 || reference === undefined ? [] : [{ reference, keys, whose: 'le dossier de votre patient' }]
  })
}

function namedIn ({ provision, contained = [] }: Consent): Reference | undefined {
  const reference = provision?.actor?.[0]?.reference
  if (reference?.reference?.startsWith('#') !== true) return reference as Reference | undefined
  const inside = (contained as readonly (Resource & { identifier?: Reference['identifier'][] })[]).find(({ id }) => reference.reference === `#${id ?? ''}`)
  const identifier = inside?.identifier?.[0]
  return identifier === undefined ? undefined : { type: 'Practitioner', identifier }
}

interface Written { readonly trace: Version, readonly event: AuditEvent, readonly kind: Exclude<Kind, 'announcement'>, readonly patient: string, readonly recipient: Recipient }

function letter (context: LetterContext, { trace, event, kind, patient, recipient }: Written): Version {
  const { about, disclosed, isNamed, rests } = trace.facts as TraceFacts
  return composed(context, {
    id: idOf(`${trace.id}|${recipient.keys.join()}`),
    patient,
    kind,
    recipient,
    text: sentence(event, kind, recipient.whose),
    at: trace.at,
    about: [{ reference: `AuditEvent/${trace.id}` }],
    // What was refused but for what it disclosed is not told to whom all of that is hidden, as no refusal is.
    told: rests === undefined ? { about, disclosed, isNamed } : { about, disclosed: rests.on, isNamed: false }
  })
}

export interface Said {
  readonly id: string
  readonly patient: string
  readonly kind: Kind
  readonly recipient: Pick<Recipient, 'reference' | 'keys'>
  readonly text: string
  /** When what it tells of was, ms. */
  readonly at: number
  readonly about?: Communication['about']
  readonly told?: Told
  /** A key by which it is found. */
  readonly found?: readonly string[]
}

/** A notification as a version of a Communication of its record. */
export function composed (context: LetterContext, { id, patient, kind, recipient, text, at, about, told, found = [] }: Said): Version {
  const resource: Communication = {
    resourceType: 'Communication',
    id,
    status: 'completed',
    category: [{ coding: [CATEGORY] }, { coding: [{ system: NOTIFICATION_KIND, code: kind }] }],
    subject: { reference: `Patient/${patient}` },
    ...about === undefined ? {} : { about },
    sent: new Date(at).toISOString(),
    recipient: [recipient.reference as NonNullable<Communication['recipient']>[number]],
    payload: [{ contentString: text }]
  }
  const now = context.clock()
  const facts = { ...participationFacts(resource, [], recipient.keys, { began: now, opens: context.opensAfter(now), wasWithheld: false }), ...told === undefined ? {} : { told } }
  return first(context, { patient, resource, facts, claims: [], found }, id, now)
}

/** The same cause has the same notification, however often it is told: an id that is made of it. */
export function idOf (cause: string): string {
  const digest = createHash('sha256').update(`notification|${cause}`).digest('hex')
  return [digest.slice(0, 8), digest.slice(8, 12), digest.slice(12, 16), digest.slice(16, 20), digest.slice(20, 32)].join('-')
}
