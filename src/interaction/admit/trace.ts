/**
 * Traces that the software of a structure feeds (`consent.md` 5 *traces*, IHE ITI-20): what was done in its own systems with
 * what it deposited. Only that of a structure which the operator registered, and only its own: it observed it, and who
 * asked is it or somebody there. It is read under the rule of every trace, so all that it tells of stands there by a
 * reference that is judged, and no words do. Such an event is its own trace.
 */
import type { AuditEvent, AuditEventAgent, AuditEventEntity } from '@medplum/fhirtypes'
import { inPersonKeys } from '../../consent/caller.js'
import { familyOf, isOwned, isShared } from '../../consent/family.js'
import type { TraceFacts } from '../../consent/family.js'
import { BEYOND, marksOf } from '../../consent/label.js'
import { intervalOf } from '../../filter/interval.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import { ID_NAT_ST, identityKey, insKey } from '../../security/identity.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { isMigrating } from '../migration.js'
import { broken, forbidden } from './admission.js'
import type { Admitter } from './admission.js'
import { LITERAL, checkReferences, resolvePatient } from './reference.js'

/** BALP's entity that carries an X-Request-Id: it names no resource. */
const REQUEST = { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' }
/** Places of what could say anything, of anything. */
const WORDS = /\.(?:text|contained|extension|modifierExtension|outcomeDesc|_\w+)$|\.entity\[\d+\]\.(?:name|description|detail|what\.display)$/
const WRITES_NOTHING: () => never = () => { throw new OutcomeError('method') }

export const trace: Admitter = {
  create: async (context, sight, resource, id) => {
    const event = resource as AuditEvent
    const { principal } = sight.caller
    if (principal.kind !== 'structure' || isMigrating(sight) || principal.structure === undefined || !context.traceSources.has(principal.structure)) throw forbidden()
    const words = wordsIn(event, 'AuditEvent')
    if (words !== undefined) throw broken('What is said in words cannot be judged: an event that is fed has none', words)
    if (intervalOf(event.recorded) === undefined) throw broken('No clock shows this instant', 'AuditEvent.recorded', 'value')
    if (marksOf(event).some(mark => mark !== BEYOND)) throw broken('The rule of traces knows no label but that of a secret session', 'AuditEvent.meta.security')
    checkObserver(context, sight, event)
    const agent = event.agent.map((each, index) => agentOf(context, sight, each, `AuditEvent.agent[${index}]`))
    const [patient, entity] = await entitiesOf(context, sight, event)
    const draft: AuditEvent = { ...event, id, agent, entity: [...entity] }
    await checkReferences(context, sight, patient, draft)
    return { patient, resource: draft, facts: factsOf(context, sight, draft, patient), claims: [], isTrace: true }
  },
  update: WRITES_NOTHING,
  remove: WRITES_NOTHING
}

/** The first place where something is said in words; undefined where there is none. */
function wordsIn (value: unknown, place: string): string | undefined {
  if (WORDS.test(place)) return place
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, part] of Object.entries(value)) {
    const found = wordsIn(part, Array.isArray(value) ? `${place}[${name}]` : `${place}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

/** Its own events: those that it observed. */
function checkObserver ({ hash }: Context, { caller }: Sight, { source }: AuditEvent): void {
  const key = identityKey(source.observer.identifier ?? {})
  if (key === undefined || !caller.own.includes(hash(key))) throw broken('A structure feeds the events that it observed itself', 'AuditEvent.source.observer')
}

/** Who asked is a person or the structure itself, by an identifier, and is shown as such; nobody else's structure is named. */
function agentOf ({ hash }: Context, { caller }: Sight, agent: AuditEventAgent, place: string): AuditEventAgent {
  const key = identityKey(agent.who?.identifier ?? {})
  const isOther = key?.startsWith('structure:') === true && !caller.own.includes(hash(key))
  const isSomebody = key?.startsWith('person:') === true || (key?.startsWith('structure:') === true && !isOther)
  // A reference beside the identifier could say that it was the holder.
  if (isOther || (agent.requestor && (!isSomebody || agent.who?.reference !== undefined))) throw broken('Who asked is named by an identifier, and is of the structure that feeds it', `${place}.who`)
  const [, own = ''] = /^structure:(.*)$/.exec(caller.principal.structure ?? '') ?? []
  const there = agent.altId === undefined ? undefined : identityKey({ system: ID_NAT_ST, value: agent.altId })
  if (there !== undefined && !caller.own.includes(hash(there))) throw broken('Who asked is of the structure that feeds it', `${place}.altId`)
  if (!agent.requestor || key === undefined) return agent
  const isPerson = key.startsWith('person:')
  return { ...agent, who: { ...agent.who, type: isPerson ? 'Practitioner' : 'Organization' }, ...isPerson ? { altId: own } : {} }
}

/** The one patient, by their id alone, and all else by references. */
async function entitiesOf (context: Context, sight: Sight, { entity = [] }: AuditEvent): Promise<readonly [patient: string, entities: readonly AuditEventEntity[]]> {
  const index = entity.findIndex(({ what }) => /^Patient[/?]/.test(what?.reference ?? '') || insKey(what?.identifier ?? {}) !== undefined)
  const place = `AuditEvent.entity[${index}].what`
  if (index < 0) throw broken('An event that is fed is about one patient, by id or INS', 'AuditEvent.entity', 'required')
  const unnamed = entity.findIndex((each, position) => position !== index && !isJudged(each))
  if (unnamed >= 0) throw broken('What an event that is fed tells of is named by a reference to it here, and by nothing else', `AuditEvent.entity[${unnamed}].what`)
  const patient = await resolvePatient(context, sight, entity[index]?.what, place)
  return [patient, entity.map((each, position) => position === index ? { ...each, what: { reference: `Patient/${patient}`, type: 'Patient' } } : each)]
}

/** What is named by a reference that `checkReferences` looks up; a query names nothing, nor does the id of a request. */
function isJudged ({ what, type, query }: AuditEventEntity): boolean {
  if (what === undefined) return query !== undefined
  if (type?.system === REQUEST.system && type.code === REQUEST.code) return what.reference === undefined
  return LITERAL.test(what.reference ?? '') && what.identifier === undefined
}

function factsOf ({ hash, registry }: Context, { caller }: Sight, event: AuditEvent, patient: string): TraceFacts {
  const { agent, entity = [], outcome } = event
  const persons = agent.flatMap(({ who, requestor }) => requestor ? identityKey(who?.identifier ?? {}) ?? [] : []).filter(key => key.startsWith('person:'))
  const about = entity.flatMap(({ what }) => what?.reference?.split('/_history/')[0] ?? []).filter(reference => reference !== `Patient/${patient}`)
  const families = about.map(reference => reference.split('/')[0] ?? '').filter(type => registry.types.includes(type) && !isShared(type) && !isOwned(type)).map(familyOf)
  return {
    agents: persons.flatMap(person => inPersonKeys({ person: hash(person), own: caller.own })),
    by: persons.length > 0 ? 'professional' : 'structure',
    isPermitted: outcome === '0',
    family: families.find(family => family !== 'record') ?? 'record',
    about,
    disclosed: [],
    isNamed: true,
    isSecret: caller.principal.isSecret || marksOf(event).includes(BEYOND),
    isFed: true
  }
}
