/**
 * The writing of choices (`consent.md` 3 and 5): the holder's; an administrator adds blocks and lifts their own; a
 * professional records an `acces-ponctuel` for themselves. Every write compiles the rules of the actors it concerns.
 */
import type { Consent, Reference } from '@medplum/fhirtypes'
import { isWithin } from '../../consent/choice.js'
import { choiceFaults } from '../../consent/choice-faults.js'
import type { ChoiceFacts } from '../../consent/family.js'
import { EVERYONE, choiceFactsOf, kindCodings } from '../../consent/provision.js'
import { compileRules, speaksToEveryone } from '../../consent/rules.js'
import type { RulesBody } from '../../consent/rules.js'
import { and, equals, isIn } from '../../filter/filter.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import { tokenKey } from '../../search/key.js'
import { CONSENT_KIND } from '../../terminology/canonical.js'
import type { Context } from '../context.js'
import { current } from '../directory.js'
import type { Sight } from '../sight.js'
import type { Change, Version, Write } from '../store.js'
import { next } from '../version.js'
import { broken, forbidden, parsed, unresolved } from './admission.js'
import type { Admission, Admitter } from './admission.js'

export const consent: Admitter = {
  create: async (context, sight, resource, id) => {
    const choice = { ...resource as Consent, id }
    const patient = patientOf(choice)
    await sight.enter([patient])
    checkWriter(sight, patient, choice, undefined)
    return await admit(context, sight, patient, choice)
  },

  update: async (context, sight, before, resource) => {
    const choice = resource as Consent
    const patient = before.patient ?? ''
    if (patientOf(choice) !== patient) throw broken('A choice stays in its record', 'Consent.patient')
    checkWriter(sight, patient, choice, before)
    checkContinuity(parsed<Consent>(before), choice)
    return await admit(context, sight, patient, choice, before)
  },

  remove: async (context, sight, before) => {
    const choice = parsed<Consent>(before)
    checkWriter(sight, before.patient ?? '', choice, before)
    const known = before.facts as ChoiceFacts
    const lifted = liftedAt(known, { ...choice, status: 'inactive' }, sight.caller.now)
    const facts: ChoiceFacts = { ...known, choice: known.choice === null || lifted === undefined ? null : { ...known.choice, lifted } }
    return { facts, rules: rulesOf(context, before.patient ?? '', known.filed) }
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
  if (stands?.stands === 'holder') {
    if (!stands.isOpen) throw forbidden()
    return
  }
  const kind = kindCodings(choice)[0]?.code
  if (stands?.stands !== 'professional') throw forbidden()
  const isTheirs = before === undefined || (before.facts as ChoiceFacts).authors.some(author => stands.inPerson.includes(author))
  const mayBlock = stands.isAdministrator && kind === 'blocage' && isTheirs
  const mayRecord = kind === 'acces-ponctuel' && stands.mode === 'normal' && before === undefined && caller.person !== undefined
  if (!mayBlock && !mayRecord) throw forbidden()
}

/** What would change who is shut out, and since when, is a new choice. */
function checkContinuity (before: Consent, after: Consent): void {
  const kind = (choice: Consent) => kindCodings(choice).map(({ code }) => code).join()
  if (kind(before) !== kind(after)) throw broken('A choice keeps its kind: record a new one', 'Consent.category')
  if (kind(before) !== 'blocage') return
  if (before.status !== 'active' && after.status === 'active') throw broken('A block that was lifted is not taken up again: record a new one', 'Consent.status')
  if (JSON.stringify(before.provision?.actor) !== JSON.stringify(after.provision?.actor)) {
    throw broken('A block keeps its actor: record a new one', 'Consent.provision.actor')
  }
}

async function admit (context: Context, sight: Sight, patient: string, choice: Consent, before?: Version): Promise<Admission> {
  const { caller } = sight
  const faults = choiceFaults(choice)
  if (faults.length > 0) throw new OutcomeError('business-rule', faults)
  const keys = await resolveActors(context, choice)
  await checkData(context, sight, choice)
  const known = before?.facts as ChoiceFacts | undefined
  const lifted = known === undefined ? undefined : liftedAt(known, choice, caller.now)
  const authors = known?.authors ?? [caller.person ?? `Patient/${patient}`]
  const facts = choiceFactsOf(choice, authors, {
    acknowledged: caller.now,
    ...lifted === undefined ? {} : { lifted },
    keysOf: reference => keys.get(reference) ?? []
  })
  checkRecorded(sight, patient, choice, facts)
  const companions = await endFormer(context, caller.now, patient, choice, facts)
  const filed = [...facts.filed, ...known?.filed ?? [], ...companions.flatMap(({ next }) => (next.facts as ChoiceFacts).filed)]
  return { patient, resource: choice, facts, claims: [], companions, rules: rulesOf(context, patient, filed) }
}

/** When a block stops being in force by this write: what was permitted before is then no ground any more. */
function liftedAt ({ choice }: ChoiceFacts, after: Consent, now: number): number | undefined {
  if (choice?.kind !== 'blocage') return undefined
  if (choice.lifted !== undefined) return choice.lifted
  if (!isWithin(now, choice.period)) return choice.period.end < now ? choice.period.end : undefined
  const end = after.provision?.period?.end
  const isOver = after.status !== 'active' || (end !== undefined && Date.parse(end) < now)
  return isOver ? now : undefined
}

async function resolveActors (context: Context, { provision }: Consent): Promise<ReadonlyMap<Reference, readonly string[]>> {
  const clauses = [provision, ...provision?.provision ?? []].filter(clause => clause !== undefined)
  const references = clauses.flatMap(({ actor = [], data = [] }) =>
    [...actor.map(({ reference }) => reference), ...data.filter(({ meaning }) => meaning === 'authoredby').map(({ reference }) => reference)])
  const resolved = await Promise.all(references.map(async reference => [reference, await context.directory.keysOf(reference)] as const))
  if (resolved.some(([, keys]) => keys.length === 0)) throw unresolved('Consent.provision.actor.reference')
  return new Map(resolved)
}

/** What a choice is about must be there for the one who writes it. */
async function checkData (context: Context, sight: Sight, { provision }: Consent): Promise<void> {
  const data = [provision, ...provision?.provision ?? []].flatMap(clause => clause?.data ?? []).filter(({ meaning }) => meaning !== 'authoredby')
  await Promise.all(data.map(async ({ reference: { reference } }) => {
    const [, id] = /^DocumentReference\/([A-Za-z0-9.-]{1,64})$/.exec(reference ?? '') ?? []
    const version = id === undefined ? undefined : await context.store.read('DocumentReference', id)
    if (version === undefined || version.isDeleted || !sight.decide(version).permit) throw unresolved('Consent.provision.data.reference')
  }))
}

/** A professional records an access for themselves only, with the patient's consent attested; an administrator blocks neither MT nor administrator. */
function checkRecorded ({ caller, situation }: Sight, patient: string, choice: Consent, facts: ChoiceFacts): void {
  const stands = situation(patient)
  if (stands?.stands !== 'professional' || kindCodings(choice)[0]?.code === 'blocage') return
  if (facts.actors.length !== 1 || facts.actors[0] !== caller.person) throw forbidden({ diagnostics: 'A professional records an access for themselves', expression: 'Consent.provision.actor' })
  if (choice.sourceAttachment === undefined && choice.sourceReference === undefined) {
    throw broken('The attestation of the patient\'s consent is needed', 'Consent.source', 'required')
  }
}

/** A new médecin traitant ends the former one, in the same transaction. */
async function endFormer (context: Context, now: number, patient: string, choice: Consent, facts: ChoiceFacts): Promise<readonly Change[]> {
  if (facts.choice?.kind !== 'medecin-traitant' || choice.status !== 'active') return []
  const former = await context.store.find({
    type: 'Consent',
    filter: and(equals('patient', patient), current, isIn('keys', [tokenKey('category', CONSENT_KIND, 'medecin-traitant')])),
    sort: [],
    limit: 100
  })
  return former.filter(version => version.id !== choice.id && (version.facts as ChoiceFacts).choice !== null).map(version => ({
    next: next(context, version, { ...parsed<Consent>(version), status: 'inactive' }, { ...version.facts as ChoiceFacts, choice: null }, now),
    replaces: version,
    claims: []
  }))
}

/** The rules of each actor concerned, and always those for everyone: so that all choices of one record are written in turn. */
function rulesOf (context: Context, patient: string, actors: readonly string[]): NonNullable<Write['rules']> {
  const stamp = context.newId()
  return async read => {
    const documents = []
    for (const actor of new Set([EVERYONE, ...actors])) {
      const before = await read.rules(patient, actor)
      const facts = (await read.consents(patient, actor)).map(version => version.facts as ChoiceFacts)
      const body = compileRules(actor, before === undefined ? undefined : JSON.parse(before.body) as RulesBody, facts)
      documents.push({ patient, actor, stamp, body: JSON.stringify(body), speaks: actor === EVERYONE && speaksToEveryone(body) })
    }
    return documents
  }
}

