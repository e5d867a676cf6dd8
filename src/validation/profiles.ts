import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { SearchParameter } from '@medplum/fhirtypes'
import { CANONICAL_BASE } from '../terminology/canonical.js'
import type { Profile } from './profile-tree.js'

const TYPES: readonly string[] = ['StructureDefinition', 'SearchParameter', 'OperationDefinition']

export interface Profiles {
  /** The canonical URLs of all definitions. */
  readonly urls: ReadonlySet<string>
  readonly searchParameters: readonly SearchParameter[]
  /** The definitions of our own, as JSON, by `Type/id`: the end of their canonical. */
  readonly own: ReadonlyMap<string, string>
  readonly structureDefinitions: readonly Profile[]
}

/** Elements without which a SearchParameter says nothing that could be asked (R4 `SearchParameter`). */
const NEEDED = ['name', 'description', 'code', 'base', 'type', 'expression'] as const

/**
 * Reads the definitions of our own and of others that this server claims.
 * @throws Error at start, naming the file that is no definition, is not whole, or defines what another one does
 */
export async function loadProfiles (folder: string): Promise<Profiles> {
  const urls = new Set<string>()
  const searchParameters: SearchParameter[] = []
  const own = new Map<string, string>()
  const structureDefinitions: Profile[] = []
  for (const name of (await readdir(folder)).toSorted()) {
    const text = await readFile(path.join(folder, name), 'utf8')
    let definition: { readonly resourceType?: unknown, readonly id?: unknown, readonly url?: unknown, readonly status?: unknown }
    try {
      definition = JSON.parse(text) as typeof definition
    } catch {
      throw new Error(`profiles/${name} is not JSON`)
    }
    const { resourceType, id, url, status } = definition
    if (typeof resourceType !== 'string' || !TYPES.includes(resourceType)) throw new Error(`profiles/${name} is no definition`)
    if (typeof url !== 'string' || typeof status !== 'string') throw new Error(`profiles/${name} has no url or status`)
    if (urls.has(url)) throw new Error(`profiles/${name}: another file defines ${url}`)
    urls.add(url)
    if (url.startsWith(`${CANONICAL_BASE}/`)) {
      if (url !== `${CANONICAL_BASE}/${resourceType}/${String(id)}`) throw new Error(`profiles/${name} is not at the end of its own url, ${url}`)
      own.set(`${resourceType}/${String(id)}`, JSON.stringify(definition))
    }
    if (resourceType === 'StructureDefinition') structureDefinitions.push(definition as Profile)
    if (resourceType !== 'SearchParameter') continue
    const parameter = definition as SearchParameter
    const missing = NEEDED.find(element => parameter[element] === undefined)
    if (missing !== undefined) throw new Error(`profiles/${name} is a SearchParameter without ${missing}`)
    searchParameters.push(parameter)
  }
  return { urls, searchParameters, structureDefinitions, own }
}
