import type { Coding, Encounter, Organization, Patient, Period, Practitioner, Reference } from '@medplum/fhirtypes'
import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { Options } from './model/question.js'
import { CLASS, FINESS, ID_NAT_PS, ID_NAT_ST, LOINC, PROFESSION, RESOURCE_TYPE, RPPS, SIRENE, SOCIAL, TYPE, kept, paris } from './scenario.js'
import type { Code, Id } from './scenario.js'

/**
 * Small worlds about one patient, mostly valid and a little hostile: three professionals, four structures with double
 * identifiers and parts, zero to eight choices, two to six documents, one caller who often has something to do with them.
 * Everything is first drawn relative to `now`, then built, so that instants fall on the edges of periods and months, and
 * a counter-example shrinks.
 */
/** A synthetic matrix: unknown types and professions are refused. */
export const options: Options = {
  matrix: (profession, types) => types.every(type => ALLOWED[`${profession.system}|${profession.code}`]?.includes(`${type.system}|${type.code}`)),
  knows: ({ system, code }) => KNOWN.includes(`${system}|${code}`),
  judgedAs: resourceType => resourceType === 'Observation' ? [TYPES.biology, TYPES.hospital] : [],
  outsideCare: new Set(['SA24', 'SA13'])
}

export const TYPES = {
  biology: { system: LOINC, code: '11502-2' },
  hospital: { system: LOINC, code: '34112-3' },
  psychology: { system: LOINC, code: '83901-9' },
  synthesis: { system: TYPE, code: 'SYNTH' },
  directives: { system: TYPE, code: 'EXPPAT_3' },
  residence: { system: TYPE, code: 'ATTEST-RESID' }
} as const satisfies Record<string, Coding>
export const CLASSES: readonly Code[] = ['10', '11', '90'].map(code => ({ system: CLASS, code }))
export const text = ({ system, code }: Coding): string => `${system}|${code}`
/** A code of an observation, of no document. */
export const HAEMOGLOBIN: Coding = { system: LOINC, code: '718-7' }
/** How many of each a world has. */
export const OBSERVATIONS = 2
export const LISTS = 3
const KNOWN = [...Object.values(TYPES), HAEMOGLOBIN, ...CLASSES, { system: RESOURCE_TYPE, code: 'DocumentReference' }, { system: RESOURCE_TYPE, code: 'Observation' }].map(text)
const allBut = (...refused: readonly Coding[]): readonly string[] => Object.values(TYPES).map(text).filter(type => !refused.map(text).includes(type))
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  [`${PROFESSION}|10`]: allBut(TYPES.residence),
  [`${PROFESSION}|40`]: allBut(TYPES.residence, TYPES.psychology, TYPES.directives),
  [`${PROFESSION}|60`]: allBut(TYPES.residence, TYPES.psychology),
  [`${SOCIAL}|320`]: [text(TYPES.residence), text(TYPES.synthesis), text(TYPES.biology)]
}

export const HOUR = 3600 * 1000
export const DAY = 24 * HOUR
export const pick = <T>(...weighted: ReadonlyArray<readonly [number, T]>): Arbitrary<T> => fc.oneof(...weighted.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
export const rarely = (per: number): Arbitrary<boolean> => pick([per - 1, false], [1, true])

// The directory. Index 3 of persons and 4 of structures are in no directory.

/** Every way in which a token or a reference may write each one. */
export const PERSONS: ReadonlyArray<readonly Id[]> = [
  [{ system: RPPS, value: '10000000001' }, { system: ID_NAT_PS, value: '810000000001' }],
  [{ system: ID_NAT_PS, value: '810000000002' }, { system: RPPS, value: '10000000002' }],
  [{ system: ID_NAT_PS, value: '0751234567' }, { system: RPPS, value: '10000000003' }, { system: ID_NAT_PS, value: '810000000003' }],
  [{ system: RPPS, value: '10000000009' }, { system: ID_NAT_PS, value: '810000000009' }]
]
export const STRUCTURES: ReadonlyArray<readonly Id[]> = [
  [{ system: FINESS, value: '750000001' }, { system: ID_NAT_ST, value: '1750000001' }],
  [{ system: ID_NAT_ST, value: '1750000002' }, { system: FINESS, value: '750000002' }, { system: SIRENE, value: '20000000000002' }, { system: ID_NAT_ST, value: '320000000000002' }],
  [{ system: SIRENE, value: '20000000000003' }, { system: ID_NAT_ST, value: '320000000000003' }],
  [{ system: ID_NAT_ST, value: '410000000004' }],
  [{ system: FINESS, value: '2A0000009' }, { system: ID_NAT_ST, value: '12A0000009' }]
]
export const CLIENTS = ['app-1', 'app-2']
export const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('nothing to choose from')
  return item
}

export const practitioners: Practitioner[] = PERSONS.slice(0, 3).map((ids, index) => ({
  resourceType: 'Practitioner',
  id: `p${index}`,
  // The first of each only where the rule of the prefix must make the rest.
  identifier: (index === 2 ? ids : ids.slice(0, 1)).map(id => ({ ...id }))
}))

/** The ward is part of the hospital, always; the hospital of the group of laboratories, sometimes. */
export const organizationsOf = (isDeep: boolean): Organization[] => STRUCTURES.slice(0, 4).map((ids, index): Organization => ({
  resourceType: 'Organization',
  id: `o${index}`,
  identifier: (index === 1 ? [at(ids, 0), at(ids, 2)] : ids.slice(0, 1)).map(id => ({ ...id })),
  ...index === 0 && { partOf: { reference: 'Organization/o1' } },
  ...index === 1 && isDeep && { partOf: { identifier: { ...at(at(STRUCTURES, 2), 1) } } }
}))

export const INS_VALUE = '180126978912536'
export const patient: Reference<Patient> = { reference: 'Patient/patient' }
export const encounters: Encounter[] = [{ resourceType: 'Encounter', id: 'e0', status: 'finished', class: { code: 'AMB' }, subject: patient }]

// Periods, on purpose at the edges.

const MADE = {
  open: () => undefined,
  // Neither start nor end, though it is there.
  blank: () => ({ extension: [{ url: 'https://example.org/no-instant', valueBoolean: true }] }),
  around: now => ({ start: paris(now - 10 * DAY).toISO() ?? '', end: iso(now + 10 * DAY) }),
  fromNow: now => ({ start: iso(now) }),
  fromNext: now => ({ start: iso(now + 1) }),
  toNow: now => ({ end: paris(now).toISO() ?? '' }),
  toBefore: now => ({ end: iso(now - 1) }),
  today: now => ({ start: day(now), end: day(now) }),
  toYesterday: now => ({ end: day(paris(now).minus({ days: 1 }).toMillis()) }),
  fromTomorrow: now => ({ start: day(paris(now).plus({ days: 1 }).toMillis()) }),
  thisMonth: now => ({ start: day(now).slice(0, 7), end: day(now).slice(0, 7) }),
  toLastMonth: now => ({ end: day(paris(now).minus({ months: 1 }).toMillis()).slice(0, 7) }),
  thisYear: now => ({ start: day(now).slice(0, 4), end: day(now).slice(0, 4) }),
  aDay: now => ({ start: iso(now - DAY), end: iso(now + DAY) }),
  pastADay: now => ({ start: iso(now - DAY - 1), end: iso(now + DAY) })
} satisfies Record<string, (now: number) => Period | undefined>
export type PeriodName = keyof typeof MADE
export const PERIODS = Object.fromEntries(Object.entries<(now: number) => Period | undefined>(MADE).map(([name, make]) => [name, kept(make)])) as Readonly<Record<PeriodName, (now: number) => Period | undefined>>
export const iso = (instant: number): string => new Date(instant).toISOString()
const day = (instant: number): string => paris(instant).toISODate() ?? ''
export const holding: PeriodName[] = ['around', 'fromNow', 'toNow', 'today', 'thisMonth', 'thisYear', 'aDay', 'pastADay', 'blank']
const missing: PeriodName[] = ['fromNext', 'toBefore', 'toYesterday', 'fromTomorrow', 'toLastMonth']
export const period: Arbitrary<PeriodName> = fc.oneof({ weight: 10, arbitrary: fc.constant<PeriodName>('open') },
  { weight: 5, arbitrary: fc.constantFrom(...holding) }, { weight: 3, arbitrary: fc.constantFrom(...missing) })
