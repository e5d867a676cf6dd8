/**
 * A world of the generators as the server would know it: its choices read, its caller situated, its resources with the
 * facts that the rules read of them. The directory of the world stands for the server's; nothing else is made up.
 */
import type { CareTeam, Coding, Consent, DocumentReference, Reference } from '@medplum/fhirtypes'
import type { Caller as ServerCaller } from '../../src/consent/caller.js'
import type { Choice } from '../../src/consent/choice.js'
import { factsOf, spanOf } from '../../src/consent/facts.js'
import type { Facts } from '../../src/consent/facts.js'
import { readChoice } from '../../src/consent/provision.js'
import { RECORD_TYPES } from '../../src/consent/record-type.js'
import { situate } from '../../src/consent/situation.js'
import type { Policy, Situation, Slice } from '../../src/consent/situation.js'
import { placesIn } from '../../src/consent/team.js'
import type { Team } from '../../src/consent/team.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { intervalOf, monthsAfter, yearsAfter } from '../../src/filter/interval.js'
import { authorshipOf } from '../../src/interaction/admit/authorship.js'
import { withItems } from '../../src/interaction/admit/container.js'
import { listFacts } from '../../src/interaction/admit/group.js'
import type { Context } from '../../src/interaction/context.js'
import { createDirectory, groupsAt } from '../../src/interaction/directory.js'
import { withAuthors } from '../../src/interaction/list-authors.js'
import { underCurrentLabels } from '../../src/interaction/read.js'
import type { ResourceStore, Version } from '../../src/interaction/store.js'
import type { Principal } from '../../src/security/principal.js'
import { allows, parseScopes } from '../../src/security/scope.js'
import { options, TYPES } from './generators.js'
import { APPLICATION, PROFESSION, keysOf, resolve, spanOfPeriod, withWholes } from './scenario.js'
import type { Caller, Party, Place, World, WorldConsent, WorldDocument } from './scenario.js'

/** One caller asks for all of one world. */
export interface Asked { readonly world: World, readonly caller: Caller, readonly now: number }
/** A resource as it is kept, with the facts of what it holds. */
export interface Stored { readonly _id: string, readonly type: RecordName, readonly patient: string, readonly deleted: boolean, readonly facts: Facts }
export type RecordName = WorldDocument['resource']['resourceType']

const OF_RECORD = /"(DocumentReference|Observation|List)\//g

/** Where the caller stands; null where a token is refused, or its scope reaches no document. @param prefix of all ids of the world */
export async function standing ({ world, caller, now }: Asked, prefix: string): Promise<Situation | null> {
  if (caller.mode !== 'normal' && caller.profession?.system !== PROFESSION) return null
  if (caller.kind === 'application' && !allows(parseScopes(caller.scope ?? ''), 'DocumentReference', 'r')) return null
  const place: Place = { world, now }
  const lists = await listsOf(place)
  const choices = await withAuthors(lists, world.consents.flatMap(consent => choiceOf(place, consent, prefix) ?? []), now)
  const server = await onLists(lists, serverCaller(place, caller, prefix))
  return situate(server, { patient: prefix + world.patientId, account: world.account, choices, ...aroundOf(place, caller, server) }, policy)
}

/** What of the record a server compiles beside the choices: the holder's coming of age, who the caller is, and their teams. */
function aroundOf (place: Place, { relatedPerson }: Caller, { person, own, enclosing }: ServerCaller): Pick<Slice, 'majority' | 'relative' | 'teams'> {
  const { world } = place
  const birth = intervalOf(world.birthDate)
  const related = world.relatedPersons.find(({ resource }) => resource.id === relatedPerson && resource.active !== false)
  const teams = world.careTeams.flatMap(each => {
    const of = (actors: readonly string[]) => actors.flatMap(actor => placesIn(`CareTeam/${each.id ?? ''}`, teamOf(place, each), actor))
    return [...of([...person === undefined ? [] : [person], ...own]), ...of(enclosing).map(each => ({ ...each, isGround: false }))]
  })
  return {
    ...birth === undefined ? {} : { majority: yearsAfter(birth.lo, 18) },
    ...related === undefined ? {} : { relative: { represents: related.represents ?? null, period: spanOf(related.resource.period ?? {}) } },
    teams
  }
}

/** A team as the server keeps it: by the keys of who is in it. */
function teamOf ({ world }: Place, { status, period = {}, participant = [] }: CareTeam): Team {
  const members = participant.flatMap(({ member = {}, period: own = {} }) => {
    const party = /^(?:CareTeam|Group)\//.test(member.reference ?? '') ? undefined : partyOf({ world, now: 0 }, member as Reference, {} as DocumentReference)
    return party === undefined ? [] : [{ keys: party.keys, isPerson: party.type === 'person', period: spanOf(own), by: [] }]
  })
  return { isActive: status === 'active', period: spanOf(period), members }
}

/** The lists of the operator, and the teams of the record, as the server keeps them: by the keys of who is on them. */
async function listsOf (place: Place): Promise<Pick<ResourceStore, 'find' | 'read' | 'opened'>> {
  const directory = { partyOf: async (reference: Reference) => personal(resolve(place, reference)) } as Context['directory']
  const lists = await Promise.all(place.world.groups.map(async group => ({ type: 'Group', id: group.id, isDeleted: false, facts: await listFacts({ directory }, group) })))
  const teams = place.world.careTeams.map(team => ({ type: 'CareTeam', id: team.id, isDeleted: false, facts: { team: teamOf(place, team) } }))
  return {
    find: async ({ filter }) => lists.filter(version => evaluate(filter, { deleted: false, facts: version.facts })) as unknown as readonly Version[],
    read: async (type, id) => [...lists, ...teams].find(version => version.type === type && version.id === id) as Version | undefined,
    opened: async version => version as Version
  }
}

async function onLists (store: Pick<ResourceStore, 'find' | 'read' | 'opened'>, caller: ServerCaller): Promise<ServerCaller> {
  if (caller.own.length === 0) return caller
  return { ...caller, ...groupsAt(await createDirectory(store, text => text).memberships(caller.person, caller), caller.now) }
}

/** Every resource of the world, in its order. */
export async function storedOf ({ world, now }: Asked, prefix: string): Promise<readonly Stored[]> {
  const stored: Stored[] = []
  for (const document of world.documents) stored.push(await store({ world, now }, document, prefix, stored))
  return stored
}

/** The version before the last one, as it is judged. */
export async function versionOf ({ world, now }: Asked, document: WorldDocument, last: Stored, prefix: string): Promise<Stored | undefined> {
  if (document.before === undefined) return undefined
  const { facts } = await store({ world, now }, { ...document, resource: document.before }, prefix, [])
  const judged = underCurrentLabels({ facts } as unknown as Version, { facts: last.facts } as unknown as Version)
  return { ...last, facts: judged.facts as Facts }
}

const codingOf = (text: string): Coding => ({ system: text.slice(0, text.lastIndexOf('|')), code: text.slice(text.lastIndexOf('|') + 1) })
const ALL_TYPES = Object.values(TYPES).map(({ system, code }) => `${system}|${code}`)
const readable = new Map<string, ReadonlySet<string>>()
const policy: Policy = {
  outsideCare: [...options.outsideCare],
  matrixAt: () => ({ professions: [], version: 'generated', isReadable: () => false, readableTypes })
}

/** The same set each time, as of a matrix that is loaded once. */
function readableTypes (profession: string): ReadonlySet<string> {
  const [system = '', code = ''] = profession.split('|')
  const known = readable.get(profession) ?? new Set(ALL_TYPES.filter(type => options.matrix({ system, code }, [codingOf(type)])))
  readable.set(profession, known)
  return known
}

function choiceOf (place: Place, { resource, acknowledged, endedBlock, deleted, by }: WorldConsent, prefix: string): Choice | undefined {
  const counts = resource.patient !== undefined && resolve(place, resource.patient)?.type === 'patient'
  if (!counts || (endedBlock === undefined && (resource.status !== 'active' || deleted === true))) return undefined
  const own: Consent = JSON.parse(JSON.stringify(resource).replaceAll(OF_RECORD, `"$1/${prefix}`)) as Consent
  return readChoice(own, {
    acknowledged,
    ...endedBlock === undefined ? {} : { lifted: Math.min(endedBlock, periodEnd(resource)) },
    partyOf: reference => {
      const plain: Reference = prefix === '' ? reference : JSON.parse(JSON.stringify(reference).replaceAll(`/${prefix}`, '/')) as Reference
      const named = /^(CareTeam|Group)\//.exec(plain.reference ?? '')?.[1]
      const party = named === undefined ? resolve(place, plain, resource.contained) : { type: named === 'Group' ? 'list' : 'team', keys: [plain.reference ?? ''] }
      return party?.type === 'patient' ? { ...party, keys: party.keys.map(key => key.replace('Patient/', `Patient/${prefix}`)) } : party
    },
    isByRepresentative: by === 'representative',
    knows: options.knows
  })
}

function periodEnd ({ provision }: Consent): number {
  return spanOfPeriod(provision?.period)?.[1] ?? Infinity
}

/** What a token of the server says of the caller of a world. */
export function principalOf (caller: Caller): Principal {
  const { kind, mode, person, profession, structure, sector, client, ins } = caller
  const optional = {
    person: person === undefined ? undefined : `${person.system}|${person.value}`,
    profession: profession === undefined ? undefined : `${profession.system}|${profession.code}`,
    structure: structure === undefined ? undefined : `${structure.system}|${structure.value}`,
    sector,
    client,
    ins
  }
  return {
    kind,
    subject: 'test',
    scopes: [],
    mode,
    isSecret: false,
    expires: 0,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  }
}

/** Identities in the form that a server would give them: the keys of the directory stand for the hashed ones. */
export function serverCaller (place: Place, caller: Caller, prefix: string): ServerCaller {
  const own = keysOf(place, caller.structure)
  const person = keysOf(place, caller.person)
  return {
    principal: principalOf(caller),
    now: place.now,
    ...caller.ins === place.world.ins ? { patient: prefix + place.world.patientId } : {},
    ...person[0] === undefined ? {} : { person: canonical(person) },
    ...caller.client === undefined ? {} : { client: `${APPLICATION}|${caller.client}` },
    ...caller.relatedPerson === undefined ? {} : { relative: `RelatedPerson/${caller.relatedPerson}` },
    own,
    enclosing: withWholes(place, own).filter(key => !own.includes(key)),
    groups: [],
    listed: []
  }
}

/** One key for one person, whatever they were named by. */
function canonical (keys: readonly string[]): string {
  return keys.find(key => key.includes('rpps')) ?? keys[0] ?? ''
}

/** @param before what the world holds before it: a list holds nothing else */
async function store (place: Place, document: WorldDocument, prefix: string, before: readonly Stored[]): Promise<Stored> {
  const { resource, depositor, chain, chainStart, once = [] } = document
  const patient = prefix + place.world.patientId
  const isHolder = depositor.kind === 'holder'
  const caller: ServerCaller = {
    ...serverCaller(place, { ...depositor, mode: 'normal' }, prefix),
    principal: principalOf({ kind: depositor.kind, mode: 'normal' }),
    patient,
    ...isHolder ? { own: [], enclosing: [] } : {}
  }
  const context = {
    hash: (text: string) => text,
    directory: {
      affiliation: async (key: string) => ({ own: [key], enclosing: withWholes(place, [key]).filter(other => other !== key) }),
      partyOf: async (reference: Reference) => partyOf(place, reference, resource)
    }
  } as unknown as Context
  const authorship = await authorshipOf(context, caller, patient, { ...resource, contained: [] }, [])
  const ids = place.world.documents.filter(other => other.chain === chain).map(({ resource: { id = '' } }) => prefix + id)
  const prefixed = JSON.parse(JSON.stringify(resource).replaceAll(OF_RECORD, `"$1/${prefix}`)) as typeof resource
  const type = resource.resourceType
  const judgedAs = options.judgedAs(type).map(({ system, code }) => `${system}|${code}`)
  const facts = factsOf(prefixed, authorship, { ids, began: chainStart, opens: monthsAfter(chainStart, 1), wasWithheld: false }, judgedAs)
  const entries = prefixed.resourceType === 'List' ? prefixed.entry ?? [] : []
  const references = [...entries.map(({ item }) => item.reference), ...once.map(reference => reference.replace('/', `/${prefix}`))]
  const held = before.filter(other => references.includes(`${other.type}/${other._id}`))
  const whole = RECORD_TYPES[type]?.items === undefined
    ? facts
    : withItems(type, prefix + (resource.id ?? ''), facts, held.map(other => ({ ...other, id: other._id }) as unknown as Version))
  return { _id: prefix + (resource.id ?? ''), type, patient, deleted: false, facts: whole }
}

function partyOf (place: Place, reference: Reference, { contained = [] }: WorldDocument['resource']) {
  return personal(resolve(place, reference, contained))
}

function personal (party: Party | undefined): Party | undefined {
  return party?.type === 'person' ? { ...party, keys: [canonical(party.keys)] } : party
}
