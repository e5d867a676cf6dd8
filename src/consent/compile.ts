/**
 * The same rules for resources that are not known yet: what of a record MongoDB may let out to the caller of a
 * situation. Says of every resource what `decide` says; a test holds the two, and the model, to one another.
 */
import { all, and, compare, equals, isIn, none, not, or, within } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Clause, Selector } from './choice.js'
import type { Professional, Situation, Statement } from './situation.js'

const DOCUMENT = 'DocumentReference/'

/** The record resources that the caller may see, deletion left aside. */
export function compile (situation: Situation): Filter {
  const ofPatient = equals('patient', situation.patient)
  switch (situation.stands) {
    case 'shut': return none
    case 'holder': return situation.isOpen ? and(ofPatient, openToHolder(situation.now)) : none
    case 'application': return and(
      ofPatient,
      sound(situation.keys),
      or(isIn('facts.authors', situation.keys), not(isIn('facts.labels', ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX']))),
      or(...situation.statements.map(permits)),
      not(or(...situation.denials.map(denies))))
    case 'treating': return and(ofPatient, sound(situation.keys))
    case 'structure': return and(ofPatient, isIn('facts.authors', situation.keys))
    case 'professional': return and(ofPatient, sound([...situation.inPerson, ...situation.asStructure]), ofProfessional(situation))
    default: return situation satisfies never
  }
}

function ofProfessional (caller: Professional): Filter {
  const asStructure = isIn('facts.authors', caller.asStructure)
  return or(
    isIn('facts.authors', caller.inPerson),
    and(
      or(...caller.grounds.map(permits), caller.mode === 'normal' ? asStructure : none),
      not(or(...caller.denials.map(denies))),
      within('facts.types', caller.readableTypes),
      caller.seesMasked ? all : or(not(equals('facts.labels', 'MASQUE_PS')), asStructure),
      caller.isSocial ? not(equals('facts.labels', 'MASQUE_PSOCIAL')) : all))
}

/** The default sight of one's own deposits, in records about which nothing else is known. */
export function ownDeposits (caller: Pick<Professional, 'inPerson' | 'asStructure' | 'readableTypes' | 'isSocial'>): Filter {
  return ofProfessional({
    ...caller, stands: 'professional', mode: 'normal', grounds: [], denials: [], seesMasked: false, isAdministrator: false
  })
}

function openToHolder (now: number): Filter {
  return or(not(equals('facts.labels', 'INVISIBLE_PATIENT')), compare('facts.opens', 'le', now))
}

/** Rule 2: what was entered in error is left to its authors. */
function sound (authors: readonly string[]): Filter {
  return or(not(equals('facts.enteredInError', true)), isIn('facts.authors', authors))
}

function permits ({ base, exceptions }: Statement): Filter {
  const permitted = or(...exceptions.filter(clause => clause.effect === 'permit').map(about))
  const denied = or(...exceptions.filter(clause => clause.effect === 'deny').map(about))
  const byBase = base?.effect === 'permit' ? and(about(base), not(or(permitted, denied))) : none
  return or(and(permitted, not(denied)), byBase)
}

function denies ({ base, exceptions }: Statement): Filter {
  const denied = or(...exceptions.filter(clause => clause.effect === 'deny').map(about))
  return base?.effect === 'deny' ? or(denied, and(about(base), not(or(...exceptions.map(about))))) : denied
}

function about ({ effect, selector }: Clause): Filter {
  return and(
    chosen('facts.tags', selector.labels),
    chosen('facts.classes', selector.classes),
    chosen('facts.types', selector.codes),
    selector.data === undefined ? all : ofData(effect, selector.data),
    during(effect, selector))
}

function ofData (effect: 'permit' | 'deny', data: NonNullable<Selector['data']>): Filter {
  const valuesOf = (meaning: string) => data.filter(part => part.meaning === meaning).map(({ value }) => value)
  return or(
    ofDocuments(effect, [...valuesOf('instance'), ...valuesOf('related')]),
    isIn('facts.related', valuesOf('related')),
    isIn(effect === 'deny' ? 'facts.attributedTo' : 'facts.authoredBy', valuesOf('authoredby')))
}

/** A deny on a document covers its chain, a permit exactly the one named. */
function ofDocuments (effect: 'permit' | 'deny', references: readonly string[]): Filter {
  const ids = references.filter(reference => reference.startsWith(DOCUMENT)).map(reference => reference.slice(DOCUMENT.length))
  return isIn(effect === 'deny' ? 'facts.chain' : '_id', ids)
}

function chosen (field: string, values: readonly string[] | undefined): Filter {
  return values === undefined ? all : isIn(field, values)
}

function during (effect: 'permit' | 'deny', { dataPeriod }: Selector): Filter {
  if (dataPeriod === undefined) return all
  return effect === 'deny'
    ? and(compare('facts.period.start', 'le', dataPeriod.end), compare('facts.period.end', 'ge', dataPeriod.start))
    : and(compare('facts.period.start', 'ge', dataPeriod.start), compare('facts.period.end', 'le', dataPeriod.end))
}
