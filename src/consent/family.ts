/**
 * The families of `consent.md` 2 and what each shows: which type belongs where, and for the families that section 4
 * does not decide (choice, trace, identity) their own rule, once for a known resource and once as a filter.
 */
import { all, and, equals, isIn, none, not, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { compile } from './compile.js'
import { compileParticipation, decideParticipation } from './participation.js'
import type { ParticipationFacts, Told } from './participation.js'
import { RECORD_TYPES } from './record-type.js'
import { isSelective } from './choice.js'
import type { Choice } from './choice.js'
import { decide } from './decide.js'
import type { Decision } from './decide.js'
import type { Facts } from './facts.js'
import { BEYOND } from './label.js'
import type { Mark } from './label.js'
import type { Situation } from './situation.js'
import type { ActorKind } from '../security/principal.js'
import { consentsOf } from './statement.js'
import type { Statement } from './statement.js'
import { compileUnclaimed, decideUnclaimed } from './unclaimed.js'
import type { BinaryFacts } from './unclaimed.js'

export type Family = 'record' | 'choice' | 'trace' | 'identity' | 'directory' | 'message' | 'agenda' | 'open-agenda' | 'subscription'

const FAMILIES: Readonly<Record<string, Family>> = {
  ...Object.fromEntries(Object.keys(RECORD_TYPES).map(type => [type, 'record' as const])),
  Binary: 'record',
  Consent: 'choice',
  AuditEvent: 'trace',
  Patient: 'identity',
  RelatedPerson: 'identity',
  Communication: 'message',
  Appointment: 'agenda',
  Schedule: 'open-agenda',
  Slot: 'open-agenda',
  Practitioner: 'directory',
  PractitionerRole: 'directory',
  Organization: 'directory',
  Location: 'directory',
  HealthcareService: 'directory',
  Device: 'directory',
  Endpoint: 'directory',
  Group: 'directory',
  // The terminology that is loaded: it concerns nobody.
  CodeSystem: 'directory',
  ValueSet: 'directory',
  ConceptMap: 'directory',
  Subscription: 'subscription'
}

/** @throws Error for a type that has no family: a server that declares it does not start */
export function familyOf (type: string): Family {
  const family = FAMILIES[type]
  if (family === undefined) throw new Error(`the type ${type} has no family`)
  return family
}

/** Whether a type belongs to no record and is seen by every authenticated caller: kept and found in clear. */
export function isShared (type: string): boolean {
  const family = familyOf(type)
  return family === 'directory' || family === 'open-agenda'
}

/** Whether a type belongs to no record and each resource of it to who made it: `subscription.ts`. */
export function isOwned (type: string): boolean {
  return familyOf(type) === 'subscription'
}

/** What the rule of the family *choice* reads of a Consent. */
export interface ChoiceFacts {
  /** Without, where it was written before labels of choices were read. */
  readonly labels?: readonly Mark[]
  readonly actors: readonly string[]
  readonly hasDeny: boolean
  readonly isSelective: boolean
  /** Who wrote it: hashed keys. */
  readonly authors: readonly string[]
  /** The actors under whom it is compiled, `*` for everyone, and what is compiled. */
  readonly filed: readonly string[]
  readonly choice: Choice | null
  /** Where it cannot be understood (FHIRPath of elements), while it is active. */
  readonly unreadable?: readonly string[]
}
/** What the rule of the family *trace* reads of an AuditEvent; `about` holds `Type/id`, `disclosed` those of a search. */
export interface TraceFacts {
  readonly agents: readonly string[]
  /** What kind of caller it was. */
  readonly by: ActorKind
  readonly isPermitted: boolean
  readonly family: Family
  readonly about: Told['about']
  readonly disclosed: Told['disclosed']
  readonly isNamed: Told['isNamed']
  /** The choices that decided, or would have (`Consent/id`): each is named to who reads it. */
  readonly choices?: readonly string[]
  /** Of a secret session: not told to representatives. */
  readonly isSecret: boolean
  /** Where it was permitted for the sake of what it disclosed alone: to whom all of that is hidden, it was refused. */
  readonly rests?: Rests
  /** Whether it wrote a version of what it is about; whether a structure says it, of its own systems. */
  readonly isWrite?: true
  readonly isFed?: true
}

/** A permit that rests on what was disclosed: on what (`Type/id`), and how it would have been decided without it. */
export interface Rests { readonly on: readonly string[], readonly otherwise: Decision }

export interface Subject { readonly type: string, readonly id: string, readonly facts: unknown }

/** The resources of a record that its traces must not name to this caller: `Type/id`. */
export type Hidden = Pick<ReadonlySet<string>, 'has'>

const permit = (rule: number, choices: readonly string[] = []): Decision => ({ permit: true, rule, choices })
const deny = (rule: number, choices: readonly string[] = []): Decision => ({ permit: false, rule, choices })

/**
 * Whether resources of a type may name others of the record, and are there for their reader only while those are: traces,
 * and among messages the notifications of them.
 */
export function isTelling (type: string): boolean {
  return familyOf(type) === 'trace' || type === 'Communication'
}

/** Whether a resource is a notification: what a trace says, as a message. */
export function isNotification ({ type, facts }: Pick<Subject, 'type' | 'facts'>): boolean {
  return type === 'Communication' && (facts as ParticipationFacts).told !== undefined
}

/** Whether the caller of `situation` may see one resource of a record. */
export function decideIn (situation: Situation, subject: Subject, hidden: Hidden): Decision {
  const family = familyOf(subject.type)
  switch (family) {
    case 'record': return subject.type === 'Binary'
      ? decideUnclaimed(situation, subject.facts as BinaryFacts)
      : decide(situation, { type: subject.type, id: subject.id, facts: subject.facts as Facts })
    case 'message': case 'agenda': {
      const facts = subject.facts as ParticipationFacts
      return facts.told !== undefined && isUnsaid(facts.told, hidden) ? deny(0) : decideParticipation(situation, family, facts)
    }
    case 'choice': return decideChoice(situation, subject.facts as ChoiceFacts)
    case 'trace': return decideTrace(situation, subject.facts as TraceFacts, hidden)
    case 'identity': return decideIdentity(situation)
    case 'directory': case 'open-agenda': return permit(0)
    // In no record: `subscription.ts`.
    case 'subscription': return deny(0)
  }
}

/** The resources of `type` that the caller of `situation` may see, deletion left aside; what tells of others if `decideIn` says so too. */
export function compileIn (situation: Situation, type: string): Filter {
  const ofPatient = equals('patient', situation.patient)
  const family = familyOf(type)
  switch (family) {
    case 'record': return type === 'Binary' ? and(ofPatient, compileUnclaimed(situation)) : compile(situation, type)
    case 'message': case 'agenda': return and(ofPatient, compileParticipation(situation, family))
    case 'choice': return and(ofPatient, compileChoice(situation))
    case 'trace': return and(ofPatient, compileTrace(situation))
    case 'identity': return decideIdentity(situation).permit ? ofPatient : none
    case 'directory': case 'open-agenda': return all
    case 'subscription': return none
  }
}

/** Rule 1 leaves the account's own choices to the holder and the legal representative; what is beyond the latter is so here too. */
function decideChoice (situation: Situation, facts: ChoiceFacts): Decision {
  switch (situation.stands) {
    case 'shut': return deny(situation.rule)
    case 'holder': return permit(3)
    case 'representative': return facts.labels?.includes(BEYOND) === true ? deny(4) : permit(4)
    case 'treating': return permit(7)
    case 'professional':
      if (situation.isAdministrator) return permit(10)
      return !facts.hasDeny && !facts.isSelective && facts.actors.some(actor => namesOf(situation).includes(actor)) ? permit(10) : deny(10)
    case 'application': return deny(5)
    case 'structure': return deny(9)
  }
}

function compileChoice (situation: Situation): Filter {
  if (situation.stands === 'holder' || situation.stands === 'treating') return all
  if (situation.stands === 'representative') return not(equals('facts.labels', BEYOND))
  if (situation.stands !== 'professional') return none
  return situation.isAdministrator
    ? all
    : and(isIn('facts.actors', namesOf(situation)), not(equals('facts.hasDeny', true)), not(equals('facts.isSelective', true)))
}

function namesOf (situation: Extract<Situation, { stands: 'professional' }>): readonly string[] {
  return [...situation.inPerson, ...situation.asStructure]
}

/** Whether what is told is about something that is hidden from its reader. */
export function isUnsaid ({ about, disclosed, isNamed }: Told, hidden: Hidden): boolean {
  return about.some(reference => hidden.has(reference)) ||
    (!isNamed && disclosed.length > 0 && disclosed.every(reference => hidden.has(reference)))
}

function decideTrace (situation: Situation, facts: TraceFacts, hidden: Hidden): Decision {
  if (isUnsaid(facts, hidden)) return deny(0)
  switch (situation.stands) {
    case 'shut': return deny(situation.rule)
    case 'holder': return situation.isOpen ? permit(3) : deny(1)
    case 'representative': return !situation.isOpen ? deny(1) : facts.isSecret ? deny(4) : permit(4)
    case 'treating': return facts.family === 'record' || isOwn(situation.keys, facts) ? permit(7) : deny(7)
    case 'professional': return isOwn(situation.inPerson, facts) ? permit(10) : deny(10)
    case 'application': return deny(5)
    case 'structure': return deny(9)
  }
}

function isOwn (keys: readonly string[], facts: TraceFacts): boolean {
  return facts.isPermitted && facts.agents.some(agent => keys.includes(agent))
}

function compileTrace (situation: Situation): Filter {
  const own = (keys: readonly string[]) => and(isIn('facts.agents', keys), equals('facts.isPermitted', true))
  switch (situation.stands) {
    case 'holder': return situation.isOpen ? all : none
    case 'representative': return situation.isOpen ? not(equals('facts.isSecret', true)) : none
    case 'treating': return or(equals('facts.family', 'record'), own(situation.keys))
    case 'professional': return own(situation.inPerson)
    default: return none
  }
}

/** In full: holder, representative, operator (elsewhere), MT, the holder's application, and whoever has a ground without data selector. */
function decideIdentity (situation: Situation): Decision {
  switch (situation.stands) {
    case 'shut': return deny(situation.rule, situation.choices)
    case 'holder': return situation.isOpen ? permit(3) : deny(1)
    case 'representative': return situation.isOpen ? permit(4, situation.choices) : deny(1)
    case 'application': return permit(5, consentsOf(situation.statements))
    case 'treating': return permit(7, [situation.choice])
    case 'structure': return deny(9)
    case 'professional': return hasPatientGround(situation) ? permit(10, consentsOf(patientGrounds(situation))) : deny(10)
  }
}

/** Whether some ground of rule 10 is about the whole record. */
export function hasPatientGround (situation: Extract<Situation, { stands: 'professional' }>): boolean {
  return patientGrounds(situation).length > 0
}

function patientGrounds ({ grounds }: Extract<Situation, { stands: 'professional' }>): readonly Statement[] {
  return grounds.filter(({ base }) => base !== null && base.effect === 'permit' && !isSelective(base))
}
