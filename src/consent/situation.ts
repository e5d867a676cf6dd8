/**
 * Where a caller stands towards one record at one instant: all of rules 1 to 10 that does not depend on the resource.
 * The decision and the compiled filter both start here; what they then read of a resource they read each in their way.
 */
import type { Mode, Principal } from '../security/principal.js'
import type { Matrix } from '../terminology/matrix.js'
import { OPERATOR, authorKeys, inPersonKeys, isOutsideCare, isSocial } from './caller.js'
import type { Caller } from './caller.js'
import { isWithin } from './choice.js'
import type { Choice } from './choice.js'
import { denialsOf } from './denials.js'
import type { Denials } from './denials.js'
import { typeKey } from './label.js'
import type { Relative, TeamPlace } from './rules.js'
import { endOf, isBlockOn, isGround, isInForce, permitsTo, placed, statementOf, unasked } from './statement.js'
import type { Placed, Statement } from './statement.js'

export type AccountStatus = 'none' | 'notified' | 'opposed' | 'open' | 'active' | 'suspended' | 'closed' | 'deleted'

/** The choices of one record that can matter to one caller. */
export interface Slice {
  readonly patient: string
  readonly account: AccountStatus
  readonly choices: readonly Choice[]
  /** When the holder comes of age, ms. */
  readonly majority?: number | undefined
  /** Who the caller is, where they are a RelatedPerson of this record. */
  readonly relative?: Relative | undefined
  /** The places of the caller in teams of this record, and, which no permit means, those of what their structure is part of. */
  readonly teams?: readonly TeamPlace[]
}

/** What is set once for the server. */
export interface Policy {
  /** Codes of TRE_R02 whose professionals and structures stand outside care. */
  readonly outsideCare: readonly string[]
  /** Emergencies that are open to who may declare one, unless the holder says otherwise. */
  readonly openModes?: readonly Mode[]
  readonly matrixAt: (instant: number) => Matrix
}

export type Situation = { readonly patient: string, readonly now: number } & (
  /** `keys`: under which they take part in messages all the same. */
  | { readonly stands: 'shut', readonly rule: number, readonly choices: readonly string[], readonly keys: readonly string[] }
  | { readonly stands: 'holder', readonly isOpen: boolean }
  /** By law, or by a delegation of the holder. */
  | { readonly stands: 'representative', readonly isOpen: boolean, readonly isLegal: boolean, readonly keys: readonly string[], readonly choices: readonly string[] }
  | { readonly stands: 'application', readonly keys: readonly string[], readonly statements: readonly Statement[], readonly denials: Denials }
  /** `beyond`: designated by a legal representative, where they stand towards what is hidden from those. */
  | { readonly stands: 'treating', readonly keys: readonly string[], readonly choice: string, readonly beyond?: Situation }
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
  readonly denials: Denials
  readonly readableTypes: ReadonlySet<string>
  /** Rule 13: whether `MASQUE_PS` stops them where their structure is not author; and on what is hidden from legal representatives too. */
  readonly seesMasked: boolean
  readonly seesMaskedBeyond: boolean
  readonly isSocial: boolean
  readonly isAdministrator: boolean
}

export const PURPOSE: Readonly<Record<Mode, string>> = { normal: 'TREAT', bris_de_glace: 'BTG', centre_15: 'ETREAT' }

/** Kinds whose denials are no finer choice: a block is rule 8, the others speak of other things. */
const SILENT: readonly string[] = ['blocage', 'defaut-confidentialite', 'application', 'delegation', 'ouverture', 'fermeture', 'suppression']

const GROUNDS: Readonly<Record<Mode, readonly string[]>> = {
  normal: ['acces-ps', 'equipe-soins', 'acces-ponctuel', 'administrateur', 'partage', 'pcf'],
  bris_de_glace: ['urgence-ps', 'pcf'],
  centre_15: ['urgence-samu', 'pcf']
}

/** Rules 1 to 10 of `consent.md` 4, as far as they do not read the resource. */
export function situate (given: Caller, slice: Slice, policy: Policy): Situation {
  const caller = placed(given, slice.teams ?? [])
  const { principal, now } = caller
  const { patient } = slice
  const shut = (rule: number, keys: readonly string[] = []): Situation => ({ patient, now, stands: 'shut', rule, choices: [], keys })
  const isOpen = isOpenAccount(slice.account)
  const isTheirs = caller.patient === patient

  if (principal.kind === 'holder' && isTheirs && slice.account !== 'none') return { patient, now, stands: 'holder', isOpen }
  const represented = isTheirs ? representative(caller, slice) : undefined
  if (represented?.isLegal === true && slice.account !== 'none') return represented
  if (!isOpen) return shut(1)
  if (principal.kind === 'holder') return shut(3)
  if (principal.kind === 'representative') return represented ?? shut(4)
  if (principal.kind === 'operator') return shut(5, [OPERATOR])
  if (isOutsideCare(principal, policy)) return shut(5)
  if (principal.kind === 'application') return application(caller, slice) ?? shut(5)
  if (principal.kind === 'professional') {
    if (caller.person === undefined || principal.profession === undefined || principal.structure === undefined) return shut(6)
    if (principal.mode !== 'normal' && !isTheirs) return shut(10)
  }
  return treating(caller, slice, policy) ?? untreated(caller, slice, policy)
}

/** Rule 7. Whom a legal representative designated is nobody's médecin traitant for what is hidden from those. */
function treating (caller: Placed, slice: Slice, policy: Policy): Situation | undefined {
  const { principal, now } = caller
  const designations = principal.kind !== 'professional' ? [] : slice.choices.filter(choice => choice.kind === 'medecin-traitant' && isInForce(choice, now) && permitsTo(choice, caller))
  const choice = designations.find(({ isOfRepresentative }) => isOfRepresentative !== true) ?? designations[0]
  if (choice === undefined) return undefined
  const beyond = choice.isOfRepresentative === true ? { beyond: untreated(caller, slice, policy) } : {}
  return { patient: slice.patient, now, stands: 'treating', keys: authorKeys(caller), choice: choice.consent, ...beyond }
}

/** Rules 8 to 10. */
function untreated (caller: Placed, slice: Slice, policy: Policy): Situation {
  const { patient } = slice
  const blocks = slice.choices.filter(choice => isBlockOn(choice, caller) && isInForce(choice, caller.now))
  if (blocks.length > 0) return { patient, now: caller.now, stands: 'shut', rule: 8, choices: blocks.map(({ consent }) => consent), keys: authorKeys(caller) }
  return caller.principal.kind === 'structure'
    ? { patient, now: caller.now, stands: 'structure', keys: caller.own }
    : professional(caller, slice, policy)
}

/**
 * A representative: by law while the holder is under 18, or is a protected adult; or a helper, by a delegation in force.
 * Who no longer stands around the holder is neither.
 */
function representative (caller: Placed, slice: Slice): Extract<Situation, { stands: 'representative' }> | undefined {
  const { now, relative: key } = caller
  const { relative, majority = -Infinity } = slice
  if (caller.principal.kind !== 'representative' || key === undefined || relative === undefined || !isWithin(now, relative.period)) return undefined
  const isLegal = relative.represents === 'protected-adult' || (relative.represents === 'minor' && now < majority)
  const delegations = slice.choices.filter(choice => choice.kind === 'delegation' && choice.isOfRepresentative !== true && isInForce(choice, now) && permitsTo(choice, caller))
  if (!isLegal && delegations.length === 0) return undefined
  return { patient: slice.patient, now, stands: 'representative', isOpen: isOpenAccount(slice.account), isLegal, keys: [key], choices: isLegal ? [] : delegations.map(({ consent }) => consent) }
}

export function isOpenAccount (account: AccountStatus): boolean {
  return account === 'open' || account === 'active'
}

/** Whether an `identifier` search may tell that an account is there; notified and opposed look like none (rule 1). */
export function isFindable (account: AccountStatus): boolean {
  return account === 'open' || account === 'active' || account === 'suspended' || account === 'closed'
}

/** Without a choice for it, an application stands before a closed door: its own deposits too. */
function application (caller: Placed, slice: Slice): Situation | undefined {
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
    denials: denialsOf(speaking)
  }
}

function professional (caller: Placed, slice: Slice, policy: Policy): Situation {
  const { principal, now } = caller
  const purpose = PURPOSE[principal.mode]
  const blockEnd = Math.max(-Infinity, ...slice.choices.filter(choice => isBlockOn(choice, caller)).map(choice => endOf(choice, now)))
  const current = slice.choices.filter(choice => isInForce(choice, now))
  const isHeard = (choice: Choice) => choice.acknowledged >= blockEnd
  const speaking = (choices: readonly Choice[]) => choices.map(choice => statementOf(choice, caller, purpose))
    .filter(({ base, exceptions }) => base !== null || exceptions.length > 0)
  const appointments = current.filter(choice => choice.kind === 'administrateur' && isHeard(choice) && permitsTo(choice, caller))
  const opening = principal.mode === 'normal'
    ? appointments
    : [...appointments, ...current.filter(choice => choice.kind === 'urgence-masques' && isHeard(choice) && permitsTo(choice, caller) && choice.base.purposes.includes(purpose))]
  return {
    patient: slice.patient,
    now,
    stands: 'professional',
    mode: principal.mode,
    inPerson: inPersonKeys(caller),
    asStructure: caller.own,
    grounds: [
      ...speaking(current.filter(choice => GROUNDS[principal.mode].includes(choice.kind) && isHeard(choice))).filter(isGround),
      // What nobody gave was given before any block ended.
      ...policy.openModes?.includes(principal.mode) === true && blockEnd === -Infinity ? [unasked(purpose)] : []
    ],
    denials: denialsOf(speaking(current.filter(choice => !SILENT.includes(choice.kind)))),
    readableTypes: readableTypes(policy, principal, now),
    seesMasked: opening.length > 0,
    seesMaskedBeyond: opening.some(({ isOfRepresentative }) => isOfRepresentative !== true),
    isSocial: isSocial(principal),
    isAdministrator: appointments.length > 0
  }
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
