import type { Bundle, Consent, DocumentReference, Patient } from '@medplum/fhirtypes'
import { DateTime } from 'luxon'
import { chanceOf } from './chance.js'
import type { Chance } from './chance.js'
import { choicesOf } from './choice.js'
import type { Directory, Structure, Trade } from './directory.js'
import { depositOf, withData } from './document.js'
import type { Deposit } from './document.js'
import { MIX, countOf } from './mix.js'
import type { Origin } from './mix.js'
import { personOf } from './patient.js'
import type { Person } from './patient.js'
import type { Author } from './sheet.js'
import { submissionOf } from './submission.js'
import type { DocumentType } from './terminology.js'

/** All that one patient's record is made of, and who writes it. */
export interface SampleRecord {
  readonly ins: string
  readonly patient: Patient
  readonly choices: readonly Consent[]
  readonly documents: readonly { readonly structure: string, readonly document: DocumentReference }[]
  readonly ownDocuments: readonly DocumentReference[]
  readonly submission?: { readonly structure: string, readonly bundle: Bundle }
}

/** The sample ends here, whatever the day: the same seed gives the same bytes for ever. */
const UNTIL = DateTime.fromISO('2026-11-01T18:00:00', { zone: 'Europe/Paris' })
const DAYS = 3 * 365
/** One patient in so many has their hospital's documents as one ITI-65 submission. */
const SUBMITTED = 10

interface Made extends Deposit { readonly structure: Structure | undefined, readonly author: Author, readonly date: string }

export async function recordOf (seed: string, number: number, directory: Directory, typeOf: (code: string) => DocumentType): Promise<SampleRecord> {
  const chance = chanceOf(seed, 'patient', number)
  const { patient, ...person } = personOf(chance, number)
  const known: Readonly<Record<Trade, Structure>> = {
    hospital: chance.pick(directory.hospital),
    laboratory: chance.pick(directory.laboratory),
    practice: chance.pick(directory.practice),
    imaging: chance.pick(directory.imaging),
    pharmacy: chance.pick(directory.pharmacy)
  }
  const doctor = chance.pick(known.practice.staff)
  const made: Made[] = []
  for (let left = countOf(chance); left > 0; left--) {
    const origin = chance.weighed(MIX)
    const structure = origin.by === 'holder' ? undefined : known[origin.by]
    const author = origin.by === 'practice' ? doctor : structure === undefined ? { id: '', ...person } : chance.pick(structure.staff)
    made.push(await makeDocument(chance, { origin, structure, author, person, kind: typeOf(origin.code) }))
  }
  const submitted = number % SUBMITTED === 0 ? made.filter(({ structure }) => structure === known.hospital) : []
  const [head] = submitted
  const deposits = made.filter(each => !submitted.includes(each))
  return {
    ins: person.ins,
    patient,
    choices: choicesOf(chance, person.ins, UNTIL.minus({ days: chance.whole(1, 300) }).toISODate() ?? '', directory),
    documents: deposits.flatMap(each => each.structure === undefined ? [] : [{ structure: each.structure.id, document: withData(each) }]),
    ownDocuments: deposits.filter(each => each.structure === undefined).map(withData),
    ...head === undefined
      ? {}
      : { submission: { structure: known.hospital.id, bundle: submissionOf(chance, submitted, { ins: person.ins, author: head.author, structureId: known.hospital.id, date: head.date }) } }
  }
}

async function makeDocument (chance: Chance, { origin, structure, author, person, kind }: {
  readonly origin: Origin, readonly structure: Structure | undefined, readonly author: Author, readonly person: Person, readonly kind: DocumentType
}): Promise<Made> {
  const born = DateTime.fromISO(person.birthDate, { zone: 'Europe/Paris' })
  const most = Math.max(1, Math.min(DAYS, Math.floor(UNTIL.diff(born, 'days').days) - 1))
  const at = UNTIL.minus({ days: chance.whole(0, most) }).set({ hour: chance.whole(8, 17), minute: chance.whole(0, 59), second: chance.whole(0, 59) })
  const date = at.toISO({ suppressMilliseconds: true }) ?? ''
  const age = Math.max(0, Math.floor(at.diff(born, 'years').years))
  const { family, given } = author
  const deposit = await depositOf({
    uuid: chance.uuid(),
    title: kind.type.display ?? '',
    date,
    kind,
    person,
    author: { id: author.id, family, given },
    structure: structure?.name ?? 'Mon espace santé',
    structureId: structure?.id ?? '',
    content: origin.report(chance, person, age)
  }, structure, chance.percent(origin.cda) ? 'cda' : 'pdf', labelsOf(chance, origin))
  return { ...deposit, structure, author, date }
}

/** A few documents are masked at deposit; a few results wait until they are announced. */
function labelsOf (chance: Chance, { by, code }: Origin): readonly string[] {
  if (by === 'holder') return chance.percent(10) ? ['MASQUE_PS'] : []
  return [...chance.percent(3) ? ['MASQUE_PS'] : [], ...code === '11502-2' && chance.percent(1) ? ['INVISIBLE_PATIENT'] : []]
}
