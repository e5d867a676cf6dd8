/** Random resources: every element that a search parameter reads, of few values, so that queries meet them. */
import type { Declared, Member } from './definition.js'
import { branchesOf, membersOf } from './definition.js'

export type Random = () => number
export type Json = Readonly<Record<string, unknown>>

/** mulberry32: the same numbers for the same seed. */
export function randomOf (seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function pick<T> (random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

export const base = 'https://record.example/fhir'
export const systems = ['urn:tree', 'urn:own', undefined]
export const codes = ['root', 'left', 'leaf', 'right', 'a,b|c', 'x$y\\']
/** What the system `urn:tree` calls its codes is among them. */
export const displays = ['Root of all', 'Left', 'Leaf', 'Écrit du jour', 'Œuvre n° 2', undefined, undefined]
export const plainCodes = ['current', 'active', 'replaces', 'signs', 'male', 'fr', 'true']
export const texts = ['Lefèvre-Œuvrard', 'Le Fevre', 'dupont', 'DUPONT, Zoé', '12 rue de la Paix', 'a|b\\c$d', 'Été']
export const values = ['1', '2', '8|9', 'A,b']
export const phones = ['01 23 45', '+33-1-23.45', 'Zoe@Mail.example']
export const ids = ['1', '2', 'a-b']
export const references = [
  'Patient/1', 'Patient/2', `${base}/Patient/1`, 'Patient/1/_history/2', 'Practitioner/1', 'Organization/2', 'DocumentReference/1', 'DocumentReference/2', 'Encounter/a-b',
  'Location/1', 'Device/1', 'https://other.example/fhir/Patient/1', 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', '#x'
]
export const uris = ['http://a.example', 'http://a.example/fhir', 'http://a.example/fhir/', 'http://a.example/fhir/x', 'http://a.example/fhir/x|1', 'http://a.example/fhir2', 'http://a.example/fhir/x/y', 'urn:oid:1.2.3']
export const dates = [
  '2020', '2020-03', '2020-03-29', '2020-10-25', '2020-12-31', '2021', '2021-01-01', '2020-03-29T02:30:00', '2020-10-25T02:30:00+02:00', '2020-12-31T23:30:00Z',
  '2021-01-01T00:30:00+01:00', '2021-01-01T00:30:00.2Z', '2021-01-01T00:30:00.250Z', '2021-01-01T00:30:00.250001Z', '2021-01-01T00:30:00.250002Z', '2021-01-01T00:30:00-03:00'
]
export const amounts = [5, 5.4, 5.35, 5.45, 5400, 0.0054, 60, 1, 120, 16, 0]
export const units = ['mg', 'g', 'kg', 'h', 'min', 'mm[Hg]', 'kPa', '[iU]']

const UCUM = 'http://unitsofmeasure.org'
const coding = (random: Random) => defined({ system: pick(random, systems), code: random() < 0.9 ? pick(random, codes) : undefined, display: pick(random, displays) })
const quantity = (random: Random) => {
  const unit = pick(random, units)
  return defined({ value: random() < 0.9 ? pick(random, amounts) : undefined, comparator: random() < 0.3 ? pick(random, ['<', '<=', '>', '>=']) : undefined, unit: random() < 0.5 ? unit : pick(random, ['pieces', undefined]), system: random() < 0.8 ? UCUM : pick(random, ['urn:own', undefined]), code: random() < 0.9 ? unit : undefined })
}
const identifier = (random: Random) => defined({ system: pick(random, systems), value: random() < 0.9 ? pick(random, values) : undefined, type: random() < 0.5 ? defined({ text: pick(random, displays) ?? 'Numéro', coding: some(random, coding) }) : undefined })
const period = (random: Random) => defined({ start: random() < 0.7 ? pick(random, dates) : undefined, end: random() < 0.7 ? pick(random, dates) : undefined })

const makers: Readonly<Record<string, (random: Random) => unknown>> = {
  Coding: coding,
  CodeableConcept: random => defined({ coding: some(random, coding), text: pick(random, displays) }),
  Identifier: identifier,
  ContactPoint: random => defined({ system: pick(random, ['phone', 'email', undefined]), value: pick(random, phones), use: pick(random, ['home', 'work']) }),
  Reference: random => random() < 0.75 ? { reference: pick(random, references) } : random() < 0.7 ? { identifier: identifier(random) } : { display: 'x' },
  Range: random => defined({ low: random() < 0.8 ? { ...quantity(random), comparator: undefined } : undefined, high: random() < 0.8 ? { ...quantity(random), comparator: undefined } : undefined }),
  Period: period,
  Timing: random => defined({ event: random() < 0.6 ? some(random, each => pick(each, dates)) : undefined, repeat: random() < 0.5 ? { boundsPeriod: period(random) } : undefined }),
  HumanName: random => defined({ family: pick(random, texts), given: some(random, each => pick(each, texts)), text: random() < 0.3 ? pick(random, texts) : undefined }),
  Address: random => defined({ line: some(random, each => pick(each, texts)), city: pick(random, texts), country: pick(random, ['FR', undefined]), postalCode: pick(random, ['75001', undefined]), state: pick(random, texts), use: pick(random, ['home', 'work', undefined]) }),
  Meta: random => defined({ profile: some(random, each => pick(each, uris)), source: pick(random, [...uris, undefined]), tag: some(random, coding), security: some(random, coding) }),
  SampledData: () => ({ origin: { value: 5.4 }, period: 1, dimensions: 1, data: '5.4' }),
  boolean: random => random() < 0.5,
  code: random => pick(random, plainCodes),
  id: random => pick(random, ids),
  date: random => pick(random, dates.filter(date => !date.includes('T'))),
  dateTime: random => pick(random, dates),
  instant: random => pick(random, dates.filter(date => /:\d\d.*(?:Z|[+-]\d\d:\d\d)$/.test(date)))
}
for (const type of ['Quantity', 'Age', 'Duration', 'Count', 'Distance']) Object.assign(makers, { [type]: quantity })
for (const type of ['string', 'markdown']) Object.assign(makers, { [type]: (random: Random) => pick(random, texts) })
for (const type of ['uri', 'url', 'canonical', 'oid', 'uuid']) Object.assign(makers, { [type]: (random: Random) => pick(random, uris) })
for (const type of ['decimal', 'integer', 'positiveInt', 'unsignedInt']) Object.assign(makers, { [type]: (random: Random) => pick(random, amounts) })

/** Without what is undefined, or empty; undefined where nothing is left. */
function defined (json: Json): Json | undefined {
  const kept = Object.entries(json).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function some (random: Random, make: (random: Random) => unknown): unknown[] {
  return Array.from({ length: 1 + Math.floor(random() * 2) }, () => make(random)).filter(each => each !== undefined)
}

/** A resource of the type of `parameters`, with what they read. */
export function resourceOf (random: Random, id: string, parameters: readonly Declared[]): Json & { readonly resourceType: string } {
  const read = parameters.flatMap(branchesOf).join(' ')
  const resourceType = parameters[0]?.resourceType ?? ''
  const extra = parameters.some(({ definition }) => definition.type === 'composite') ? ['code', 'value', 'target'] : []
  const isRead = ({ name }: Member) => new RegExp(`\\b${name.replace(/[A-Z]\w*$/, '')}`).test(read) && (extra.includes(name) || read.includes(name) || /[A-Z]/.test(name))
  const build = (type: string, depth: number): Json => defined(Object.fromEntries(membersOf(type).filter(member => extra.some(name => member.name.startsWith(name)) || isRead(member)).map(({ name, type: of, isList }) => {
    if (random() < 0.35 || depth > 4 || name === 'id') return [name, undefined]
    const make = makers[of] ?? (membersOf(of).length > 0 && !['Extension', 'Narrative', 'Resource'].includes(of) ? () => { const made = build(of, depth + 1); return Object.keys(made).length === 0 ? undefined : made } : () => undefined)
    return [name, isList ? some(random, make) : make(random)]
  }))) ?? {}
  return { resourceType, id, ...withoutRivals(build(resourceType, 0)) }
}

/** One type of each choice. */
function withoutRivals (json: Json): Json {
  const seen = new Set<string>()
  return Object.fromEntries(Object.entries(json).filter(([name]) => {
    const stem = /^(value|onset|abatement|effective|performed|occurrence|deceased|medication|born|age|timing|multipleBirth|serviced)[A-Z]/.exec(name)?.[1]
    if (stem === undefined) return true
    if (seen.has(stem)) return false
    seen.add(stem)
    return true
  }).map(([name, value]) => [name, Array.isArray(value) ? value.map(each => isObject(each) ? withoutRivals(each) : each) : isObject(value) ? withoutRivals(value) : value]))
}

function isObject (value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
