/**
 * The families whose resources belong to those who take part in them (`consent.md` 2): messages and appointments. Masks,
 * grounds and the matrix do not apply; rules 1 to 4 do. A block leaves the threads to those who took part in them, but
 * not the agenda. The operator takes part in what `$report-access` asks them, and in what they answer.
 */
import type { Appointment, Communication } from '@medplum/fhirtypes'
import { all, and, compare, equals, isIn, none, not, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Decision } from './decide.js'
import { BEYOND, labelsOf, marksOf, tagOf } from './label.js'
import type { Mark } from './label.js'
import type { Situation } from './situation.js'

/** What a trace, or the notification of one, names: `Type/id`. It is not there while that is hidden from its reader. */
export interface Told {
  readonly about: readonly string[]
  /** What a search disclosed. */
  readonly disclosed: readonly string[]
  /** Whether the request named the record: else it is there for what was disclosed, and as long as that is seen. */
  readonly isNamed: boolean
}

/** What is read of a Communication or Appointment; hashed keys, `Patient/id` for the holder. */
export interface ParticipationFacts {
  readonly labels: readonly Mark[]
  /** `system|code` of every label. */
  readonly tags: readonly string[]
  /** Everybody who takes part, the sender too. */
  readonly participants: readonly string[]
  /** The sender of a message; who deposited an appointment. */
  readonly authors: readonly string[]
  readonly depositor: string
  readonly isDraft: boolean
  readonly enteredInError: boolean
  /** When it was written, when what is `INVISIBLE_PATIENT` opens to the holder (ms), and whether it ever was. */
  readonly began: number
  readonly opens: number
  readonly wasWithheld: boolean
  /** Of a notification: what it tells of (`family.ts`). */
  readonly told?: Told
}

export type Participation = 'message' | 'agenda'

const permit = (rule: number): Decision => ({ permit: true, rule, choices: [] })
const deny = (rule: number, choices: readonly string[] = []): Decision => ({ permit: false, rule, choices })

/** @param authors who take part in any case @param known the facts before an update */
export function participationFacts (
  resource: Communication | Appointment, authors: readonly string[], participants: readonly string[], known: Pick<ParticipationFacts, 'began' | 'opens' | 'wasWithheld'>
): ParticipationFacts {
  const labels = labelsOf(resource)
  const marks = marksOf(resource)
  return {
    labels: marks,
    tags: labels.map(tagOf),
    participants: [...new Set([...participants, ...authors])],
    authors,
    depositor: authors[0] ?? '',
    isDraft: resource.status === 'preparation',
    enteredInError: resource.status === 'entered-in-error',
    began: known.began,
    opens: known.opens,
    wasWithheld: known.wasWithheld || marks.includes('INVISIBLE_PATIENT')
  }
}

/** Whether the caller of `situation` may see one message or appointment, deletion left aside. */
export function decideParticipation (situation: Situation, family: Participation, facts: ParticipationFacts): Decision {
  const { stands } = situation
  if (stands === 'shut' && (family !== 'message' || situation.keys.length === 0)) return deny(situation.rule, situation.choices)
  if (stands === 'holder') {
    const holder = `Patient/${situation.patient}`
    const isTheirs = family === 'agenda' || facts.participants.includes(holder)
    if (!situation.isOpen) return deny(1)
    if (!isTheirs || (facts.isDraft && !facts.authors.includes(holder))) return deny(0)
    return facts.labels.includes('INVISIBLE_PATIENT') && situation.now < facts.opens ? deny(3) : permit(3)
  }
  if (stands === 'representative') return ofRepresentative(situation, family, facts)
  const keys = participantKeys(situation, family)
  if (facts.enteredInError && !meets(facts.authors, keys)) return deny(2)
  const isSeen = meets(facts.participants, keys) && (!facts.isDraft || meets(facts.authors, keys))
  return isSeen ? permit(0) : deny(0)
}

/** As the holder, of messages those in which they take part themselves. */
function ofRepresentative ({ isOpen, keys, now }: Extract<Situation, { stands: 'representative' }>, family: Participation, facts: ParticipationFacts): Decision {
  if (!isOpen) return deny(1)
  if ((family === 'message' && !meets(facts.participants, keys)) || (facts.isDraft && !meets(facts.authors, keys))) return deny(0)
  return facts.labels.includes(BEYOND) || (facts.labels.includes('INVISIBLE_PATIENT') && now < facts.opens) ? deny(4) : permit(4)
}

/** The messages or appointments of the record that the caller may see. */
export function compileParticipation (situation: Situation, family: Participation): Filter {
  const keys = participantKeys(situation, family)
  if (situation.stands === 'representative') {
    if (!situation.isOpen) return none
    return and(
      family === 'agenda' ? all : isIn('facts.participants', keys),
      or(not(equals('facts.isDraft', true)), isIn('facts.authors', keys)),
      announced(situation.now),
      not(equals('facts.labels', BEYOND)))
  }
  if (situation.stands !== 'holder') return ofParticipants(keys)
  if (!situation.isOpen) return none
  const holder = `Patient/${situation.patient}`
  return and(
    family === 'agenda' ? all : equals('facts.participants', holder),
    or(not(equals('facts.isDraft', true)), equals('facts.authors', holder)),
    announced(situation.now))
}

function announced (now: number): Filter {
  return or(not(equals('facts.labels', 'INVISIBLE_PATIENT')), compare('facts.opens', 'le', now))
}

/** What those whose keys these are take part in. */
export function ofParticipants (keys: readonly string[]): Filter {
  return and(
    isIn('facts.participants', keys),
    or(isIn('facts.authors', keys), and(not(equals('facts.isDraft', true)), not(equals('facts.enteredInError', true)))))
}

/** The keys under which a caller takes part; an application sees of the agenda what it deposited itself. */
function participantKeys (situation: Situation, family: Participation): readonly string[] {
  switch (situation.stands) {
    case 'holder': return []
    case 'shut': return family === 'message' ? situation.keys : []
    case 'application': return family === 'agenda' ? situation.keys : []
    case 'professional': return [...situation.inPerson, ...situation.asStructure]
    default: return situation.keys
  }
}

function meets (values: readonly string[], wanted: readonly string[]): boolean {
  return values.some(value => wanted.includes(value))
}
