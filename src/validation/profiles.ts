import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'

const TYPES: readonly string[] = ['StructureDefinition', 'SearchParameter', 'OperationDefinition']

/**
 * Reads the definitions of our own and of others that this server claims.
 * @returns their canonical URLs
 * @throws Error at start, naming the file that is no definition or defines what another one does
 */
export async function loadProfiles (folder: string): Promise<ReadonlySet<string>> {
  const urls = new Set<string>()
  for (const name of (await readdir(folder)).toSorted()) {
    const text = await readFile(path.join(folder, name), 'utf8')
    let definition: { readonly resourceType?: unknown, readonly url?: unknown, readonly status?: unknown }
    try {
      definition = JSON.parse(text) as typeof definition
    } catch {
      throw new Error(`profiles/${name} is not JSON`)
    }
    const { resourceType, url, status } = definition
    if (typeof resourceType !== 'string' || !TYPES.includes(resourceType)) throw new Error(`profiles/${name} is no definition`)
    if (typeof url !== 'string' || typeof status !== 'string') throw new Error(`profiles/${name} has no url or status`)
    if (urls.has(url)) throw new Error(`profiles/${name}: another file defines ${url}`)
    urls.add(url)
  }
  return urls
}
