/**
 * The invariants of R4 that may be asked a hundred thousand times of one resource: those of data types and of parts that
 * repeat, and those whose FHIRPath asks the whole resource once for each part. Each is R4's expression of the same key, in
 * constant time (those of a Bundle and of `Observation.component`: linear), and takes whatever stands in its place, right or not.
 * What an expression cannot tell is no fault. All others are left to `condition.ts`.
 */
import type { Holder } from './holder.js'

export type Json = Readonly<Record<string, unknown>>
/** Whether an element is as the invariant asks. */
export type Invariant = (element: Json, holder: Holder) => boolean

const UCUM = 'http://unitsofmeasure.org'
const THO = 'http://terminology.hl7.org/CodeSystem/'
const ERROR = ['entered-in-error']

/** By key; where R4 gives one key to several, by the path too. */
export const invariants: Readonly<Record<string, Invariant>> = {
  'ext-1': extension => has(extension, 'extension') !== hasChoice(extension, 'value'),
  'ref-1': ({ reference }, { contained }) => typeof reference !== 'string' || !reference.startsWith('#') || reference === '#' || contained.has(reference.slice(1)),
  'att-1': attachment => !has(attachment, 'data') || has(attachment, 'contentType'),
  'cpt-2': contact => !has(contact, 'value') || has(contact, 'system'),
  'per-1': ({ start, end }) => !(typeof start === 'string' && typeof end === 'string' && isAfter(start, end)),
  'rng-2': ({ low, high }) => !isGreater(low, high),
  'rat-1': ratio => has(ratio, 'numerator') === has(ratio, 'denominator') && (has(ratio, 'numerator') || has(ratio, 'extension')),
  'qty-3': quantity => !has(quantity, 'code') || has(quantity, 'system'),
  'sqty-1': quantity => !has(quantity, 'comparator'),
  'mqty-1': quantity => (has(quantity, 'code') || !has(quantity, 'value')) && isOrNot(quantity['system'], 'urn:iso:std:iso:4217'),
  'age-1': quantity => isMeasured(quantity) && (typeof quantity['value'] !== 'number' || quantity['value'] > 0),
  'dis-1': isMeasured,
  'cnt-3': quantity => isMeasured(quantity) && isOrNot(quantity['code'], '1') && (typeof quantity['value'] !== 'number' || Number.isInteger(quantity['value'])),
  'drt-1': quantity => !has(quantity, 'code') || (isOrNot(quantity['system'], UCUM) && has(quantity, 'system') && has(quantity, 'value')),
  'exp-1': each => has(each, 'expression') || has(each, 'reference'),
  'drq-1': filter => has(filter, 'path') !== has(filter, 'searchParam'),
  'drq-2': filter => has(filter, 'path') !== has(filter, 'searchParam'),
  'trd-1': trigger => !has(trigger, 'data') || !hasChoice(trigger, 'timing'),
  'trd-2': trigger => !has(trigger, 'condition') || has(trigger, 'data'),
  'trd-3': trigger => {
    const type = String(trigger['type'])
    return (type !== 'named-event' || has(trigger, 'name')) && (type !== 'periodic' || hasChoice(trigger, 'timing')) && (!type.startsWith('data-') || has(trigger, 'data'))
  },
  'tim-1': needs('duration', 'durationUnit'),
  'tim-2': needs('period', 'periodUnit'),
  'tim-4': ({ duration }) => typeof duration !== 'number' || duration >= 0,
  'tim-5': ({ period }) => typeof period !== 'number' || period >= 0,
  'tim-6': needs('periodMax', 'period'),
  'tim-7': needs('durationMax', 'duration'),
  'tim-8': needs('countMax', 'count'),
  'tim-9': repeat => !has(repeat, 'offset') || (has(repeat, 'when') && list(repeat['when']).every(each => !MEALS.includes(each))),
  'tim-10': repeat => !has(repeat, 'timeOfDay') || !has(repeat, 'when'),
  'ait-1': allergy => has(allergy, 'clinicalStatus') || isOneOf(allergy['verificationStatus'], `${THO}allergyintolerance-verification`, ERROR),
  'ait-2': allergy => !has(allergy, 'clinicalStatus') || !isOneOf(allergy['verificationStatus'], `${THO}allergyintolerance-verification`, ERROR),
  'app-1': participant => has(participant, 'type') || has(participant, 'actor'),
  'con-1': stage => has(stage, 'summary') || has(stage, 'assessment'),
  'con-2': evidence => has(evidence, 'code') || has(evidence, 'detail'),
  'con-4': condition => !hasChoice(condition, 'abatement') || isOneOf(condition['clinicalStatus'], `${THO}condition-clinical`, ['resolved', 'remission', 'inactive']),
  'con-5': condition => !has(condition, 'clinicalStatus') || !isOneOf(condition['verificationStatus'], `${THO}condition-ver-status`, ERROR),
  'ctm-1': (participant, { typeOf }) => !has(participant, 'onBehalfOf') || [undefined, 'Practitioner'].includes(typeOf(participant['member'])),
  'imm-1': education => has(education, 'documentType') || has(education, 'reference'),
  'Parameters.parameter inv-1': parameter => has(parameter, 'part')
    ? !hasChoice(parameter, 'value') && !has(parameter, 'resource')
    : hasChoice(parameter, 'value') !== has(parameter, 'resource'),
  'obs-3': range => has(range, 'low') || has(range, 'high') || has(range, 'text'),
  'obs-7': observation => {
    if (!hasChoice(observation, 'value')) return true
    const own = new Set(codingsOf(observation))
    return !list(observation['component']).some(component => codingsOf(component).some(coding => own.has(coding)))
  },
  // R4's own expressions ask for a system named `something`.
  'ppc-2': () => true,
  'ppc-3': () => true,
  'ppc-4': () => true,
  'ppc-5': () => true,
  'org-2': address => address['use'] !== 'home',
  'org-3': telecom => telecom['use'] !== 'home',
  'pat-1': contact => ['name', 'telecom', 'address', 'organization'].some(name => has(contact, name)),
  'qrs-1': item => !has(item, 'answer') || !has(item, 'item'),
  'sev-1': entity => !has(entity, 'name') || !has(entity, 'query'),
  'bdl-3': ({ type, entry }) => sameOfAll(entry, 'request', ['batch', 'transaction', 'history'].includes(String(type))),
  'bdl-4': ({ type, entry }) => sameOfAll(entry, 'response', ['batch-response', 'transaction-response', 'history'].includes(String(type))),
  'bdl-5': entry => has(entry, 'resource') || has(entry, 'request') || has(entry, 'response'),
  'bdl-7': ({ type, entry }) => {
    const addresses = list(entry).filter(each => has(each, 'fullUrl')).map(each => `${String(each['fullUrl'])} ${versionOf(each['resource'])}`)
    return type === 'history' || new Set(addresses).size === addresses.length
  },
  'bdl-8': ({ fullUrl }) => typeof fullUrl !== 'string' || !fullUrl.includes('/_history/')
}

/** Meals, of which an offset is none (tim-9). */
const MEALS: readonly unknown[] = ['C', 'CM', 'CD', 'CV']

/** Whether an element is there, by its value or by what stands beside it. */
function has (element: Json, name: string): boolean {
  return element[name] !== undefined || element[`_${name}`] !== undefined
}

function hasChoice (element: Json, stem: string): boolean {
  for (const name in element) if (name.startsWith(stem, name.startsWith('_') ? 1 : 0)) return true
  return false
}

function needs (name: string, other: string): Invariant {
  return element => !has(element, name) || has(element, other)
}

/** Whether one of the codings of a concept is one of these. */
function isOneOf (concept: unknown, system: string, codes: readonly string[]): boolean {
  return list(((concept ?? {}) as Json)['coding']).some(coding => coding['system'] === system && codes.includes(String(coding['code'])))
}

function isOrNot (value: unknown, only: string): boolean {
  return value === undefined || value === only
}

/** With a code where there is a value, and of UCUM where there is a system. */
function isMeasured (quantity: Json): boolean {
  return (has(quantity, 'code') || !has(quantity, 'value')) && isOrNot(quantity['system'], UCUM)
}

/** The objects of a list. */
function list (value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(each => each !== null) : []
}

function sameOfAll (entries: unknown, name: string, isThere: boolean): boolean {
  return list(entries).every(entry => has(entry, name) === isThere)
}

function versionOf (resource: unknown): string {
  return String((resource as { readonly meta?: Json | null } | undefined)?.meta?.['versionId'] ?? '')
}

/** The codings of `code`, each as a text that equal ones share. */
function codingsOf (element: Json): readonly string[] {
  const { coding } = (element['code'] ?? {}) as Json
  return list(coding).map(each => JSON.stringify(Object.entries(each).toSorted(([one], [other]) => one < other ? -1 : 1)))
}

/** Whether a Quantity is greater than another of the same unit; those of different units are not compared. */
function isGreater (one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  const [low, high] = [one as Json, other as Json]
  const isComparable = low['system'] === high['system'] && low['code'] === high['code'] && low['unit'] === high['unit']
  return isComparable && typeof low['value'] === 'number' && typeof high['value'] === 'number' && low['value'] > high['value']
}

/** The most that two places differ in their clocks, ms. */
const ZONES = 14 * 3600_000

/** Whether a date is certainly after another: a day without a clock may be that of any place. */
function isAfter (one: string, other: string): boolean {
  const [isTimed, isOtherTimed] = [one.includes('T'), other.includes('T')]
  if (isTimed && isOtherTimed) return Date.parse(one) > Date.parse(other)
  if (isTimed) {
    const earliest = Date.parse(one) - ZONES
    return Number.isFinite(earliest) && new Date(earliest).toISOString().slice(0, other.length) > other
  }
  if (isOtherTimed) return Date.parse(one) - ZONES > Date.parse(other)
  const length = Math.min(one.length, other.length)
  return one.slice(0, length) > other.slice(0, length)
}
