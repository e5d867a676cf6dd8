/**
 * Messages (`consent.md` 2 and 5 *Communication*). The sender is who writes it, in person or as their structure.
 * Professionals and structures write to any mailbox and to the holder, while the holder does not block them; the holder
 * answers in a thread that is open, or writes to a pharmacy; the operator answers what they are asked (`operator.ts`).
 * What was sent stays as it was.
 */
import type { Communication, Reference, Resource } from '@medplum/fhirtypes'
import { OPERATOR } from '../../consent/caller.js'
import { participationFacts } from '../../consent/participation.js'
import type { ParticipationFacts } from '../../consent/participation.js'
import { RECORD_TYPES } from '../../consent/record-type.js'
import { depositLabelFaults, labelFaults, standingOf } from '../../consent/right.js'
import { isSame } from '../../json/same.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken, checkWithheldOnce, forbidden, parsed } from './admission.js'
import type { Admitter } from './admission.js'
import { checkKind } from './depositor.js'
import { withMarks } from './deposit-label.js'
import { checkAnswer, checkNotToOperator, isOperator } from './operator.js'
import { callerKeys, containedIn, partyKeys } from './participant.js'
import { checkReferences, resolvePatient } from './reference.js'
import { checkThread } from './thread.js'

/** What may change of a message that was sent: how far it got, and that it was a mistake. */
const CHANGES: readonly string[] = ['status', 'statusReason', 'meta']

export const message: Admitter = {
  create: async (context, sight, resource, id) => {
    const { kind } = sight.caller.principal
    // The operator answers, and begins nothing: known, too, before any patient is looked up.
    if (kind !== 'operator' || (resource as Communication).inResponseTo === undefined) checkKind(context, sight)
    if (kind === 'application') throw forbidden()
    const patient = await resolvePatient(context, sight, (resource as Communication).subject, 'Communication.subject')
    const { subject } = resource as Communication
    const draft = withMarks<Communication>(
      { ...resource as Communication, id, subject: { ...subject?.display === undefined ? {} : { display: subject.display }, reference: `Patient/${patient}` } },
      sight.caller.principal.isSecret ? ['INVISIBLE_REPRESENTANTS_LEGAUX'] : [])
    const faults = depositLabelFaults(draft, sight.caller)
    if (faults.length > 0) throw forbidden(faults)
    await checkReferences(context, sight, patient, draft)
    checkAttachments(draft)
    const sender = await senderKeys(context, sight, patient, draft)
    const participants = await participantsOf(context, patient, draft, sender)
    if (kind === 'operator') await checkAnswer(context, sight, patient, draft, participants)
    else await checkSending(context, sight, patient, draft, participants)
    return { patient, resource: draft, facts: participationFacts(draft, sender, participants, { began: sight.caller.now, opens: context.opensAfter(sight.caller.now), wasWithheld: false }), claims: [] }
  },

  update: async (context, sight, before, resource) => {
    const patient = before.patient ?? ''
    const known = before.facts as ParticipationFacts
    const old = parsed<Communication>(before)
    const fresh = resource as Communication
    checkSender(sight, patient, known)
    const fixed = Object.keys({ ...old, ...fresh }).filter(name => !isSame(memberOf(old, name), memberOf(fresh, name)) &&
      (known.isDraft ? ['subject', 'sender'].includes(name) : !CHANGES.includes(name)))
    if (fixed.length > 0) throw broken('This element does not change any more', `Communication.${fixed[0] ?? ''}`)
    if (!known.isDraft && fresh.status === 'preparation') throw broken('What was sent is no draft any more', 'Communication.status')
    if (known.enteredInError && fresh.status !== 'entered-in-error') throw broken('What was entered in error stays so', 'Communication.status')
    const situation = sight.situation(patient)
    const labels = situation === undefined ? [] : labelFaults(old, fresh, standingOf(sight.caller, situation, known))
    if (labels.length > 0) throw forbidden(labels)
    await checkReferences(context, sight, patient, fresh, old)
    checkAttachments(fresh)
    const participants = await participantsOf(context, patient, fresh, known.authors)
    const facts = participationFacts(fresh, known.authors, known.isDraft ? participants : known.participants, known)
    checkWithheldOnce(known, facts, 'Communication.meta.security')
    if (known.isDraft) await checkSending(context, sight, patient, fresh, participants)
    return { patient, resource: fresh, facts, claims: [] }
  },

  remove: async (_context, sight, before) => {
    checkSender(sight, before.patient ?? '', before.facts as ParticipationFacts)
    return { facts: before.facts }
  }
}

const memberOf = (resource: Resource, name: string): unknown => (resource as unknown as Readonly<Record<string, unknown>>)[name]

/**
 * What is in a message is seen by whoever sees the message: a document is deposited, and referred to. So it holds no
 * content anywhere, and contains nobody but those whom it names.
 */
function checkAttachments (message: Communication): void {
  const place = contentIn(message, 'Communication')
  if (place !== undefined) throw broken('A document is deposited, and the message refers to it', place)
  const index = (message.contained ?? []).findIndex(({ resourceType }) => RECORD_TYPES[resourceType] !== undefined || !NAMED.test(resourceType))
  if (index >= 0) throw broken('A message contains nobody but those whom it names', `Communication.contained[${index}]`)
}

const NAMED = /^(?:Patient|RelatedPerson|Practitioner|PractitionerRole|Organization|HealthcareService|Location|Device|Endpoint|Group)$/
/** The elements of R4 that hold a content, or where one is. */
const CONTENT = /^(?:\w+Attachment|attachment|photo|\w+Base64Binary)$/

function contentIn (value: unknown, place: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, part] of Object.entries(value)) {
    const where = Array.isArray(value) ? `${place}[${name}]` : `${place}.${name}`
    const found = !Array.isArray(value) && CONTENT.test(name) ? where : contentIn(part, where)
    if (found !== undefined) return found
  }
  return undefined
}

function keysOfCaller (sight: Sight, patient: string): readonly string[] {
  if (sight.caller.principal.kind === 'operator') return [OPERATOR]
  return sight.situation(patient)?.stands === 'holder' ? [`Patient/${patient}`] : callerKeys(sight)
}

/** The keys of the sender, who is the caller, in person or as structure. */
async function senderKeys (context: Context, sight: Sight, patient: string, { sender, ...resource }: Communication): Promise<readonly string[]> {
  if (sender === undefined) throw broken('A message names its sender', 'Communication.sender', 'required')
  const { caller } = sight
  if (caller.principal.kind === 'operator' && isOperator(sender as Reference)) return [OPERATOR]
  const keys = sender.reference === `Patient/${patient}` ? [sender.reference] : await partyKeys(context, sender as Reference, containedIn(resource as Resource), false)
  const isThem = (mine: readonly string[]) => keys.length > 0 && keys.every(key => mine.includes(key))
  if (sight.situation(patient)?.stands === 'holder' && isThem([`Patient/${patient}`])) return keys
  if (caller.person !== undefined && keys.includes(caller.person) && isThem([caller.person, ...caller.own])) return [caller.person]
  if (isThem(caller.own)) return caller.own
  throw forbidden({ diagnostics: 'The sender is who writes the message', expression: 'Communication.sender' })
}

async function participantsOf (context: Context, patient: string, resource: Communication, sender: readonly string[]): Promise<readonly string[]> {
  const contained = containedIn(resource)
  const recipients = await Promise.all((resource.recipient ?? []).map(async recipient => recipient.reference === `Patient/${patient}` || recipient.reference?.startsWith('RelatedPerson/') === true
    ? [recipient.reference]
    : await partyKeys(context, recipient as Reference, contained, false)))
  return [...new Set([...sender, ...recipients.flat()])]
}

/** A draft is nobody's but its sender's; what is sent is a new message. */
async function checkSending (context: Context, sight: Sight, patient: string, draft: Communication, participants: readonly string[]): Promise<void> {
  checkNotToOperator(draft)
  if (draft.status === 'preparation') return
  const situation = sight.situation(patient)
  if (situation?.stands === 'shut') throw forbidden()
  if (situation?.stands === 'holder') await checkThread(context, sight, patient, draft, participants)
}

function checkSender (sight: Sight, patient: string, { authors }: ParticipationFacts): void {
  const keys = keysOfCaller(sight, patient)
  if (!authors.some(author => keys.includes(author))) throw forbidden()
}
