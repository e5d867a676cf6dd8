/**
 * Where a caller stands towards one record at one instant: all of rules 1 to 10 that does not depend on the resource.
 * The decision and the compiled filter both start here; what they then read of a resource they read each in their way.
 */
import type { Mode, Principal } from '../security/principal.js'
import type { Matrix } from '../terminology/matrix.js'
import { EVERYONE, isWithin } from './choice.js'
import type { Choice, Clause } from './choice.js'
import { typeKey } from './label.js'

export type AccountStatus = 'none' | 'notified' | 'opposed' | 'open' | 'active' | 'suspended' | 'closed' | 'deleted'

/** A principal at the instant of a request, with what the directory says of their structure. */
export interface Caller {
  readonly principal: Principal
  /** The one instant of the request, ms. */
  readonly now: number
  /** The id of the patient whom the token names; undefined when it names none or nobody known. */
  readonly patient?: string
  /** Keys of `security/identity.ts`, hashed as they are stored: the person, the application. */
  readonly person?: string
  readonly client?: string
  /** Every key of the caller's structure. */
  readonly own: readonly string[]
  /** Every key of the structures that it is part of. */
  readonly enclosing: readonly string[]
  /** The operator's lists (`Group/id`) on which the person or the structure is now: to those a permit speaks. */
  readonly groups: readonly string[]
  /** Those on which they stand, or what their structure is part of, in force or not: to those a deny speaks. */
  readonly listed: readonly string[]
}

/** The choices of one record that can matter to one caller. */
export interface Slice {
  readonly patient: string
  readonly account: AccountStatus
  readonly choices: readonly Choice[]
}

/** What is set once for the server. */
export interface Policy {
  /** Codes of TRE_R02 whose professionals and structures stand outside care. */
  readonly outsideCare: readonly string[]
  readonly matrixAt: (instant: number) => Matrix
}

/** One choice as far as it speaks to this caller, in this mode, now. */
export interface Statement {
  readonly consent: string
  readonly kind: Choice['kind']
  readonly base: Clause | null
  readonly exceptions: readonly Clause[]
}

export type Situation = { readonly patient: string, readonly now: number } & (
  | { readonly stands: 'shut', readonly rule: number, readonly choices: readonly string[], readonly isBlocked: boolean, readonly keys: readonly string[] }
  | { readonly stands: 'holder', readonly isOpen: boolean }
  | { readonly stands: 'application', readonly keys: readonly string[], readonly statements: readonly Statement[], readonly denials: readonly Statement[] }
  | { readonly stands: 'treating', readonly keys: readonly string[], readonly choice: string }
  | { readonly stands: 'structure', readonly keys: readonly string[] }
  | Professional)

export interface Professional {
  readonly stands: 'professional'
  /** Keys under which they are author in person, and under which their structure is. */
  readonly inPerson: readonly string[]
  readonly asStructure: readonly string[]
  readonly mode: Mode
  readonly grounds: readonly Statement[]
  /** Choices that may deny some resource (rule 11). */
  readonly denials: readonly Statement[]
  readonly readableTypes: ReadonlySet<string>
  /** Rule 13: whether `MASQUE_PS` stops them where their structure is not author. */
  readonly seesMasked: boolean
  readonly isSocial: boolean
  readonly isAdministrator: boolean
}

/** A code of TRE_R02; a sector that is none is no sector of care. */
const SECTOR = /^SA\d\d$/
/** TRE_R94, the professions of the social sector. */
const SOCIAL = 'https://mos.esante.gouv.fr/NOS/TRE_R94-ProfessionSocial/FHIR/TRE-R94-ProfessionSocial'

export const PURPOSE: Readonly<Record<Mode, string>> = { normal: 'TREAT', bris_de_glace: 'BTG', centre_15: 'ETREAT' }

/** Kinds whose denials are no finer choice: a block is rule 8, the others speak of other things. */
const SILENT: readonly string[] = ['blocage', 'defaut-confidentialite', 'application', 'delegation', 'ouverture', 'fermeture', 'suppression']

const GROUNDS: Readonly<Record<Mode, readonly string[]>> = {
  normal: ['acces-ps', 'equipe-soins', 'acces-ponctuel', 'administrateur', 'partage', 'pcf'],
  bris_de_glace: ['urgence-ps', 'pcf'],
  centre_15: ['urgence-samu', 'pcf']
}

/** Rules 1 to 10 of `consent.md` 4, as far as they do not read the resource. */
export function situate (caller: Caller, slice: Slice, policy: Policy): Situation {
  const { principal, now } = caller
  const { patient } = slice
  const shut = (rule: number, choices: readonly Choice[] = []): Situation =>
    ({ patient, now, stands: 'shut', rule, choices: choices.map(choice => choice.consent), isBlocked: rule === 8, keys: rule === 8 ? authorKeys(caller) : [] })
  const isOpen = slice.account === 'open' || slice.account === 'active'
  const isTheirs = caller.patient === patient

  if (principal.kind === 'holder' && isTheirs && slice.account !== 'none') return { patient, now, stands: 'holder', isOpen }
  if (!isOpen) return shut(1)
  if (principal.kind === 'holder') return shut(3)
  if (principal.kind === 'representative') return shut(4)
  if (principal.kind === 'operator' || isOutsideCare(principal, policy)) return shut(5)
  if (principal.kind === 'application') return application(caller, slice) ?? shut(5)
  if (principal.kind === 'professional') {
    if (caller.person === undefined || principal.profession === undefined || principal.structure === undefined) return shut(6)
    if (principal.mode !== 'normal' && !isTheirs) return shut(10)
    const treating = slice.choices.find(choice => choice.kind === 'medecin-traitant' && isInForce(choice, now) && permitsTo(choice, caller))
    if (treating !== undefined) return { patient, now, stands: 'treating', keys: authorKeys(caller), choice: treating.consent }
  }
  const blocks = slice.choices.filter(choice => isBlockOn(choice, caller) && isInForce(choice, now))
  if (blocks.length > 0) return shut(8, blocks)
  return principal.kind === 'structure'
    ? { patient, now, stands: 'structure', keys: caller.own }
    : professional(caller, slice, policy)
}

/** Whether an `identifier` search may tell that an account is there; notified and opposed look like none (rule 1). */
export function isFindable (account: AccountStatus): boolean {
  return account === 'open' || account === 'active' || account === 'suspended' || account === 'closed'
}

export function isOutsideCare (principal: Principal, policy: Policy): boolean {
  return principal.sector !== undefined && (!SECTOR.test(principal.sector) || policy.outsideCare.includes(principal.sector))
}

/** The keys under which a caller is author: in person, then as their structure. */
function authorKeys (caller: Caller): readonly string[] {
  return [...inPersonKeys(caller), ...caller.own]
}

/** A person is author as depositor anywhere, as a named one only under a token of the depositor's structure. */
export function inPersonKeys ({ person, own }: Pick<Caller, 'person' | 'own'>): readonly string[] {
  return person === undefined ? [] : [person, ...own.map(structure => `${person}@${structure}`)]
}

/** Without a choice for it, an application stands before a closed door: its own deposits too. */
function application (caller: Caller, slice: Slice): Situation | undefined {
  const { client } = caller
  const speaking = slice.choices.filter(choice => isInForce(choice, caller.now)).map(choice => statementOf(choice, caller, '*'))
  const statements = speaking.filter(({ kind, base }) => kind === 'application' && base?.effect === 'permit')
  if (caller.patient !== slice.patient || statements.length === 0) return undefined
  return {
    patient: slice.patient,
    now: caller.now,
    stands: 'application',
    keys: client === undefined ? [] : [client],
    statements,
    denials: speaking.filter(statement => clauses(statement).some(({ effect }) => effect === 'deny'))
  }
}

function professional (caller: Caller, slice: Slice, policy: Policy): Situation {
  const { principal, now } = caller
  const purpose = PURPOSE[principal.mode]
  const blockEnd = Math.max(-Infinity, ...slice.choices.filter(choice => isBlockOn(choice, caller)).map(choice => endOf(choice, now)))
  const current = slice.choices.filter(choice => isInForce(choice, now))
  const isHeard = (choice: Choice) => choice.acknowledged >= blockEnd
  const speaking = (choices: readonly Choice[]) => choices.map(choice => statementOf(choice, caller, purpose))
    .filter(({ base, exceptions }) => base !== null || exceptions.length > 0)
  const isAdministrator = current.some(choice => choice.kind === 'administrateur' && isHeard(choice) && permitsTo(choice, caller))
  const opensMasked = principal.mode !== 'normal' && current.some(choice => choice.kind === 'urgence-masques' &&
    isHeard(choice) && permitsTo(choice, caller) && choice.base.purposes.includes(purpose))
  return {
    patient: slice.patient,
    now,
    stands: 'professional',
    mode: principal.mode,
    inPerson: inPersonKeys(caller),
    asStructure: caller.own,
    grounds: speaking(current.filter(choice => GROUNDS[principal.mode].includes(choice.kind) && isHeard(choice)))
      .filter(isGround),
    denials: speaking(current.filter(choice => !SILENT.includes(choice.kind)))
      .filter(statement => clauses(statement).some(clause => clause.effect === 'deny')),
    readableTypes: readableTypes(policy, principal, now),
    seesMasked: isAdministrator || opensMasked,
    isSocial: isSocial(principal),
    isAdministrator
  }
}

/** Whether the profession is one of the social sector (rule 13). */
export function isSocial ({ profession }: Principal): boolean {
  return profession?.startsWith(`${SOCIAL}|`) === true
}

/** Of a kind, only its root permits; a PCF consent and a `partage` permit by their exceptions too. */
function isGround ({ kind, base, exceptions }: Statement): boolean {
  return base?.effect === 'permit' || ((kind === 'pcf' || kind === 'partage') && exceptions.some(clause => clause.effect === 'permit'))
}

export function clauses ({ base, exceptions }: Statement): readonly Clause[] {
  return base === null ? exceptions : [base, ...exceptions]
}

function isInForce (choice: Choice, now: number): boolean {
  return choice.lifted === undefined && isWithin(now, choice.period)
}

/** When a block stopped: lifted, or its period over; -∞ while it has not begun to end. */
function endOf (choice: Choice, now: number): number {
  if (choice.lifted !== undefined) return choice.lifted
  return choice.period.end < now ? choice.period.end : -Infinity
}

/** A block covers the person in all their roles, or the structure with all its parts. */
function isBlockOn (choice: Choice, caller: Caller): boolean {
  return choice.kind === 'blocage' && [choice.base, ...choice.exceptions].some(clause =>
    clause.effect === 'deny' && names(clause, caller))
}

/** The short keys of the types that a professional may read; kept for each set of the matrix, which is frozen. */
export function readableTypes (policy: Policy, { profession = '' }: Principal, now: number): ReadonlySet<string> {
  const types = policy.matrixAt(now).readableTypes(profession)
  let keys = keysOfTypes.get(types)
  if (keys === undefined) {
    keys = new Set([...types].map(typeKey))
    keysOfTypes.set(types, keys)
  }
  return keys
}

const keysOfTypes = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>()

/** Whether a choice about the whole record is a permit, and to this caller. */
function permitsTo ({ base }: Choice, caller: Caller): boolean {
  return base.effect === 'permit' && names(base, caller)
}

/** A deny covers a structure with all its parts; a permit covers exactly the one named. Of a list, a deny covers whoever is on it. */
function names (clause: Clause, { principal, person, client, own, enclosing, groups, listed }: Caller): boolean {
  if (clause.actors === null) return principal.kind === 'professional' || principal.kind === 'structure'
  const keys = [person, client, ...own, ...clause.effect === 'deny' ? [...enclosing, ...listed] : groups]
  return clause.actors.some(actor => actor === EVERYONE || keys.includes(actor))
}

function statementOf (choice: Choice, caller: Caller, purpose: string): Statement {
  const speaks = (clause: Clause) => names(clause, caller) && isWithin(caller.now, clause.period) &&
    (purpose === '*' || clause.purposes.includes(purpose) || clause.purposes.includes('*'))
  return {
    consent: choice.consent,
    kind: choice.kind,
    base: speaks(choice.base) ? choice.base : null,
    exceptions: choice.exceptions.filter(speaks)
  }
}
