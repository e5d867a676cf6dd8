/**
 * Appointments (`consent.md` 2 *agenda* and 5): written by the professional or structure whose appointment it is, by the
 * holder, and by an application that the holder paired. Nobody joins an appointment by an update: who takes part sees it.
 */
import type { Appointment, Reference, Resource } from '@medplum/fhirtypes'
import { participationFacts } from '../../consent/participation.js'
import type { ParticipationFacts } from '../../consent/participation.js'
import { depositLabelFaults, labelFaults, standingOf } from '../../consent/right.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken, checkWithheldOnce, forbidden, parsed } from './admission.js'
import type { Admitter } from './admission.js'
import { checkKind } from './depositor.js'
import { withMarks } from './deposit-label.js'
import { callerKeys, containedIn, partyKeys } from './participant.js'
import { checkReferences, patientId, resolvePatient } from './reference.js'

const PLACE = 'Appointment.participant'

export const appointment: Admitter = {
  create: async (context, sight, resource, id) => {
    checkKind(context, sight)
    const given = resource as Appointment
    const patient = await holderOf(context, sight, given)
    const draft = withMarks<Appointment>(await withHolder(context, { ...given, id }), sight.caller.principal.isSecret ? ['INVISIBLE_REPRESENTANTS_LEGAUX'] : [])
    const faults = depositLabelFaults(draft, sight.caller)
    if (faults.length > 0) throw forbidden(faults)
    const participants = await participantsOf(context, draft)
    const authors = writerKeys(sight, patient, participants)
    await checkReferences(context, sight, patient, draft)
    return { patient, resource: draft, facts: participationFacts(draft, authors, participants, { began: sight.caller.now, opens: context.opensAfter(sight.caller.now), wasWithheld: false }), claims: [] }
  },

  update: async (context, sight, before, resource) => {
    const patient = before.patient ?? ''
    const known = before.facts as ParticipationFacts
    const [old, fresh] = [parsed<Appointment>(before), resource as Appointment]
    writerKeys(sight, patient, known.participants)
    // By its words alone: whether there is another patient, or an INS, is not said here.
    const holders = fresh.participant.flatMap(({ actor }) => actor ?? []).filter(actor => isPatient(actor as Reference))
    if (holders.length !== 1 || holders[0]?.reference !== `Patient/${patient}`) throw broken('An appointment keeps its patient', PLACE)
    if (known.enteredInError && fresh.status !== 'entered-in-error') throw broken('What was entered in error stays so', 'Appointment.status')
    const situation = sight.situation(patient)
    const labels = situation === undefined ? [] : labelFaults(old, fresh, standingOf(sight.caller, situation, known))
    if (labels.length > 0) throw forbidden(labels)
    await checkReferences(context, sight, patient, fresh, old)
    const participants = await participantsOf(context, fresh)
    if (participants.some(key => !known.participants.includes(key))) throw broken('Whoever joins an appointment would come to see it: record a new one', PLACE)
    const facts = participationFacts(fresh, known.authors, participants, known)
    checkWithheldOnce(known, facts, 'Appointment.meta.security')
    return { patient, resource: fresh, facts, claims: [] }
  },

  remove: async (_context, sight, before) => {
    const { authors } = before.facts as ParticipationFacts
    if (!writerKeys(sight, before.patient ?? '', authors).some(key => authors.includes(key))) throw forbidden({ diagnostics: 'An appointment is deleted by who wrote it', expression: PLACE })
    return { facts: before.facts }
  }
}

/** The one patient among the participants. */
async function holderOf (context: Context, sight: Sight, { participant }: Appointment): Promise<string> {
  const actors = participant.flatMap(({ actor }) => actor ?? [])
  const patients = actors.filter(actor => isPatient(actor as Reference))
  if (patients.length !== 1) throw broken('An appointment has one patient', PLACE, 'required')
  return await resolvePatient(context, sight, patients[0] as Reference, `${PLACE}.actor`)
}

function isPatient ({ reference, type, identifier }: Reference): boolean {
  if (reference !== undefined) return /^Patient[/?]/.test(reference)
  return type === 'Patient' || /^urn:oid:1\.2\.250\.1\.213\.1\.4\.(?:8|9|10|11)$/.test(identifier?.system ?? '')
}

/** An appointment with its patient by id. */
async function withHolder (context: Context, draft: Appointment): Promise<Appointment> {
  const participant = await Promise.all(draft.participant.map(async each => {
    const id = each.actor === undefined || !isPatient(each.actor as Reference) ? undefined : await patientId(context, each.actor as Reference)
    return id === undefined ? each : { ...each, actor: { reference: `Patient/${id}`, ...each.actor?.display === undefined ? {} : { display: each.actor.display } } }
  }))
  return { ...draft, participant } as Appointment
}

async function participantsOf (context: Context, draft: Appointment): Promise<readonly string[]> {
  const contained = containedIn(draft as Resource)
  const actors = draft.participant.flatMap(({ actor }) => actor ?? []) as readonly Reference[]
  return [...new Set((await Promise.all(actors.map(async actor => await partyKeys(context, actor, contained, true)))).flat())]
}

/**
 * The keys under which the caller writes: those by which they take part, the holder's, or a paired application's.
 * @throws OutcomeError `forbidden` for everybody else
 */
function writerKeys (sight: Sight, patient: string, participants: readonly string[]): readonly string[] {
  const situation = sight.situation(patient)
  if (situation?.stands === 'holder') return [`Patient/${patient}`]
  if (situation?.stands === 'application' && situation.statements.length > 0) return situation.keys
  const keys = situation === undefined || situation.stands === 'shut' ? [] : callerKeys(sight).filter(key => participants.includes(key))
  if (keys.length === 0) throw forbidden({ diagnostics: 'An appointment is written by who takes part in it', expression: PLACE })
  return keys
}
