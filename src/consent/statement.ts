/**
 * What the choices of one record say to one caller at one instant, as far as that does not depend on the resource: whom
 * they name, for what purpose, and whether they are in force.
 */
import type { Caller } from './caller.js'
import { ALWAYS, EVERYONE, isWithin } from './choice.js'
import type { Choice, Clause } from './choice.js'
import type { TeamPlace } from './rules.js'

/** One choice as far as it speaks to this caller, in this mode, now. */
export interface Statement {
  /** Null where no Consent says it. */
  readonly consent: string | null
  readonly kind: Choice['kind']
  readonly base: Clause | null
  readonly exceptions: readonly Clause[]
  readonly isOfRepresentative: boolean
}

/** A caller in one record: the keys by which a permit means them, and those by which a deny does. */
export interface Placed extends Caller { readonly permitted: ReadonlySet<string>, readonly denied: ReadonlySet<string> }

/**
 * A deny covers a structure with all its parts, and whoever a list or a team lists; a permit covers exactly the one named,
 * and who is in it now.
 * @param teams where the caller is in the teams of the record
 */
export function placed (caller: Caller, teams: readonly TeamPlace[]): Placed {
  const { person, client, relative, own, enclosing, groups, listed, now } = caller
  const keys = [EVERYONE, person, client, relative, ...own].filter(key => key !== undefined)
  const places = (list: readonly TeamPlace[]) => list.map(({ team }) => team)
  return {
    ...caller,
    permitted: new Set([...keys, ...groups, ...places(teams.filter(({ period, isGround }) => isGround && isWithin(now, period)))]),
    denied: new Set([...keys, ...enclosing, ...listed, ...places(teams)])
  }
}

/** Of a kind, only its root permits; a PCF consent and a `partage` permit by their exceptions too. */
export function isGround ({ kind, base, exceptions }: Statement): boolean {
  return base?.effect === 'permit' || ((kind === 'pcf' || kind === 'partage') && exceptions.some(clause => clause.effect === 'permit'))
}

/** The ids of the Consents that say something. */
export function consentsOf (statements: readonly Statement[]): readonly string[] {
  return statements.flatMap(({ consent }) => consent ?? [])
}

export function clauses ({ base, exceptions }: Statement): readonly Clause[] {
  return base === null ? exceptions : [base, ...exceptions]
}

export function isInForce (choice: Choice, now: number): boolean {
  return choice.lifted === undefined && isWithin(now, choice.period)
}

/** When a block stopped: lifted, or its period over; -∞ while it has not begun to end. */
export function endOf (choice: Choice, now: number): number {
  if (choice.lifted !== undefined) return choice.lifted
  return choice.period.end < now ? choice.period.end : -Infinity
}

/** A block covers the person in all their roles, or the structure with all its parts. */
export function isBlockOn (choice: Choice, caller: Placed): boolean {
  return choice.kind === 'blocage' && [choice.base, ...choice.exceptions].some(clause =>
    clause.effect === 'deny' && names(clause, caller))
}

/** Whether a choice about the whole record is a permit, and to this caller. */
export function permitsTo ({ base }: Choice, caller: Placed): boolean {
  return base.effect === 'permit' && names(base, caller)
}

function names ({ effect, actors }: Clause, { principal, permitted, denied }: Placed): boolean {
  if (actors === null) return principal.kind === 'professional' || principal.kind === 'structure'
  const keys = effect === 'deny' ? denied : permitted
  return actors.some(actor => keys.has(actor))
}

export function statementOf (choice: Choice, caller: Placed, purpose: string): Statement {
  const speaks = (clause: Clause) => names(clause, caller) && isWithin(caller.now, clause.period) &&
    (purpose === '*' || clause.purposes.includes(purpose) || clause.purposes.includes('*'))
  return {
    consent: choice.consent,
    kind: choice.kind,
    base: speaks(choice.base) ? choice.base : null,
    exceptions: choice.exceptions.filter(speaks),
    isOfRepresentative: choice.isOfRepresentative === true
  }
}

/** What the place opens where the holder says nothing: an implicit permit to the whole record (PCF implicit policies). */
export function unasked (purpose: string): Statement {
  const base: Clause = { effect: 'permit', purposes: [purpose], actors: null, period: ALWAYS, selector: {} }
  return { consent: null, kind: 'pcf', base, exceptions: [], isOfRepresentative: false }
}
