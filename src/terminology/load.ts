import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CodeSystem, ConceptMap, ValueSet } from '@medplum/fhirtypes'
import { conceptsOf, createVocabulary } from './code-system.js'
import type { Vocabulary } from './code-system.js'

/**
 * Reads the FHIR JSON of a folder (not of the folders inside it), once, at start, and checks what the server relies on:
 * the type, a canonical URL that no other file has, a status, codes that are there once and with a display, and that
 * value sets and maps name no code that its system does not list. ConceptMaps may share a URL: they are versions of
 * one map. A file that is wrong stops the start, by its name.
 */
export interface Terminology {
  readonly codeSystems: readonly CodeSystem[]
  readonly valueSets: readonly ValueSet[]
  readonly conceptMaps: readonly ConceptMap[]
  readonly vocabulary: Vocabulary
}

type Canonical = CodeSystem | ValueSet | ConceptMap

interface Entry { readonly file: string, readonly resource: Canonical }

const STATUSES: readonly unknown[] = ['draft', 'active', 'retired', 'unknown']
const CONTENTS: readonly unknown[] = ['complete', 'fragment']

/**
 * @param folder the path of `terminology/`
 * @returns its resources, deeply frozen
 * @throws Error naming the file that cannot be used
 */
export async function loadTerminology (folder: string): Promise<Terminology> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.json')).sort()
  const entries = await Promise.all(names.map(name => readEntry(join(folder, name))))
  checkUnique(entries)
  const resources = entries.map(entry => entry.resource)
  const codeSystems = resources.filter(resource => resource.resourceType === 'CodeSystem')
  const vocabulary = createVocabulary(codeSystems)
  for (const { file, resource } of entries) {
    const stranger = tokensOf(resource).find(token => !['known', 'foreign'].includes(vocabulary.standing(token)))
    if (stranger !== undefined) throw refusal(file, `${stranger} is not a code that its system lists`)
  }
  return Object.freeze({
    codeSystems: Object.freeze(codeSystems),
    valueSets: Object.freeze(resources.filter(resource => resource.resourceType === 'ValueSet')),
    conceptMaps: Object.freeze(resources.filter(resource => resource.resourceType === 'ConceptMap')),
    vocabulary
  })
}

async function readEntry (file: string): Promise<Entry> {
  const text = await readFile(file, 'utf8')
  try {
    const resource: unknown = JSON.parse(text)
    const fault = faultOf(resource)
    if (fault !== undefined) throw new Error(fault)
    return { file, resource: deepFreeze(resource as Canonical) }
  } catch (error) {
    throw refusal(file, error instanceof Error ? error.message : String(error), error)
  }
}

function refusal (file: string, sentence: string, cause?: unknown): Error {
  return new Error(`${file}: ${sentence}`, { cause })
}

function checkUnique (entries: readonly Entry[]): void {
  const files = new Map<string, string>()
  for (const { file, resource: { resourceType, url, version } } of entries) {
    const key = resourceType === 'ConceptMap' ? `${url}|${version}` : `${url}`
    const other = files.get(key)
    if (other !== undefined) throw refusal(file, `its url ${key} is that of ${other} too`)
    files.set(key, file)
  }
}

function faultOf (resource: unknown): string | undefined {
  if (typeof resource !== 'object' || resource === null) return 'no resource'
  const { resourceType, url, status } = resource as Readonly<Record<string, unknown>>
  if (typeof url !== 'string' || !/^(https?:\/\/|urn:)[^\s|]+$/.test(url)) return 'no canonical url'
  if (!STATUSES.includes(status)) return 'no status of the R4 publication statuses'
  switch (resourceType) {
    case 'CodeSystem': return codeSystemFault(resource as CodeSystem)
    case 'ValueSet': return valueSetFault(resource as ValueSet)
    case 'ConceptMap': return conceptMapFault(resource as ConceptMap)
    default: return 'neither a CodeSystem nor a ValueSet nor a ConceptMap'
  }
}

function codeSystemFault ({ content, concept }: CodeSystem): string | undefined {
  if (!CONTENTS.includes(content)) return 'content is neither complete nor fragment'
  const concepts = conceptsOf(concept)
  if (concepts.length === 0) return 'no concept'
  if (!concepts.every(({ code, display }) => isText(code) && isText(display))) return 'a concept without code or display'
  const codes = concepts.map(({ code }) => code)
  const twice = codes.find((code, index) => codes.indexOf(code) !== index)
  return twice === undefined ? undefined : `the code ${twice} is there twice`
}

function valueSetFault ({ compose }: ValueSet): string | undefined {
  const includes = compose?.include ?? []
  if (includes.length === 0) return 'nothing is included'
  return includes.every(({ system, concept, valueSet }) => (isText(system) || (valueSet ?? []).length > 0) && (concept ?? []).every(({ code }) => isText(code)))
    ? undefined
    : 'an include without system or value set, or a concept without code'
}

function conceptMapFault ({ version, group }: ConceptMap): string | undefined {
  if (!isText(version)) return 'no version'
  const groups = group ?? []
  if (groups.length === 0) return 'no group'
  if (!groups.every(({ source, target }) => isText(source) && isText(target))) return 'a group without source or target'
  for (const { code, target } of groups.flatMap(({ element }) => element ?? [])) {
    if (!isText(code)) return 'an element without code'
    const isWhole = (target ?? []).every(cell => isText(cell.equivalence) && (isText(cell.code) || cell.equivalence === 'unmatched'))
    if (!isWhole) return `a target of ${code} without code or equivalence`
  }
  return undefined
}

function isText (value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Every `system|code` that a value set or a map names. */
function tokensOf (resource: Canonical): readonly string[] {
  switch (resource.resourceType) {
    case 'CodeSystem': return []
    case 'ValueSet': return (resource.compose?.include ?? [])
      .flatMap(({ system, concept }) => (concept ?? []).map(({ code }) => `${system}|${code}`))
    case 'ConceptMap': return (resource.group ?? []).flatMap(group => (group.element ?? []).flatMap(element => [
      `${group.source}|${element.code}`,
      ...(element.target ?? []).flatMap(({ code }) => code === undefined ? [] : `${group.target}|${code}`)
    ]))
    default: return resource satisfies never
  }
}

function deepFreeze<T> (value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
