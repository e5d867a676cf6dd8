import type { CodeSystem, CodeSystemConcept } from '@medplum/fhirtypes'

/**
 * What is known of a `system|code`: `known`, it is listed; `invalid`, its system is complete and does not list it;
 * `undecided`, its system is a fragment, so the code may well exist elsewhere; `foreign`, its system is not loaded.
 */
export type Standing = 'known' | 'invalid' | 'undecided' | 'foreign'

/** The code systems of the server. Codes are compared as written: another case is another code. */
export interface Vocabulary {
  readonly standing: (token: string) => Standing
  readonly isKnown: (token: string) => boolean
  readonly display: (token: string) => string | undefined
  /** The canonical URL of a system named by it, by its OID or by `urn:oid:` and its OID. */
  readonly systemOf: (name: string) => string | undefined
  /** The bare OID of a system named by its canonical URL. */
  readonly oidOf: (system: string) => string | undefined
}

const URN = 'urn:oid:'

/**
 * @param systems complete ones and fragments, one for each URL
 * @throws Error where two systems claim one OID
 */
export function createVocabulary (systems: readonly CodeSystem[]): Vocabulary {
  const displays = new Map<string, string>()
  const contents = new Map<string, CodeSystem['content']>()
  const urls = new Map<string, string>()
  const oids = new Map<string, string>()
  for (const { url = '', content, concept, identifier } of systems) {
    contents.set(url, content)
    urls.set(url, url)
    for (const { code = '', display = '' } of conceptsOf(concept)) displays.set(`${url}|${code}`, display)
    for (const { value } of identifier ?? []) {
      if (value?.startsWith(URN) !== true) continue
      if (urls.has(value)) throw new Error(`${value} identifies both ${urls.get(value)} and ${url}`)
      const oid = value.slice(URN.length)
      urls.set(value, url).set(oid, url)
      oids.set(url, oid)
    }
  }
  return Object.freeze({
    standing: (token: string) => {
      if (displays.has(token)) return 'known'
      const content = contents.get(systemPart(token))
      if (content === undefined) return 'foreign'
      return content === 'complete' ? 'invalid' : 'undecided'
    },
    isKnown: (token: string) => displays.has(token),
    display: (token: string) => displays.get(token),
    systemOf: (name: string) => urls.get(name),
    oidOf: (system: string) => oids.get(system)
  })
}

/** The concepts of a system at every depth, parents first. */
export function conceptsOf (concepts: readonly CodeSystemConcept[] = []): readonly CodeSystemConcept[] {
  return concepts.flatMap(concept => [concept, ...conceptsOf(concept.concept)])
}

function systemPart (token: string): string {
  const bar = token.indexOf('|')
  return bar < 0 ? '' : token.slice(0, bar)
}
