/** What a search parameter means, as R4 search.html says it, on a whole resource: slow, plain, and without `src`. */
import { createRequire } from 'node:module'
import { heldTypes } from './definition.js'
import type { Declared } from './definition.js'
import { naiveDate, naiveQuantity } from './naive-range.js'
import { naiveValues } from './naive-path.js'
import type { Found } from './naive-path.js'
import type { Json } from './random.js'

export interface Asked { readonly modifier: string | undefined, readonly values: readonly string[], readonly now: number }

/** The hierarchy and the value set of the test's own terminology. */
const parents: Readonly<Record<string, readonly string[]>> = { root: [], left: ['root'], right: ['root'], leaf: ['left', 'root'] }
const members = ['urn:tree|left', 'urn:tree|right', 'urn:own|leaf']

export function naiveMatches (declared: Declared, resource: Json, { modifier, values, now }: Asked): boolean {
  const { definition } = declared
  if (definition.code === '_id' && modifier !== 'missing') return values.some(value => value === resource['id']) !== (modifier === 'not')
  const found = naiveValues(declared, resource)
  if (modifier === 'missing') return (found.length === 0) === (values[0] === 'true')
  const isNegative = modifier === 'not' || modifier === 'not-in'
  return values.some(value => found.some(each => holds(declared, each, modifier, value, now))) !== isNegative
}

function holds (declared: Declared, { value, type }: Found, modifier: string | undefined, asked: string, now: number): boolean {
  const { definition } = declared
  switch (definition.type) {
    case 'token': return token(value as Json, type, modifier, asked)
    case 'special': return near(value as Json, asked)
    case 'string': if (definition.code === 'phonetic') return sounds(plain(asked)).every(sound => textsOf(value, type).flatMap(sounds).includes(sound))
      return textsOf(value, type).some(text => string(text, modifier, plain(asked)))
    case 'uri': return ['uri', 'url', 'canonical'].includes(type) && uri(String(value), type, modifier, plain(asked))
    case 'date': return naiveDate(value, type, asked, now)
    case 'quantity': case 'number': return naiveQuantity(value as Json, type, asked)
    case 'reference': return reference(declared, value as Json, type, modifier, asked)
    case 'composite': return composite(declared, { value, type }, asked, now)
    default: throw new Error(`no meaning of ${definition.type}`)
  }
}

/** Splits at each `mark` that is not escaped. */
const split = (text: string, mark: string) => {
  const pieces = ['']
  for (const part of text.match(/\\.|[^\\]/gs) ?? []) {
    if (part === mark) pieces.push('')
    else pieces.push((pieces.pop() ?? '') + part)
  }
  return pieces
}
const plain = (text: string) => text.replace(/\\(.)/gs, '$1')

interface Coding { readonly system?: string, readonly code?: string, readonly display?: string }

function token (value: Json, type: string, modifier: string | undefined, asked: string): boolean {
  if (modifier === 'text') return textsOfToken(value, type).some(text => typeof text === 'string' && fold(text).startsWith(fold(plain(asked))))
  const pieces = split(asked, '|').map(plain)
  if (modifier === 'of-type') {
    const codings = ((value['type'] as Json | undefined)?.['coding'] ?? []) as readonly Coding[]
    return type === 'Identifier' && value['value'] === pieces[2] && codings.some(({ system, code }) => system === pieces[0] && code === pieces[1])
  }
  const tokens = tokensOf(value, type)
  switch (modifier) {
    case 'in': case 'not-in': return tokens.some(({ system, code }) => members.includes(`${system}|${code}`))
    case 'below': return tokens.some(({ system, code = '' }) => system === pieces[0] && (code === pieces[1] || (parents[code] ?? []).includes(pieces[1] ?? '')))
    case 'above': return tokens.some(({ system, code = '' }) => system === pieces[0] && (code === pieces[1] || (parents[pieces[1] ?? ''] ?? []).includes(code)))
  }
  const [first = '', second] = pieces
  return tokens.some(({ system, code }) => {
    if (second === undefined) return code === (type === 'ContactPoint' ? contact(first) : first)
    if (first === '' && system !== undefined) return false
    if (first !== '' && system !== first) return false
    return second === '' || code === (type === 'ContactPoint' ? contact(second) : second)
  })
}

function tokensOf (value: Json, type: string): readonly Coding[] {
  switch (type) {
    case 'CodeableConcept': return (value['coding'] ?? []) as readonly Coding[]
    case 'Coding': return [value as Coding]
    case 'Identifier': return [{ ...value, code: value['value'] } as Coding]
    case 'ContactPoint': return [{ code: contact(String(value['value'])) }]
    default: return [{ code: String(value) }]
  }
}

function textsOfToken (value: Json, type: string): readonly unknown[] {
  switch (type) {
    case 'CodeableConcept': return [value['text'], ...((value['coding'] ?? []) as readonly Coding[]).map(({ display }) => display)]
    case 'Coding': return [value['display']]
    case 'Identifier': return [(value['type'] as Json | undefined)?.['text']]
    default: return []
  }
}

/** Numbers without what only helps the eye, addresses in lower case. */
const contact = (text: string) => text.includes('@') ? text.toLowerCase() : text.replace(/[ ().-]/g, '')

/** Case, accents and punctuation do not count. */
function fold (text: string): string {
  return text.replace(/[Œœ]/g, 'oe').normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9°|$]+/g, ' ').trim()
}

function textsOf (value: unknown, type: string): readonly string[] {
  if (type !== 'HumanName' && type !== 'Address') return ['string', 'markdown'].includes(type) ? [String(value)] : []
  return Object.entries(value as Json).flatMap(([name, part]) => ['use', 'type', 'period'].includes(name) ? [] : [part].flat().map(String))
}

function string (text: string, modifier: string | undefined, asked: string): boolean {
  if (modifier === 'exact') return text === asked
  return modifier === 'contains' ? fold(text).includes(fold(asked)) : fold(text).startsWith(fold(asked))
}

function uri (text: string, type: string, modifier: string | undefined, asked: string): boolean {
  const spellings = type === 'canonical' ? [text, text.replace(/\|.*/, '')] : [text]
  const isUnder = (low: string, high: string) => low === high || low.startsWith(high.endsWith('/') ? high : `${high}/`)
  return spellings.some(each => modifier === 'below' ? isUnder(each, asked) : modifier === 'above' ? isUnder(asked, each) : each === asked)
}

const fonem = createRequire(import.meta.url)('talisman/phonetics/french/fonem') as (word: string) => string
const sounds = (text: string) => fold(text).split(' ').map(fonem).filter(sound => sound !== '')

const METRES: Readonly<Record<string, number>> = { km: 1000, m: 1, '[mi_i]': 1609.344 }

/** The angle between two directions from the middle of the earth. */
function near (position: Json, asked: string): boolean {
  const [latitude, longitude, distance, unit] = asked.split('|')
  const direction = (north: number, east: number) => {
    const [lat, lon] = [north, east].map(degrees => degrees / 180 * Math.PI) as [number, number]
    return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)] as const
  }
  const [north, east] = [position['latitude'], position['longitude']]
  if (typeof north !== 'number' || typeof east !== 'number' || Math.abs(north) > 90 || Math.abs(east) > 180) return false
  const [one, other] = [direction(north, east), direction(Number(latitude), Number(longitude))]
  const chord = Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])
  const km = Number(distance || 10) * (METRES[unit || 'km'] ?? NaN) / 1000
  return 2 * Math.asin(Math.min(1, chord / 2)) * 6378.1 <= km
}

/** `Type/id` of a resource of this server, whatever the version; anything else as it is. */
const local = (text: string) => /^(?:https:\/\/record\.example\/fhir\/)?([A-Z]\w+\/[A-Za-z0-9\-.]+)(?:\/_history\/.*)?$/.exec(text)?.[1]

function reference ({ definition: { code, target = [] } }: Declared, value: Json, type: string, modifier: string | undefined, asked: string): boolean {
  if (modifier === 'identifier') return type === 'Reference' && value['identifier'] !== undefined && token(value['identifier'] as Json, 'Identifier', undefined, asked)
  const wanted = plain(asked)
  if (type !== 'Reference') return uri(String(value), type, undefined, wanted)
  const text = value['reference']
  if (typeof text !== 'string' || text.startsWith('#')) return false
  const mine = local(text)
  if (/^[A-Za-z0-9\-.]+$/.test(wanted)) {
    const held = target.filter(each => heldTypes.includes(each))
    // A bare id of a patient or a subject is a patient's.
    const types = modifier !== undefined ? [modifier] : ['patient', 'subject'].includes(code ?? '') && held.includes('Patient') ? ['Patient'] : held
    return types.some(each => mine === `${each}/${wanted}`)
  }
  return (mine ?? text) === (local(wanted) ?? wanted)
}

/** The components of each composite of R4 that is declared: the element, and what is asked of it. */
function composite (declared: Declared, { value }: Found, asked: string, now: number): boolean {
  const [first = '', second = ''] = split(asked, '$')
  const json = value as Json
  const { code = '' } = declared.definition
  if (code === 'relationship') {
    const target = { ...declared, definition: { ...declared.definition, code: 'relatesto', target: ['DocumentReference' as const] } }
    return token(json['code'] as Json, 'code', undefined, first) && json['target'] !== undefined && reference(target, json['target'] as Json, 'Reference', undefined, second)
  }
  if (json['code'] === undefined || !token(json['code'] as Json, 'CodeableConcept', undefined, first)) return false
  const given = (name: string) => json[name] as Json | undefined
  switch (code.replace(/^(?:combo-|component-)/, '')) {
    case 'code-value-quantity': return given('valueQuantity') !== undefined && naiveQuantity(given('valueQuantity') ?? {}, 'Quantity', second)
    case 'code-value-concept': return given('valueCodeableConcept') !== undefined && token(given('valueCodeableConcept') ?? {}, 'CodeableConcept', undefined, second)
    case 'code-value-string': return given('valueString') !== undefined && string(String(json['valueString']), undefined, plain(second))
    case 'code-value-date': return (['DateTime', 'Period'] as const).some(type => given(`value${type}`) !== undefined && naiveDate(json[`value${type}`], type === 'Period' ? type : 'dateTime', second, now))
    case 'characteristic-value': return (['CodeableConcept', 'Boolean'] as const).some(type => json[`value${type}`] !== undefined && token(json[`value${type}`] as Json, type === 'Boolean' ? 'boolean' : type, undefined, second))
    default: throw new Error(`no meaning of ${code}`)
  }
}
