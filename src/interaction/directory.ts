import type { PractitionerRole, Reference } from '@medplum/fhirtypes'
import type { Party } from '../consent/provision.js'
import { equals, isIn } from '../filter/filter.js'
import { identityKey } from '../security/identity.js'
import type { ResourceStore } from './store.js'

/** What the directory's resources are judged and found by: the hashed keys of their identifiers. */
export interface DirectoryFacts { readonly names: readonly string[], readonly partOf: string | null }

/** A structure, by all its keys, and those that it is part of. */
export interface Affiliation { readonly own: readonly string[], readonly enclosing: readonly string[] }

export interface Directory {
  /** @param structure a key of `security/identity.ts`, hashed */
  readonly affiliation: (structure: string) => Promise<Affiliation>
  /** The person, structure or application that a reference names, by identifier or literally; undefined when it names nobody known. */
  readonly partyOf: (reference: Reference) => Promise<Party | undefined>
}

const MOST_LEVELS = 16
/** What a key of `security/identity.ts` is the key of. */
const TYPES: Readonly<Record<string, string>> = { person: 'person', structure: 'structure', client: 'application' }

/** The directory, read from the store: FINESS and SIRET of one Organization are one structure, `partOf` makes its parts. */
export function createDirectory (store: Pick<ResourceStore, 'find' | 'read' | 'opened'>, hash: (text: string) => string): Directory {
  const directory: Directory = {
    async affiliation (structure) {
      const found = await store.find({
        type: 'Organization', filter: asCurrent(structure), sort: [], limit: 10
      })
      const own = found.map(version => version.facts as DirectoryFacts)
      const enclosing: string[] = []
      let parents = own.flatMap(({ partOf }) => partOf ?? [])
      for (let level = 0; parents.length > 0 && level < MOST_LEVELS; level++) {
        const versions = await Promise.all(parents.map(async id => await store.read('Organization', id)))
        const facts = versions.flatMap(version => version === undefined || version.isDeleted ? [] : [version.facts as DirectoryFacts])
        enclosing.push(...facts.flatMap(({ names }) => names))
        parents = facts.flatMap(({ partOf }) => partOf ?? [])
      }
      return { own: [...new Set([structure, ...own.flatMap(({ names }) => names)])], enclosing }
    },

    async partyOf ({ reference, identifier }) {
      if (reference !== undefined) {
        const [, type, id] = /^(Practitioner|PractitionerRole|Organization)\/([A-Za-z0-9.-]{1,64})$/.exec(reference.replace(/\/_history\/[^/]*$/, '')) ?? []
        const version = type === undefined || id === undefined ? undefined : await store.read(type, id)
        if (version === undefined || version.isDeleted) return undefined
        if (type === 'PractitionerRole') return await personIn(JSON.parse((await store.opened(version))?.text ?? '{}') as PractitionerRole)
        return { type: type === 'Practitioner' ? 'person' : 'structure', keys: (version.facts as DirectoryFacts).names }
      }
      const key = identifier === undefined ? undefined : identityKey(identifier)
      return key === undefined ? undefined : { type: TYPES[key.slice(0, key.indexOf(':'))] ?? '', keys: [hash(key)] }
    }
  }
  return directory

  /** A role means the person who has it. */
  async function personIn ({ practitioner }: PractitionerRole): Promise<Party | undefined> {
    const party = practitioner === undefined || practitioner.reference?.startsWith('PractitionerRole/') === true ? undefined : await directory.partyOf(practitioner)
    return party?.type === 'person' ? party : undefined
  }
}

function asCurrent (structure: string) {
  return isIn('facts.names', [structure])
}

/** Not deleted. */
export const current = equals('deleted', false)
