/**
 * The reference model for messages and the agenda (`consent.md` 2), from that page alone. It shares nothing with the server.
 * Parties are names: a person, a structure, the holder, the operator. "READING" marks a place where the page does not decide.
 */
export type Party = 'holder' | 'operator' | 'p0' | 'p1' | 's0' | 's1'

export interface Letter {
  readonly family: 'message' | 'agenda'
  /** Who sent the message; who wrote the appointment. */
  readonly author: Party
  readonly others: readonly Party[]
  readonly isDraft: boolean
  readonly isInError: boolean
  readonly isWithheld: boolean
  readonly began: number
}

export interface Reader {
  readonly kind: 'holder' | 'operator' | 'application' | 'professional' | 'structure'
  readonly person?: 'p0' | 'p1'
  readonly structure?: 's0' | 's1'
  readonly hasProfession: boolean
  readonly isOutsideCare: boolean
  readonly mode: 'normal' | 'bris_de_glace'
  /** Whether the token names this patient. */
  readonly isNamed: boolean
}

export interface Record {
  readonly account: 'none' | 'notified' | 'opposed' | 'open' | 'active' | 'suspended' | 'closed' | 'deleted'
  readonly blocked: readonly Party[]
  readonly physician?: 'p0' | 'p1'
}

interface Question { readonly record: Record, readonly reader: Reader, readonly letter: Letter, readonly now: number, readonly month: (began: number) => number }

/** Whether a reader sees a message or an appointment of a record; `month`: when what was begun then is announced. */
export function sees (q: Question): boolean {
  const { record: { account }, reader: { kind, isOutsideCare } } = q
  if (account !== 'open' && account !== 'active') return false
  if (kind === 'holder') return isSeenByHolder(q)
  // READING: an application takes part in no message, and without a choice for it sees no agenda either.
  if (kind === 'operator') return isSeenByOperator(q)
  if (kind === 'application' || isOutsideCare) return false
  return isWhole(q) && isSeenByCarer(q)
}

function isSeenByHolder ({ reader, letter, now, month }: Question): boolean {
  const { family, author, others, isDraft, isWithheld, began } = letter
  if (!reader.isNamed || (isWithheld && now < month(began)) || (isDraft && author !== 'holder')) return false
  return family === 'agenda' || author === 'holder' || others.includes('holder')
}

/**
 * READING: rules 1 to 4 hold in every family, rule 5 is of the record family: a message that names the operator is the
 * operator's as any recipient's. Who is treated as operator for their sector is not the operator, and is named by nobody.
 * Of the agenda they see nothing.
 */
function isSeenByOperator ({ letter: { family, author, others, isDraft, isInError } }: Question): boolean {
  return family === 'message' && (author === 'operator' || (others.includes('operator') && !isDraft && !isInError))
}

/** Rule 6, and what an emergency token names. */
function isWhole ({ reader: { kind, person, structure, hasProfession, mode, isNamed } }: Question): boolean {
  if (kind === 'structure') return true
  return person !== undefined && structure !== undefined && hasProfession && (mode === 'normal' || isNamed)
}

function isSeenByCarer ({ record: { blocked, physician }, reader: { kind, person, structure }, letter }: Question): boolean {
  const { family, author, others, isDraft, isInError } = letter
  const parties: readonly (Party | undefined)[] = kind === 'professional' ? [person, structure] : [structure]
  const meets = (list: readonly Party[]) => list.some(party => parties.includes(party))
  const isPhysician = kind === 'professional' && person === physician
  // READING: threads stay readable to participants; of the agenda the page says nothing, so a block shuts it.
  if (family === 'agenda' && meets(blocked) && !isPhysician) return false
  return meets([author]) || (meets(others) && !isDraft && !isInError)
}
