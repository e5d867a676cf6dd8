/**
 * The record of one scenario on both servers: people, what they see, and what is hidden from the one who will ask, in
 * which the two differ. Every write is made by who may make it, over HTTP.
 */
import { familyOf } from '../../../src/consent/family.js'
import { INS_TEST, as } from '../../helper/app.js'
import type { Method, TestResponse } from '../../helper/app.js'
import { access, actor, block, consent, emergency, patient, person, structure, treating } from '../../helper/resource.js'
import { newIns, newPerson, newStructure } from '../scene.js'
import { CLIENT } from './draft.js'
import type { Draft } from './draft.js'
import { BOTH, drawnIn } from './pair.js'
import type { Pair, Which } from './pair.js'
import type { CallerKind, Scenario } from './scenario.js'
import { seenDrafts } from './stage.js'
import type { Stage } from './stage.js'

export type Names = Map<string, string>

export interface World {
  readonly pair: Pair
  readonly names: Readonly<Record<Which, Names>>
  readonly tokens: Record<string, string>
  readonly caller: CallerKind
  /** The steps in which what is hidden was written. */
  readonly hidden: Set<number>
  /** The last step before the first request. */
  built: number
}

/** A text with the names in it resolved; a name that is not known stays. */
export function resolve (text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(/\{([A-Za-z]\w*(?:\.\w+)*)\}/g, (whole, name: string) => names.get(name) ?? whole)
}

/** The id of what an answer says that it wrote, and its version. */
export function written (location: string | undefined): { readonly type: string, readonly id: string, readonly version: string } | undefined {
  const [, type = '', id, version = ''] = /\/fhir\/(\w+)\/([^/]+)\/_history\/([^/]+)$/.exec(location ?? '') ?? []
  return id === undefined ? undefined : { type, id, version }
}

export interface Told { readonly by: string, readonly method: Method, readonly url: string, readonly body?: unknown, readonly name?: string }

/** One write on some of the servers, in a step of its own. @throws Error unless it is accepted */
export async function tell (world: World, which: readonly Which[], { by, method, url, body, name }: Told): Promise<readonly TestResponse[]> {
  world.pair.step()
  return await Promise.all(which.map(async side => {
    const text = (given: string) => resolve(given, world.names[side])
    const answer = await world.pair[side].ask(world.tokens[by] ?? '', method, text(url), body === undefined ? {} : { body: text(JSON.stringify(body)) })
    if (answer.status > 204) throw new Error(`${side}: ${by} ${method} ${text(url)}: ${answer.status} ${answer.text} of ${text(JSON.stringify(body))}`)
    const made = written(answer.headers['location'])
    if (made !== undefined && name !== undefined) called(world, [side], name, made)
    return answer
  }))
}

export function called ({ names }: World, which: readonly Which[], name: string, { id, version }: { readonly id: string, readonly version: string }): void {
  for (const side of which) names[side].set(name, id).set(`${name}.version`, version)
}

type Entry = readonly [name: string, draft: Draft]

/** Several drafts in one transaction, each under its name; one that is refused is tried as it is in `otherwise`. */
async function deposit (world: World, by: string, entries: readonly Entry[], otherwise: readonly Entry[] = entries): Promise<void> {
  for (let list = entries; ;) {
    const refused = await attempt(world, by, list)
    if (refused === undefined) return
    const [index, why] = refused
    const other = otherwise[index]
    if (other === undefined || list[index] === other) throw new Error(`${by}: ${why} of ${JSON.stringify(list[index])}`)
    list = list.with(index, other)
  }
}

/** @returns which entry was refused, and why */
async function attempt (world: World, by: string, entries: readonly Entry[]): Promise<readonly [index: number, why: string] | undefined> {
  const urls = new Map(entries.map(([name], index) => [name, `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`]))
  const linked = (draft: Draft) => JSON.parse(JSON.stringify(draft).replace(/\w+\/\{(\w+)\}/g, (whole, to: string) => urls.get(to) ?? whole)) as Draft
  const body = { resourceType: 'Bundle', type: 'transaction', entry: entries.map(([name, draft]) => ({ fullUrl: urls.get(name), resource: linked(draft), request: { method: 'POST', url: draft.resourceType } })) }
  world.pair.step()
  // What everybody sees is written while nobody asks.
  const isShared = entries.some(([, { resourceType }]) => ['directory', 'open-agenda'].includes(familyOf(resourceType)))
  const [, last] = await world.pair[isShared ? 'alone' : 'together'](async () => await Promise.all(BOTH.map(async side => {
    const answer = await world.pair[side].ask(world.tokens[by] ?? '', 'POST', '', { body: resolve(JSON.stringify(body), world.names[side]) })
    for (const [index, [name]] of entries.entries()) {
      const made = answer.status === 200 ? written(answer.json.entry[index].response.location) : undefined
      if (made !== undefined) called(world, [side], name, made)
    }
    return answer
  })))
  if (last?.status === 200) return undefined
  return [Number(/Bundle\.entry\[(\d+)\]/.exec(last?.text ?? '')?.[1] ?? -1), last?.text ?? '']
}

/** Who there is: the tokens, and the names of persons and structures. */
async function people (pair: Pair, { caller }: Scenario): Promise<Pick<World, 'names' | 'tokens'>> {
  const ins = newIns()
  const names = new Map([['ins', ins], ['gp', newPerson()], ['practice', newStructure()], ['hospital', newStructure()], ['refused', newStructure()], ['lab', newStructure()], ['nothing', 'ffffffff-ffff-4fff-8fff-ffffffffffff'], ['elsewhere.ins', newIns()]])
  const name = (of: string) => names.get(of) ?? ''
  names.set('author', caller === 'structure' ? name('lab') : name('hospital'))
  const physician = as.professional(name('gp'), name('practice'))
  const claims = {
    operator: as.operator,
    holder: as.holder(ins),
    elsewhere: as.holder(name('elsewhere.ins')),
    hospital: as.structure(name('hospital')),
    refused: as.structure(name('refused')),
    lab: as.structure(name('lab')),
    professional: physician,
    social: { ...physician, SubjectRole: ['10^1.2.250.1.213.1.6.1.1'] },
    emergency: as.emergency(name('gp'), name('practice'), ins, 'bris_de_glace'),
    application: as.application(CLIENT.value, ins)
  }
  const tokens: Record<string, string> = Object.fromEntries(await Promise.all(Object.entries(claims).map(async ([who, claim]) => [who, await pair.token(claim)] as const)))
  Object.assign(tokens, { treating: tokens['professional'], blocked: tokens['professional'], stranger: tokens['professional'], structure: tokens['lab'], author: tokens[caller === 'structure' ? 'lab' : 'hospital'] })
  return { tokens, names: { without: new Map(names), with: new Map(names) } }
}

/** What holds for everybody: accounts, directory, choices, and a resource of each type that who has a ground may see. */
export async function build (pair: Pair, scenario: Scenario, stage: Stage): Promise<World> {
  const { caller } = scenario
  const world: World = { pair, caller, hidden: new Set(), built: 0, ...await people(pair, scenario) }
  const { names: { with: names }, tokens } = world
  const minor = caller === 'representative' ? { birthDate: '2015-05-05' } : {}
  await deposit(world, 'operator', [['Patient', patient(names.get('ins') ?? '', minor)], ['elsewhere', patient(names.get('elsewhere.ins') ?? '')]])
  const directory = seenDrafts(stage, 'operator')
  await deposit(world, 'operator', directory.rich, directory.least)
  await deposit(world, 'author', [['Schedule', { resourceType: 'Schedule', actor: [structure('{author}')] }], ['Slot', { resourceType: 'Slot', schedule: { reference: 'Schedule/{Schedule}' }, status: 'free', start: '2026-12-01T10:00:00Z', end: '2026-12-01T10:30:00Z' }]])
  const self = seenDrafts(stage, 'holder')
  await deposit(world, 'holder', [...self.rich, ...choicesOf(caller)], [...self.least, ...choicesOf(caller)])
  if (caller === 'representative') await represent(world)
  const record = seenDrafts(stage, 'author')
  await deposit(world, 'author', record.rich, record.least)
  tokens['caller'] = tokens[caller] ?? ''
  const own = names.get('choice0') ?? ''
  if (['professional', 'social', 'blocked'].includes(caller)) called(world, BOTH, 'Consent', { id: own, version: names.get('choice0.version') ?? '' })
  await nameContents(world, 'author', 'DocumentReference', BOTH)
  return world
}

async function represent (world: World): Promise<void> {
  const extension = [{ url: 'https://fhir.espace-sante.example/StructureDefinition/legal-representation', valueCode: 'minor' }]
  await tell(world, BOTH, { by: 'operator', method: 'POST', url: '/RelatedPerson', name: 'parent', body: { resourceType: 'RelatedPerson', extension, patient: { reference: 'Patient/{Patient}' }, name: [{ family: 'PETIT', given: ['Jeanne'] }] } })
  const [id = '', ins = ''] = ['parent', 'ins'].map(name => world.names.with.get(name))
  Object.assign(world.tokens, { representative: await world.pair.token({ actor: 'representative', representative_id: id, ins: `${INS_TEST}|${ins}`, sub: id }) })
}

/** The choices that place the caller, and those that hide what a way needs. */
function choicesOf (caller: CallerKind): readonly Entry[] {
  const [of, gp] = ['{Patient}', '{gp}']
  const choices = [
    ...['professional', 'social', 'blocked'].includes(caller) ? [access(of, gp)] : [],
    ...caller === 'treating' ? [treating(of, gp)] : [],
    ...caller === 'blocked' ? [block(of, person(gp))] : [],
    ...caller === 'emergency' ? [emergency(of, 'urgence-ps', 'BTG')] : [],
    ...caller === 'application' ? [consent(of, 'application', { type: 'permit', actor: actor({ identifier: CLIENT }) })] : [],
    consent(of, 'partage', { type: 'deny', data: [{ meaning: 'authoredby', reference: structure('{refused}') }] })
  ]
  return choices.map((choice, index): Entry => [`choice${index}`, choice])
}

/** The content of a document, by the name of the document. */
export async function nameContents (world: World, by: string, name: string, which: readonly Which[]): Promise<void> {
  const answers = await tell(world, which, { by, method: 'GET', url: `/DocumentReference/{${name}}` })
  for (const [index, side] of which.entries()) {
    const id = /Binary\/([^"/]+)/.exec(answers[index]?.text ?? '')?.[1] ?? ''
    world.names[side].set(name === 'DocumentReference' ? 'Binary' : `${name}.Binary`, id)
  }
}

/** Whether a text names something that is hidden. */
export function isHiddenIn ({ hidden }: World, uuids: Iterable<string>): boolean {
  return [...uuids].some(uuid => hidden.has(drawnIn(uuid)))
}
