/** Queries on one parameter, of values that the resources have and of others: with escapes, prefixes and alternatives. */
import type { Declared } from './definition.js'
import { heldTypes } from './definition.js'
import type { Found } from './naive-path.js'
import { amounts, codes, dates, displays, ids, pick, plainCodes, references, systems, texts, units, uris, values } from './random.js'
import type { Json, Random } from './random.js'

const escape = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
const prefixes = ['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']

/** @param seen the values of the parameter in the resources */
export function queryOf (random: Random, declared: Declared, modifier: string | undefined, seen: readonly Found[]): readonly string[] {
  if (modifier === 'missing') return [pick(random, ['true', 'false'])]
  const { type = '', code = '' } = declared.definition
  if (code === 'phonetic') return [pick(random, ['Lefebvre', 'lefevre ouvrar', 'DUPOND', 'du', 'zoe dupon', 'Ruhe', ...texts].filter(text => /\p{L}|\d/u.test(text)).map(escape))]
  const one = () => {
    const some = random() < 0.8 && seen.length > 0 ? pick(random, seen) : undefined
    switch (type) {
      case 'token': return code === '_id' ? `${Math.floor(random() * 20)}` : token(random, modifier, some)
      case 'string': return string(random, modifier, some)
      case 'uri': return pick(random, modifier === undefined ? uris : uris.filter(each => each.startsWith('http')))
      case 'date': return pick(random, prefixes) + pick(random, dates)
      case 'quantity': return quantity(random)
      case 'reference': return reference(random, modifier, (declared.definition.target ?? []).some(target => heldTypes.includes(target)))
      case 'special': return `${pick(random, amounts.filter(degrees => degrees <= 90))}|${pick(random, ['5', '-170.5', '120', '0', '1.6e1'])}${pick(random, ['', '|800', '|0', '|2500|', '|15000|km', '|1200000|m', '|20037|km', '|1000|[mi_i]'])}`
      case 'composite': return composite(random, code, some)
      default: throw new Error(`no queries of ${type}`)
    }
  }
  return random() < 0.7 ? [one()] : [one(), one()]
}

/** Of the modifiers of `:[type]`, those of types that references point to. */
export const isAsked = (modifier: string) => !/^[A-Z]/.test(modifier) || ['Slot', ...references].some(each => each.startsWith(`${modifier}/`) || each === modifier)

function token (random: Random, modifier: string | undefined, some: Found | undefined): string {
  const tree = () => `urn:tree|${pick(random, ['root', 'left', 'right', 'leaf'])}`
  const { type, value } = some ?? { type: 'Coding', value: { system: pick(random, systems), code: pick(random, [...codes, ...plainCodes]) } }
  const json = value as Json
  const coded = type === 'CodeableConcept' ? (json['coding'] as readonly Json[] | undefined)?.[0] ?? { code: 'none' } : type === 'Identifier' ? { ...json, code: json['value'] ?? 'none' } : json
  switch (modifier) {
    case 'in': case 'not-in': return 'urn:vs'
    case 'above': case 'below': return tree()
    case 'of-type': return [pick(random, systems) ?? 'urn:own', pick(random, codes), String(json['value'] ?? pick(random, values))].map(escape).join('|')
    case 'text': return escape((pick(random, displays) ?? 'Numéro').slice(0, 3 + Math.floor(random() * 4)).trim())
  }
  if (type === 'ContactPoint') return escape(String(json['value']))
  if (typeof value !== 'object') return escape(String(value))
  const [system, code] = [coded['system'], coded['code'] ?? pick(random, codes)].map(each => each === undefined ? undefined : escape(String(each)))
  return pick(random, [code ?? '', `${system ?? ''}|${code ?? ''}`, `|${code ?? ''}`, `${system ?? 'urn:own'}|`])
}

function string (random: Random, modifier: string | undefined, some: Found | undefined): string {
  const text = typeof some?.value === 'string' ? some.value : pick(random, texts)
  if (modifier === 'exact') return escape(text)
  const from = modifier === 'contains' ? Math.floor(random() * (text.length - 2)) : 0
  const part = text.slice(from, from + 1 + Math.floor(random() * text.length))
  return /[\p{L}\p{N}|$]/u.test(part) ? escape(random() < 0.5 ? part : part.toUpperCase()) : 'du'
}

function quantity (random: Random): string {
  const amount = pick(random, [...amounts.map(String), '5.40', '5.350', '100', '1e1', '5.4e0', '-1'])
  const unit = pick(random, units)
  return pick(random, prefixes) + amount + pick(random, ['', `|http://unitsofmeasure.org|${unit}`, `|http://unitsofmeasure.org|${unit}`, `||${unit}`, '||pieces', `|urn:own|${unit}`])
}

/** @param hasHeld whether a bare id can be that of a resource here: else it is refused */
function reference (random: Random, modifier: string | undefined, hasHeld: boolean): string {
  if (modifier === 'identifier') return token(random, undefined, { type: 'Identifier', value: { system: pick(random, systems), value: pick(random, values) } })
  if (modifier !== undefined) return pick(random, ids)
  return escape(pick(random, [...references.filter(each => !each.startsWith('#')), ...references.slice(0, 4), ...hasHeld ? ids : [], ...uris]))
}

function composite (random: Random, code: string, some: Found | undefined): string {
  if (code === 'relationship') return `${pick(random, ['replaces', 'signs'])}$${pick(random, ['DocumentReference/1', '2', 'DocumentReference/2'])}`
  const given = some?.value as Json | undefined
  const first = token(random, undefined, given?.['code'] === undefined ? undefined : { type: 'CodeableConcept', value: given['code'] })
  if (code.endsWith('quantity')) return `${first}$${quantity(random)}`
  if (code === 'characteristic-value') return `${first}$${random() < 0.5 ? token(random, undefined, undefined) : String(random() < 0.5)}`
  if (code.endsWith('date')) return `${first}$${pick(random, prefixes)}${pick(random, dates)}`
  return `${first}$${code.endsWith('concept') ? token(random, undefined, undefined) : string(random, undefined, undefined)}`
}
