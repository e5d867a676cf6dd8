/** What the holder may write: an answer in an open thread, to who is in it, or a message to a pharmacy (`domain.md` 6.2). */
import type { Communication, Organization, Reference } from '@medplum/fhirtypes'
import type { ParticipationFacts } from '../../consent/participation.js'
import { and, isIn } from '../../filter/filter.js'
import { identityKey } from '../../security/identity.js'
import type { Context } from '../context.js'
import { current } from '../directory.js'
import type { Sight } from '../sight.js'
import { forbidden, openParsed } from './admission.js'

/** TRE_R02: a dispensing pharmacy. */
const PHARMACY = { system: 'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite', code: 'SA33' }
/** A professional closes a thread by stopping a message of theirs. */
export const OPEN: readonly string[] = ['in-progress', 'completed']
const MOST_ANSWERS = 1000

/**
 * @param participants the keys of the message that the holder sends
 * @throws OutcomeError `forbidden` where it neither answers in an open thread nor goes to pharmacies only
 */
export async function checkThread (context: Context, sight: Sight, patient: string, message: Communication, participants: readonly string[]): Promise<void> {
  if (await isAnswer(context, sight, patient, message, participants)) return
  const recipients = message.recipient ?? []
  let isToPharmacies = recipients.length > 0
  for (const recipient of recipients) isToPharmacies &&= await isPharmacy(context, recipient as Reference)
  if (!isToPharmacies) throw forbidden({ diagnostics: 'The holder answers in an open thread, or writes to a pharmacy', expression: 'Communication.inResponseTo' })
}

/**
 * Every message that it answers, and those that they answered, are open, as far as the holder sees them, and nobody joins
 * who was in none of those that it answers. What is hidden from the holder closes nothing: a refusal would tell of it.
 */
async function isAnswer (context: Context, sight: Sight, patient: string, { inResponseTo = [] }: Communication, participants: readonly string[]): Promise<boolean> {
  let ids = inResponseTo.map(idOf)
  const known = new Set<string>([`Patient/${patient}`])
  const seen = new Set<string | undefined>()
  if (ids.length === 0) return false
  for (let level = 0; ids.length > 0; level++) {
    ids.forEach(id => seen.add(id))
    if (seen.size > MOST_ANSWERS) return false
    const versions = await Promise.all(ids.map(async id => id === undefined ? undefined : await context.store.read('Communication', id)))
    const above: (string | undefined)[] = []
    for (const version of versions) {
      if (version?.patient !== patient || !sight.decide(version).permit) {
        if (level === 0) return false
        continue
      }
      if (version.isDeleted) return false
      const answered = await openParsed<Communication>(context, version)
      const facts = version.facts as ParticipationFacts
      if (answered === undefined || !OPEN.includes(answered.status)) return false
      if (level === 0 && !facts.participants.includes(`Patient/${patient}`)) return false
      if (level === 0) facts.participants.forEach(key => known.add(key))
      above.push(...(answered.inResponseTo ?? []).map(idOf))
    }
    // Messages that answer one another in a circle are read once.
    ids = [...new Set(above)].filter(id => !seen.has(id))
  }
  return participants.every(key => known.has(key))
}

export function idOf ({ reference }: Reference): string | undefined {
  return /^Communication\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(reference ?? '')?.[1]
}

/** Whether the directory knows the recipient, and as a pharmacy: who is not known is none. */
async function isPharmacy (context: Context, { reference, identifier }: Reference): Promise<boolean> {
  const [, id] = /^Organization\/([A-Za-z0-9.-]{1,64})$/.exec(reference ?? '') ?? []
  const key = reference !== undefined || identifier === undefined ? undefined : identityKey(identifier)
  const found = id !== undefined
    ? [await context.store.read('Organization', id)]
    : key === undefined ? [] : await context.store.find({ type: 'Organization', filter: and(current, isIn('facts.names', [context.hash(key)])), sort: [], limit: 10 })
  const known = await Promise.all(found.map(async version => version === undefined || version.isDeleted ? undefined : await openParsed<Organization>(context, version)))
  return known.length > 0 && known.every(organization => (organization?.type ?? []).some(({ coding = [] }) => coding.some(({ system, code }) => system === PHARMACY.system && code === PHARMACY.code)))
}
