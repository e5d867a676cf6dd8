/**
 * model = decision = what MongoDB returns, for random records, choices, callers, modes (`consent.md` 8).
 * The model comes from the page alone; the decision and the filter are the server's. 1,000 scenarios in `npm test`,
 * `SCENARIOS` and `SEED` ask for others. Documents, observations, and lists of them and of one another are asked for. What
 * belongs to a later issue (representatives, helpers, care teams) is left out of the worlds here.
 */
import fc from 'fast-check'
import t from 'tap'
import type { Coding, Consent, Reference } from '@medplum/fhirtypes'
import { openDatabase } from '../helper/database.js'
import { compile } from '../../src/consent/compile.js'
import { decide } from '../../src/consent/decide.js'
import { factsOf } from '../../src/consent/facts.js'
import type { Facts } from '../../src/consent/facts.js'
import { RECORD_TYPES } from '../../src/consent/record-type.js'
import { readChoice } from '../../src/consent/provision.js'
import { situate } from '../../src/consent/situation.js'
import type { Caller as ServerCaller, Policy, Situation } from '../../src/consent/situation.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { none } from '../../src/filter/filter.js'
import type { Indexed } from '../../src/filter/evaluate.js'
import { authorshipOf } from '../../src/interaction/admit/authorship.js'
import { withItems } from '../../src/interaction/admit/container.js'
import { listFacts } from '../../src/interaction/admit/group.js'
import type { Context } from '../../src/interaction/context.js'
import { createDirectory, groupsAt } from '../../src/interaction/directory.js'
import { withAuthors } from '../../src/interaction/list-authors.js'
import type { ResourceStore, Version } from '../../src/interaction/store.js'
import { resolved, withoutItems } from '../../src/store/held.js'
import { toMongo } from '../../src/store/to-mongo.js'
import { ID_NAT_PS, ID_NAT_ST, identityKey } from '../../src/security/identity.js'
import type { Principal } from '../../src/security/principal.js'
import { allows, parseScopes } from '../../src/security/scope.js'
import { options, scenario, world as worlds, caller as callers } from './generators.js'
import { model } from './model.js'
import { APPLICATION, PROFESSION, keysOf, resolve, withWholes } from './scenario.js'
import type { Caller, Party, Place, World, WorldConsent, WorldDocument } from './scenario.js'

const SCENARIOS = Number(process.env['SCENARIOS'] ?? 1000)
const SEED = Number(process.env['SEED'] ?? 20261122)
const TYPES_ASKED = ['DocumentReference', 'Observation', 'List'] as const
const OF_RECORD = /"(DocumentReference|Observation|List)\//g
const LATER = /"(?:CareTeam|RelatedPerson)\//

t.test('the model, the decision and MongoDB give one answer', async t => {
  t.comment(`seed ${SEED}, ${SCENARIOS} scenarios`)
  const db = await openDatabase(t, 'differential')

  const drawn = fc.sample(fc.record({ world: worlds, caller: callers }), { numRuns: SCENARIOS, seed: SEED })
  const cases = await Promise.all(drawn.map(async ({ world: { world, now }, caller }, index) => await prepare(ofThisIssue(world), caller, now, `${index}-`)))
  for (const type of TYPES_ASKED) {
    await db.collection(type).createIndex({ patient: 1 })
    const ofType = cases.flatMap(({ indexed }) => indexed).filter(each => each['type'] === type)
    await db.collection(type).insertMany(ofType.map(each => ({ ...each, ...withoutItems(type, each['facts']) })) as never)
  }

  const seen = new Map<string, number>()
  for (const [index, { world, caller, now, situation, indexed }] of cases.entries()) {
    const filters = new Map(TYPES_ASKED.flatMap(type => situation === null ? [] : [[type, compile(situation, type)] as const]))
    const lists = await Promise.all([...filters].filter(([type, ofType]) => ofType !== none && world.documents.some(({ resource }) => resource.resourceType === type)).map(async ([type, ofType]) =>
      await db.collection(type).find(toMongo(await resolved({ db }, type, ofType)) as never, { projection: { _id: 1 } }).toArray()))
    const found = new Set(lists.flat().map(({ _id }) => String(_id)))
    for (const [position, document] of world.documents.entries()) {
      const stored = indexed[position]
      const { resourceType: type } = document.resource
      const ofType = filters.get(type)
      if (stored === undefined) continue
      const verdict = model(world, caller, document, now, options)
      const expected = document.deleted ? verdict.gone === true : verdict.permit
      const decision = situation === null ? { permit: false, rule: 0 } : decide(situation, { type, id: String(stored['_id']), facts: stored['facts'] as Facts })
      const place = `seed ${SEED}, scenario ${index}, document ${position}`
      const inMemory = ofType !== undefined && evaluate(ofType, stored)
      const isReturned = found.has(String(stored['_id']))
      if (decision.permit !== expected || inMemory !== expected || isReturned !== expected) {
        t.fail(`${place}: model ${expected} (rule ${verdict.rule}), decision ${decision.permit} (rule ${decision.rule}), filter ${inMemory}, MongoDB ${isReturned}`,
          { caller, document, consents: world.consents, account: world.account, now: new Date(now).toISOString() })
        if (!t.passing()) return
      }
      const isByList = 'choices' in decision && world.consents.some(({ resource }) => decision.choices.includes(resource.id ?? '') && JSON.stringify(resource).includes('"Group/'))
      for (const key of [`${decision.rule} ${decision.permit}`, `${type} ${decision.permit}`, ...isByList ? [`list ${decision.permit}`] : []]) seen.set(key, (seen.get(key) ?? 0) + 1)
    }
  }
  t.comment([...seen].toSorted().map(([key, count]) => `${key}: ${count}`).join(', '))
  const counted = [...seen].filter(([key]) => /^\d/.test(key))
  const permitted = counted.filter(([key]) => key.endsWith('true')).reduce((sum, [, count]) => sum + count, 0)
  const all = counted.reduce((sum, [, count]) => sum + count, 0)
  t.ok(permitted > all * 0.1 && permitted < all * 0.9, `neither all permitted nor all denied (${permitted} of ${all})`)
  for (const rule of ['1 false', '3 true', '3 false', '5 false', '7 true', '8 false', '9 true', '9 false', '10 false', '11 false', '12 false', '13 false', '14 true',
    'Observation true', 'Observation false', 'List true', 'List false', 'list true', 'list false']) {
    t.ok(seen.has(rule), `${rule} somewhere`)
  }
})

interface Case { readonly world: World, readonly caller: Caller, readonly now: number, readonly situation: Situation | null, readonly indexed: readonly Indexed[] }

/** A world without what a later issue brings, under ids of its own. */
function ofThisIssue (world: World): World {
  return { ...world, relatedPersons: [], consents: world.consents.filter(({ resource, by }) => !LATER.test(JSON.stringify(resource)) && by !== 'representative') }
}

async function prepare (world: World, caller: Caller, now: number, prefix: string): Promise<Case> {
  const place: Place = { world, now }
  const lists = await listsOf(place)
  const choices = await withAuthors(lists, world.consents.flatMap(consent => choiceOf(place, consent, prefix) ?? []), now)
  const principal = principalOf(caller)
  const server = await onLists(lists, serverCaller(place, caller, principal, prefix))
  const isRefused = caller.mode !== 'normal' && caller.profession?.system !== PROFESSION
  const isNarrowed = caller.kind === 'application' && !allows(parseScopes(caller.scope ?? ''), 'DocumentReference', 'r')
  const situation = isRefused || isNarrowed ? null : situate(server, { patient: prefix + world.patientId, account: world.account, choices }, policy)
  const indexed: Indexed[] = []
  for (const document of world.documents) indexed.push(await indexedOf(place, document, prefix, indexed))
  return { world, caller, now, situation, indexed }
}

const policy: Policy = {
  outsideCare: [...options.outsideCare],
  matrixAt: () => ({
    version: 'generated',
    isReadable: () => false,
    readableTypes: profession => {
      const [system = '', code = ''] = profession.split('|')
      return new Set(TYPES.filter(type => options.matrix({ system, code }, [codingOf(type)])))
    }
  })
}
const codingOf = (text: string): Coding => ({ system: text.slice(0, text.lastIndexOf('|')), code: text.slice(text.lastIndexOf('|') + 1) })
const TYPES = ['http://loinc.org|11502-2', 'http://loinc.org|34112-3', 'http://loinc.org|83901-9',
  ...['SYNTH', 'EXPPAT_3', 'ATTEST-RESID'].map(code => `https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire|${code}`)]

function choiceOf (place: Place, { resource, acknowledged, endedBlock, deleted }: WorldConsent, prefix: string) {
  const counts = resource.patient !== undefined && resolve(place, resource.patient)?.type === 'patient'
  if (!counts || (endedBlock === undefined && (resource.status !== 'active' || deleted === true))) return undefined
  const own: Consent = JSON.parse(JSON.stringify(resource).replaceAll(OF_RECORD, `"$1/${prefix}`)) as Consent
  return readChoice(own, {
    acknowledged,
    ...endedBlock === undefined ? {} : { lifted: Math.min(endedBlock, periodEnd(place, resource)) },
    partyOf: reference => {
      const plain: Reference = JSON.parse(JSON.stringify(reference).replaceAll(`/${prefix}`, '/')) as Reference
      if (plain.reference?.startsWith('Group/') === true) return { type: 'list', keys: [plain.reference] }
      const party = resolve(place, plain, resource.contained)
      return party?.type === 'patient' ? { ...party, keys: party.keys.map(key => key.replace('Patient/', `Patient/${prefix}`)) } : party
    },
    knows: options.knows
  })
}

function periodEnd (_place: Place, { provision }: Consent): number {
  const end = provision?.period?.end
  return end === undefined || Number.isNaN(Date.parse(end)) ? Infinity : Date.parse(end) + (end.length === 10 ? 24 * 3600 * 1000 : 0)
}

function principalOf (caller: Caller): Principal {
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

/** The lists of the operator as the server keeps them: by the keys of who is on them. */
async function listsOf (place: Place): Promise<Pick<ResourceStore, 'find' | 'read'>> {
  const directory = { partyOf: async (reference: Reference) => personal(resolve(place, reference)) } as Context['directory']
  const versions = await Promise.all(place.world.groups.map(async group => ({ type: 'Group', id: group.id, isDeleted: false, facts: await listFacts({ directory }, group) })))
  return {
    find: async ({ filter }) => versions.filter(version => evaluate(filter, { deleted: false, facts: version.facts })) as unknown as readonly Version[],
    read: async (_type, id) => versions.find(version => version.id === id) as Version | undefined
  }
}

async function onLists (store: Pick<ResourceStore, 'find' | 'read'>, caller: ServerCaller): Promise<ServerCaller> {
  if (caller.own.length === 0) return caller
  return { ...caller, ...groupsAt(await createDirectory(store, text => text).memberships(caller.person, caller), caller.now) }
}

/** Identities in the form that a server would give them: the keys of the directory stand for the hashed ones. */
function serverCaller (place: Place, caller: Caller, principal: Principal, prefix: string): ServerCaller {
  const own = keysOf(place, caller.structure)
  const person = keysOf(place, caller.person)
  return {
    principal,
    now: place.now,
    ...caller.ins === place.world.ins ? { patient: prefix + place.world.patientId } : {},
    ...person[0] === undefined ? {} : { person: canonical(person) },
    ...caller.client === undefined ? {} : { client: `${APPLICATION}|${caller.client}` },
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
async function indexedOf (place: Place, { resource, depositor, chain, chainStart, once = [] }: WorldDocument, prefix: string, before: readonly Indexed[]): Promise<Indexed> {
  const patient = prefix + place.world.patientId
  const isHolder = depositor.kind === 'holder'
  const person = keysOf(place, depositor.person)
  const own = keysOf(place, depositor.structure)
  const caller: ServerCaller = {
    principal: { ...principalOf({ kind: depositor.kind, mode: 'normal' }) },
    now: place.now,
    patient,
    ...person[0] === undefined || isHolder ? {} : { person: canonical(person) },
    ...depositor.client === undefined ? {} : { client: `${APPLICATION}|${depositor.client}` },
    own: isHolder ? [] : own,
    enclosing: withWholes(place, own).filter(key => !own.includes(key)),
    groups: [],
    listed: []
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
  const facts = factsOf(prefixed, authorship, { ids, began: chainStart, wasWithheld: false }, judgedAs)
  const entries = prefixed.resourceType === 'List' ? prefixed.entry ?? [] : []
  const references = [...entries.map(({ item }) => item.reference), ...once.map(reference => reference.replace('/', `/${prefix}`))]
  const held = before.filter(other => references.includes(`${String(other['type'])}/${String(other['_id'])}`))
  const whole = RECORD_TYPES[type]?.items === undefined
    ? facts
    : withItems(type, prefix + (resource.id ?? ''), facts, held.map(other => ({ ...other, id: other['_id'] }) as unknown as Version))
  return { _id: prefix + (resource.id ?? ''), type, patient, deleted: false, facts: whole }
}

function partyOf (place: Place, reference: Reference, { contained = [] }: WorldDocument['resource']) {
  return personal(resolve(place, reference, contained))
}

const personal = (party: Party | undefined) => party?.type === 'person' ? { ...party, keys: [canonical(party.keys)] } : party

t.test('identifiers of one person and of one structure are one key', async t => {
  t.equal(identityKey({ system: ID_NAT_PS, value: '810000000001' }), identityKey({ system: 'https://rpps.esante.gouv.fr', value: '10000000001' }))
  t.equal(identityKey({ system: ID_NAT_ST, value: '1750000001' }), identityKey({ system: 'https://finess.esante.gouv.fr', value: '750000001' }))
  t.equal(identityKey({ system: ID_NAT_ST, value: '320000000000002' }), identityKey({ system: 'https://sirene.fr', value: '20000000000002' }))
  t.ok(scenario)
})
