/**
 * The writing of choices (`consent.md` 3 and 5): the holder's; an administrator adds blocks and lifts their own; a
 * professional records an `acces-ponctuel` for themselves. Every write compiles the rules of the actors it concerns.
 */
import type { Consent, Reference } from '@medplum/fhirtypes'
import { isWithin } from '../../consent/choice.js'
import type { Choice } from '../../consent/choice.js'
import { choiceFaults } from '../../consent/choice-faults.js'
import { spanOf } from '../../consent/facts.js'
import type { Facts } from '../../consent/facts.js'
import type { ChoiceFacts } from '../../consent/family.js'
import { choiceFactsOf, kindCodings } from '../../consent/provision.js'
import type { Party, Reading } from '../../consent/provision.js'
import { BEYOND } from '../../consent/label.js'
import { RECORD_TYPES } from '../../consent/record-type.js'
import { depositLabelFaults, labelFaults, standingOf } from '../../consent/right.js'
import { unreadableParts } from '../../consent/unreadable.js'
import { and, equals, isIn } from '../../filter/filter.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import { tokenKey } from '../../search/key.js'
import { CONSENT_KIND } from '../../terminology/canonical.js'
import type { Context } from '../context.js'
import { current } from '../directory.js'
import type { Sight } from '../sight.js'
import type { Change, Version } from '../store.js'
import { next } from '../version.js'
import { withMarks } from './deposit-label.js'
import { partyOf } from './party.js'
import { patientId } from './reference.js'
import { choicesOf } from './rules.js'
import { broken, forbidden, parsed, unresolved } from './admission.js'
import type { Admission, Admitter } from './admission.js'

/** Kinds that no legal representative writes. */
const OF_HOLDER_ALONE: readonly string[] = ['suppression', 'delegation']
/** Kinds that a professional records, with the patient's consent attested. */
const RECORDED: readonly string[] = ['acces-ponctuel', 'equipe-soins']

export const consent: Admitter = {
  create: async (context, sight, resource, id) => {
    // Another's record and none at all are refused alike.
    const patient = await patientId(context, (resource as Consent).patient ?? {}) ?? 'nobody'
    await sight.enter([patient])
    const choice = withMarks<Consent>({ ...resource as Consent, id, patient: { reference: `Patient/${patient}` } }, sight.caller.principal.isSecret ? [BEYOND] : [])
    checkWriter(sight, patient, choice, undefined)
    const labels = depositLabelFaults(choice, sight.caller)
    if (labels.length > 0) throw forbidden(labels)
    return await admit(context, sight, patient, choice)
  },

  update: async (context, sight, before, resource) => {
    const choice = resource as Consent
    const patient = before.patient ?? ''
    if (patientOf(choice) !== patient) throw broken('A choice stays in its record', 'Consent.patient')
    checkWriter(sight, patient, choice, before)
    const situation = sight.situation(patient)
    const labels = situation === undefined ? [] : labelFaults(parsed<Consent>(before), choice, standingOf(sight.caller, situation, before.facts as ChoiceFacts))
    if (labels.length > 0) throw forbidden(labels)
    checkContinuity(parsed<Consent>(before), choice, (before.facts as ChoiceFacts).choice, sight.caller.now)
    return await admit(context, sight, patient, choice, before)
  },

  remove: async (context, sight, before) => {
    const choice = parsed<Consent>(before)
    checkWriter(sight, before.patient ?? '', choice, before)
    const known = before.facts as ChoiceFacts
    const lifted = liftedAt(known, { ...choice, status: 'inactive' }, sight.caller.now)
    const facts: ChoiceFacts = { ...known, choice: known.choice === null || lifted === undefined ? null : { ...known.choice, lifted } }
    return { facts, rules: choicesOf(context, before.patient ?? '', known.filed) }
  }
}

function patientOf ({ patient }: Consent): string {
  const [, id] = /^Patient\/([A-Za-z0-9.-]{1,64})$/.exec(patient?.reference ?? '') ?? []
  if (id === undefined) throw unresolved('Consent.patient')
  return id
}

/** Never another's record: the refusal is the same whether or not that record exists. */
function checkWriter ({ caller, situation }: Sight, patient: string, choice: Consent, before: Version | undefined): void {
  const stands = situation(patient)
  const kind = kindCodings(choice)[0]?.code
  if (stands?.stands === 'holder' || (stands?.stands === 'representative' && stands.isLegal)) {
    if (!stands.isOpen || (stands.stands === 'representative' && OF_HOLDER_ALONE.includes(kind ?? ''))) throw forbidden()
    return
  }
  if (stands?.stands !== 'professional') throw forbidden()
  const isTheirs = before === undefined || (before.facts as ChoiceFacts).authors.some(author => stands.inPerson.includes(author))
  const mayBlock = stands.isAdministrator && kind === 'blocage' && isTheirs
  const mayRecord = RECORDED.includes(kind ?? '') && stands.mode === 'normal' && before === undefined && caller.person !== undefined
  if (!mayBlock && !mayRecord) throw forbidden()
}

/** What would change who is shut out, and since when, is a new choice. */
function checkContinuity (before: Consent, after: Consent, known: Choice | null, now: number): void {
  const kind = (choice: Consent) => kindCodings(choice).map(({ code }) => code).join()
  if (kind(before) !== kind(after)) throw broken('A choice keeps its kind: record a new one', 'Consent.category')
  if (kind(before) !== 'blocage') return
  if (after.status === 'active' && (known === null || isOver(known, now))) throw broken('A block that was lifted is not taken up again: record a new one', 'Consent.status')
  if (JSON.stringify(before.provision?.actor) !== JSON.stringify(after.provision?.actor)) {
    throw broken('A block keeps its actor: record a new one', 'Consent.provision.actor')
  }
}

async function admit (context: Context, sight: Sight, patient: string, choice: Consent, before?: Version): Promise<Admission> {
  const { caller } = sight
  const faults = choiceFaults(choice)
  if (faults.length > 0) throw new OutcomeError('business-rule', faults)
  const parties = await resolveParties(context, sight, choice)
  const known = before?.facts as ChoiceFacts | undefined
  const lifted = known === undefined ? undefined : liftedAt(known, choice, caller.now)
  const authors = known?.authors ?? [caller.person ?? caller.relative ?? `Patient/${patient}`]
  const stands = sight.situation(patient)?.stands
  const reading: Reading = {
    acknowledged: caller.now,
    ...lifted === undefined ? {} : { lifted },
    partyOf: reference => parties.get(reference),
    isByRepresentative: stands === 'representative',
    ...stands === 'professional' ? { recordedUntil: caller.now + context.recordedTeam } : {},
    knows: context.knows
  }
  const unreadable = unreadableParts(choice, reading)
  const facts: ChoiceFacts = { ...choiceFactsOf(choice, authors, reading), ...unreadable.length === 0 ? {} : { unreadable } }
  // What is not understood says nothing, and its writer is warned; what is understood and says nothing is a mistake.
  if (choice.status === 'active' && facts.choice === null && unreadable.length === 0) throw broken('The choice names an actor or a period that its kind does not take', 'Consent.provision')
  await checkRecorded(context, sight, patient, choice, facts)
  const companions = await endFormer(context, caller.now, patient, choice, facts)
  const filed = [...facts.filed, ...known?.filed ?? [], ...companions.flatMap(({ next }) => (next.facts as ChoiceFacts).filed)]
  return { patient, resource: choice, facts, claims: [], companions, rules: choicesOf(context, patient, filed) }
}

/** When a block stops being in force by this write: what was permitted before is then no ground any more. */
function liftedAt ({ choice }: ChoiceFacts, after: Consent, now: number): number | undefined {
  if (choice?.kind !== 'blocage') return undefined
  if (isOver(choice, now)) return choice.lifted ?? choice.period.end
  const isInForce = after.status === 'active' && isWithin(now, spanOf(after.provision?.period ?? {}))
  return isWithin(now, choice.period) && !isInForce ? now : undefined
}

function isOver ({ lifted, period }: Choice, now: number): boolean {
  return lifted !== undefined || period.end < now
}

/** Whom and what a choice names: actors and data must be there for the one who writes it. */
async function resolveParties (context: Context, sight: Sight, choice: Consent): Promise<ReadonlyMap<Reference, Party>> {
  const { provision } = choice
  const clauses = [provision, ...provision?.provision ?? []].filter(clause => clause !== undefined)
  const named = clauses.flatMap(({ actor = [], data = [] }) => [
    ...actor.map(({ reference }) => ({ reference, meaning: 'actor' })),
    ...data
  ])
  const resolved = await Promise.all(named.map(async ({ reference, meaning }) => {
    const isWho = meaning === 'actor' || meaning === 'authoredby'
    const party = isWho ? await partyOf(context, choice, reference) ?? await aroundHolder(context, sight, choice, reference) : await recordOf(context, sight, reference)
    // A block names a professional or a structure: on a list may stand whom an administrator must not block.
    const isListBlocked = party?.type === 'list' && kindCodings(choice)[0]?.code === 'blocage'
    if (party === undefined || party.keys.length === 0 || isListBlocked) throw unresolved(`Consent.provision.${meaning === 'actor' ? 'actor' : 'data'}.reference`)
    return [reference, party] as const
  }))
  return new Map(resolved)
}

/** Somebody around the holder, or a team of the record: who is in it is asked when the choice is. */
async function aroundHolder (context: Context, sight: Sight, choice: Consent, { reference }: Reference): Promise<Party | undefined> {
  const [, type, id] = /^(RelatedPerson|CareTeam)\/([A-Za-z0-9.-]{1,64})$/.exec(reference ?? '') ?? []
  if (type === undefined || id === undefined) return undefined
  const version = await context.store.read(type, id)
  if (version === undefined || version.isDeleted || version.patient !== patientOf(choice) || !sight.decide(version).permit) return undefined
  return { type: type === 'CareTeam' ? 'team' : 'related', keys: [`${type}/${id}`] }
}

/** A resource of the record that the writer sees. */
async function recordOf (context: Context, sight: Sight, { reference }: Reference): Promise<Party | undefined> {
  const [, type = '', id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(reference ?? '') ?? []
  const isRecord = context.registry.types.includes(type) && RECORD_TYPES[type] !== undefined
  const version = id === undefined || !isRecord ? undefined : await context.store.read(type, id)
  if (version === undefined || version.isDeleted || !sight.decide(version).permit) return undefined
  return { type: 'record', keys: [reference ?? ''] }
}

/**
 * A professional records an access for themselves only, from now on, with the patient's consent attested; an
 * administrator blocks neither the médecin traitant nor an administrator.
 */
async function checkRecorded (context: Context, { caller, situation }: Sight, patient: string, choice: Consent, facts: ChoiceFacts): Promise<void> {
  if (situation(patient)?.stands !== 'professional') return
  if (facts.choice?.kind === 'blocage') {
    const trusted = await ofKinds(context, patient, ['medecin-traitant', 'administrateur'])
    if (trusted.some(version => (version.facts as ChoiceFacts).actors.some(actor => facts.actors.includes(actor)))) throw forbidden()
    return
  }
  const isTeam = kindCodings(choice)[0]?.code === 'equipe-soins'
  if (!isTeam && (facts.actors.length !== 1 || facts.actors[0] !== caller.person)) throw forbidden({ diagnostics: 'A professional records an access for themselves', expression: 'Consent.provision.actor' })
  if (isTeam) await checkPersons(context, choice)
  if (choice.sourceAttachment === undefined && choice.sourceReference === undefined) {
    throw broken('The attestation of the patient\'s consent is needed', 'Consent.source', 'required')
  }
  if (facts.choice !== null && facts.choice.period.start > caller.now) {
    throw broken('An access that a professional records starts when it is recorded', 'Consent.provision.period.start')
  }
}

/** A team that a professional records is of persons. */
async function checkPersons (context: Context, { provision }: Consent): Promise<void> {
  const [, id = ''] = /^CareTeam\/([A-Za-z0-9.-]{1,64})$/.exec(provision?.actor?.[0]?.reference?.reference ?? '') ?? []
  const team = (await context.store.read('CareTeam', id))?.facts as Facts | undefined
  if (team?.team?.members.every(({ isPerson }) => isPerson) !== true) throw broken('A team that a professional records is of persons', 'Consent.provision.actor')
}

/** The choices of some kinds that count. */
async function ofKinds (context: Context, patient: string, kinds: readonly string[]): Promise<readonly Version[]> {
  const found = await context.store.find({
    type: 'Consent',
    filter: and(equals('patient', patient), current, isIn('keys', kinds.map(kind => tokenKey('category', CONSENT_KIND, kind)))),
    sort: [],
    limit: 1000
  })
  return found.filter(version => (version.facts as ChoiceFacts).choice !== null)
}

/** A new médecin traitant ends the former one, in the same transaction. */
async function endFormer (context: Context, now: number, patient: string, choice: Consent, facts: ChoiceFacts): Promise<readonly Change[]> {
  if (facts.choice?.kind !== 'medecin-traitant' || choice.status !== 'active') return []
  const former = await ofKinds(context, patient, ['medecin-traitant'])
  return former.filter(version => version.id !== choice.id).map(version => ({
    next: next(context, version, { ...parsed<Consent>(version), status: 'inactive' }, { ...version.facts as ChoiceFacts, choice: null }, now),
    replaces: version,
    claims: []
  }))
}
