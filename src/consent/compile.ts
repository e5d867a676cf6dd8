/**
 * The same rules for resources that are not known yet: what of a record MongoDB may let out to the caller of a
 * situation. Says of every resource what `decide` says; a test holds the two, and the model, to one another.
 */
import { all, and, compare, element, equals, isIn, none, not, or, within } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Clause, Selector, Span } from './choice.js'
import { denialsOf } from './denials.js'
import type { Denials } from './denials.js'
import { BEYOND } from './label.js'
import { CONTAINERS } from './record-type.js'
import type { Professional, Situation } from './situation.js'
import type { Statement } from './statement.js'

/** How the resources that are asked are stored: those of one type, or the items of a container, of any type. */
interface Stored {
  /** Those that some references (`Type/id`) name: by themselves, or by any member of their chain. */
  readonly named: (references: readonly string[], field: 'self' | 'chain') => Filter
  /** The field of their own codes; a deny means what is judged as a type too. */
  readonly codes: string
  readonly deniedCodes: readonly string[]
  /** What clauses are about: a clause is asked for again and again as long as its choice stands, and says the same. */
  readonly known: WeakMap<Clause, Filter>
}

/** The resources of a type of the record that the caller may see, deletion left aside. */
export function compile (situation: Situation, type: string): Filter {
  const ofPatient = equals('patient', situation.patient)
  return and(ofPatient, whole(type, stored => alone(situation, stored)))
}

/** A container is seen only if everything that it holds is (`consent.md` 2). */
function whole (type: string, seen: (stored: Stored) => Filter): Filter {
  const own = seen(ofType(type))
  return CONTAINERS.includes(type) ? and(own, not(element('facts.items', not(seen(ITEMS))))) : own
}

const ofTypes = new Map<string, Stored>()

/** @param type a declared one: each is kept */
function ofType (type: string): Stored {
  const known = ofTypes.get(type)
  if (known !== undefined) return known
  const stored: Stored = {
    known: new WeakMap(),
    named: (references, field) => isIn(field === 'self' ? '_id' : 'facts.chain', idsOf(type, references)),
    ...type === 'DocumentReference' ? { codes: 'facts.types', deniedCodes: ['facts.types'] } : { codes: 'facts.codes', deniedCodes: ['facts.codes', 'facts.types'] }
  }
  ofTypes.set(type, stored)
  return stored
}

/** Fields of an item are called as those of a resource, but for its id. */
const ITEMS: Stored = {
  known: new WeakMap(),
  named: (references, field) => or(...[...new Set(references.map(reference => reference.split('/')[0] ?? ''))].map(type =>
    and(equals('type', type), isIn(field === 'self' ? 'id' : 'facts.chain', idsOf(type, references))))),
  codes: 'facts.codes',
  deniedCodes: ['facts.codes', 'facts.types']
}

function idsOf (type: string, references: readonly string[]): readonly string[] {
  return references.filter(reference => reference.startsWith(`${type}/`)).map(reference => reference.slice(type.length + 1))
}

function alone (situation: Situation, stored: Stored): Filter {
  switch (situation.stands) {
    case 'shut': return none
    case 'holder': return situation.isOpen ? openToHolder(situation.now) : none
    case 'representative': return situation.isOpen ? and(openToHolder(situation.now), not(isBeyond)) : none
    case 'application': return and(
      sound(situation.keys),
      or(isIn('facts.authors', situation.keys), not(isIn('facts.labels', ['MASQUE_PS', 'INVISIBLE_PATIENT', BEYOND]))),
      or(...situation.statements.map(statement => permits(statement, stored))),
      not(deniedBy(situation.denials, stored)))
    case 'treating': return situation.beyond === undefined
      ? sound(situation.keys)
      : and(sound(situation.keys), or(not(isBeyond), alone(situation.beyond, stored)))
    case 'structure': return isIn('facts.authors', situation.keys)
    case 'professional': return and(sound([...situation.inPerson, ...situation.asStructure]), ofProfessional(situation, stored))
    default: return situation satisfies never
  }
}

const isBeyond = equals('facts.labels', BEYOND)

function ofProfessional (caller: Professional, stored: Stored): Filter {
  const asStructure = isIn('facts.authors', caller.asStructure)
  // What most are seen by first: MongoDB asks no further.
  return or(
    and(
      or(...caller.grounds.map(statement => and(permits(statement, stored), statement.isOfRepresentative ? not(isBeyond) : all)), caller.mode === 'normal' ? asStructure : none),
      not(deniedBy(caller.denials, stored)),
      readable(caller.readableTypes),
      or(not(equals('facts.labels', 'MASQUE_PS')), asStructure, caller.seesMaskedBeyond ? all : caller.seesMasked ? not(isBeyond) : none),
      caller.isSocial ? not(equals('facts.labels', 'MASQUE_PSOCIAL')) : all),
    isIn('facts.authors', caller.inPerson))
}

const readables = new WeakMap<ReadonlySet<string>, Filter>()

/** The matrix has one set for each profession, which every record of a search asks for. */
function readable (types: ReadonlySet<string>): Filter {
  const known = readables.get(types) ?? within('facts.types', types)
  readables.set(types, known)
  return known
}

/** The default sight of one's own deposits of a type, in records about which nothing else is known. */
export function ownDeposits (caller: Pick<Professional, 'inPerson' | 'asStructure' | 'readableTypes' | 'isSocial'>, type: string): Filter {
  const professional: Professional = { ...caller, stands: 'professional', mode: 'normal', grounds: [], denials: denialsOf([]), seesMasked: false, seesMaskedBeyond: false, isAdministrator: false }
  return whole(type, stored => and(sound([...caller.inPerson, ...caller.asStructure]), ofProfessional(professional, stored)))
}

/** The same for the software of a structure. */
export function ownFeed (keys: readonly string[], type: string): Filter {
  return whole(type, () => isIn('facts.authors', keys))
}

function openToHolder (now: number): Filter {
  return or(not(equals('facts.labels', 'INVISIBLE_PATIENT')), compare('facts.opens', 'le', now))
}

/** Rule 2: what was entered in error is left to its authors. */
function sound (authors: readonly string[]): Filter {
  return or(not(equals('facts.enteredInError', true)), isIn('facts.authors', authors))
}

function permits ({ base, exceptions }: Statement, stored: Stored): Filter {
  const permitted = or(...exceptions.filter(clause => clause.effect === 'permit').map(clause => about(clause, stored)))
  const denied = or(...exceptions.filter(clause => clause.effect === 'deny').map(clause => about(clause, stored)))
  const byBase = base?.effect === 'permit' ? and(about(base, stored), not(or(permitted, denied))) : none
  return or(and(permitted, not(denied)), byBase)
}

function deniedBy ({ documents, authors, others }: Denials, stored: Stored): Filter {
  return or(
    documents.size === 0 ? none : stored.named([...documents.keys()], 'chain'),
    isIn('facts.attributedTo', authors.keys()),
    ...others.map(statement => denies(statement, stored)))
}

function denies ({ base, exceptions }: Statement, stored: Stored): Filter {
  const denied = or(...exceptions.filter(clause => clause.effect === 'deny').map(clause => about(clause, stored)))
  return base?.effect === 'deny' ? or(denied, and(about(base, stored), not(or(...exceptions.map(clause => about(clause, stored)))))) : denied
}

function about (clause: Clause, stored: Stored): Filter {
  const known = stored.known.get(clause) ?? selected(clause, stored)
  stored.known.set(clause, known)
  return known
}

function selected ({ effect, selector: { labels, classes, codes, data, dataPeriod } }: Clause, stored: Stored): Filter {
  const parts: Filter[] = []
  if (labels !== undefined) parts.push(isIn('facts.tags', labels))
  if (classes !== undefined) parts.push(isIn('facts.classes', classes))
  if (codes !== undefined) parts.push(or(...(effect === 'deny' ? stored.deniedCodes : [stored.codes]).map(field => isIn(field, codes))))
  if (data !== undefined) parts.push(ofData(effect, data, stored))
  if (dataPeriod !== undefined) parts.push(during(effect, dataPeriod))
  return and(...parts)
}

/** A deny on a document covers its chain, a permit exactly the one named. */
function ofData (effect: 'permit' | 'deny', data: NonNullable<Selector['data']>, { named }: Stored): Filter {
  const authors = data.filter(({ meaning }) => meaning === 'authoredby')
  const others = data.length === authors.length ? [] : data.filter(({ meaning }) => meaning === 'instance' || meaning === 'related')
  return or(
    others.length === 0 ? none : named(valuesOf(others), effect === 'deny' ? 'chain' : 'self'),
    others.length === 0 ? none : isIn('facts.related', valuesOf(others.filter(({ meaning }) => meaning === 'related'))),
    authors.length === 0 ? none : isIn(effect === 'deny' ? 'facts.attributedTo' : 'facts.authoredBy', valuesOf(authors)))
}

function valuesOf (data: NonNullable<Selector['data']>): readonly string[] {
  return data.map(({ value }) => value)
}

function during (effect: 'permit' | 'deny', dataPeriod: Span): Filter {
  return effect === 'deny'
    ? and(compare('facts.period.start', 'le', dataPeriod.end), compare('facts.period.end', 'ge', dataPeriod.start))
    : and(compare('facts.period.start', 'ge', dataPeriod.start), compare('facts.period.end', 'le', dataPeriod.end))
}
