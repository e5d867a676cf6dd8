import type { Caller } from '../consent/caller.js'
import type { PractitionerRole, Reference } from '@medplum/fhirtypes'
import { isWithin } from '../consent/choice.js'
import type { Span } from '../consent/choice.js'
import type { Party } from '../consent/provision.js'
import { and, equals, isIn } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { identityKey } from '../security/identity.js'
import type { ResourceStore } from './store.js'

/** What the directory's resources are judged and found by: the hashed keys of their identifiers; of a Group, those of its members. */
export interface DirectoryFacts { readonly names: readonly string[], readonly partOf: string | null, readonly members?: readonly Member[] }

/** Somebody on a list: by which keys, and from when to when the list holds for them; never (null) for who is inactive. */
export interface Member { readonly names: readonly string[], readonly span: Span | null }

/** That a caller is on a list (`Group/id`): themselves or their structure, in its span; or else only what it is part of. */
export interface Membership { readonly group: string, readonly span: Span | null }

/** A structure, by all its keys, and those that it is part of. */
export interface Affiliation { readonly own: readonly string[], readonly enclosing: readonly string[] }

export interface Directory {
  /** @param structure a key of `security/identity.ts`, hashed */
  readonly affiliation: (structure: string) => Promise<Affiliation>
  /** The operator's lists on which a person, their structure or what it is part of stand. @throws OutcomeError where they are too many */
  readonly memberships: (person: string | undefined, affiliation: Affiliation) => Promise<readonly Membership[]>
  /** The person, structure or application that a reference names, by identifier or literally; undefined when it names nobody known. */
  readonly partyOf: (reference: Reference) => Promise<Party | undefined>
}

const MOST_LEVELS = 16
const MOST_GROUPS = 1000
const LITERAL = /^(Practitioner|PractitionerRole|Organization|Device|Group)\/([A-Za-z0-9.-]{1,64})$/
/** What a resource of the directory is as an actor. */
const SORTS: Readonly<Record<string, string>> = { Practitioner: 'person', Organization: 'structure', Device: 'application', Group: 'list' }
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

    async memberships (person, { own, enclosing }) {
      const themselves = [...person === undefined ? [] : [person], ...own]
      const keys = [...themselves, ...enclosing]
      const found = await store.find({ type: 'Group', filter: and(current, isIn('facts.names', keys)), sort: [], limit: MOST_GROUPS + 1 })
      // A list that is left out could be one that denies.
      if (found.length > MOST_GROUPS) throw new OutcomeError('too-costly')
      return found.flatMap(({ id, facts }) => ((facts as DirectoryFacts).members ?? []).filter(({ names }) => names.some(name => keys.includes(name)))
        .map(({ names, span }) => ({ group: `Group/${id}`, span: names.some(name => themselves.includes(name)) ? span : null })))
    },

    async partyOf ({ reference, identifier }) {
      if (reference !== undefined) {
        const [, type, id] = LITERAL.exec(reference.replace(/\/_history\/[^/]*$/, '')) ?? []
        const version = type === undefined || id === undefined ? undefined : await store.read(type, id)
        if (type === undefined || version === undefined || version.isDeleted) return undefined
        if (type === 'PractitionerRole') return await personIn(JSON.parse((await store.opened(version))?.text ?? '{}') as PractitionerRole)
        return { type: SORTS[type] ?? '', keys: type === 'Group' ? [`Group/${version.id}`] : (version.facts as DirectoryFacts).names }
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

/** The lists on which somebody is at one instant, and all those on which they stand. */
export function groupsAt (memberships: readonly Membership[], now: number): { readonly groups: readonly string[], readonly listed: readonly string[] } {
  const inForce = memberships.filter(({ span }) => span !== null && isWithin(now, span))
  const named = (list: readonly Membership[]) => [...new Set(list.map(({ group }) => group))]
  return { groups: named(inForce), listed: named(memberships) }
}

function asCurrent (structure: string) {
  return isIn('facts.names', [structure])
}

/** Not deleted. */
export const current = equals('deleted', false)

/** The rules document whose stamp changes with every change of the directory. */
export const DIRECTORY = { patient: '', actor: 'directory' } as const

/** A caller's place in the directory, and the stamp of the directory that it was read under. */
export interface Placed { readonly stamp: string, readonly value: Affiliation & { readonly memberships: readonly Membership[] } }

/** What changes with every change of the directory. */
export async function directoryStamp (store: Pick<ResourceStore, 'rules'>): Promise<string> {
  return (await store.rules(DIRECTORY.patient, DIRECTORY.actor))?.stamp ?? ''
}

/** Where a caller stands in the directory at one instant. */
export function standing ({ value: { own, enclosing, memberships } }: Placed, now: number): Pick<Caller, 'own' | 'enclosing' | 'groups' | 'listed'> {
  return { own, enclosing, ...groupsAt(memberships, now) }
}
