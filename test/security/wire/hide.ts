/** Writes what is hidden from the caller, so that the two databases differ in it, and asks the caller for it once: it has to be absent. */
import { label } from '../../helper/resource.js'
import { corrected, markOf, marked } from './hides.js'
import { BOTH } from './pair.js'
import type { Which } from './pair.js'
import type { Draft } from './draft.js'
import type { HiddenDraft, Stage } from './stage.js'
import { called, nameContents, resolve, tell, written } from './world.js'
import type { World } from './world.js'

const WITH: readonly Which[] = ['with']

export async function hideAll (world: World, { hidden }: Stage): Promise<void> {
  for (const each of hidden) await whileHidden(world, async () => { await hideOne(world, each) })
  world.built = world.pair.step()
  for (const side of BOTH) world.names[side].set('began', new Date(world.pair.now()).toISOString())
}

/** All steps of `work` are of what is hidden. */
async function whileHidden (world: World, work: () => Promise<void>): Promise<void> {
  const first = world.pair.step()
  await work()
  const last = world.pair.step()
  for (let step = first; step <= last; step += 1) world.hidden.add(step)
}

function writerOf ({ hide: { type, way } }: HiddenDraft): string {
  if (type === 'Patient' || ['Consent', 'RelatedPerson', 'CareTeam'].includes(type)) return way === 'elsewhere' ? 'elsewhere' : 'holder'
  return way === 'denied' ? 'refused' : 'hospital'
}

async function hideOne (world: World, hidden: HiddenDraft): Promise<void> {
  const { hide: { type, how, way }, name } = hidden
  const by = writerOf(hidden)
  if (type === 'Patient') return await changePatient(world, hidden)
  const where = how === 'extra' ? WITH : BOTH
  if (['List', 'Provenance'].includes(type)) {
    const document = way === 'elsewhere' ? '{elsewhere}' : '{Patient}'
    await tell(world, where, { by, method: 'POST', url: '/DocumentReference', name: `${name}.document`, body: marked(within(document, `${name} holds`), world.caller) })
    if (how === 'extra') share(world, `${name}.document`)
  }
  await create(world, where, by, hidden)
  if (how === 'extra') share(world, name)
  if (type === 'DocumentReference') {
    await nameContents(world, by, name, where)
    if (how === 'extra') share(world, name)
  }
  const change = async (by: string, which: readonly Which[], edit: (resource: Draft) => object) => { await rewrite(world, which, by, hidden, edit) }
  const mark = markOf(world.caller) ?? ''
  if (way === 'later') await change('holder', where, resource => type === 'DocumentReference' ? { ...resource, securityLabel: [label(mark)] } : { ...resource, meta: { security: label(mark).coding } })
  if (way === 'error') await change(by, where, resource => ({ ...resource, status: 'entered-in-error' }))
  if (how === 'versions') await change(by, WITH, resource => corrected(resource, hidden.hide))
  if (how === 'deleted') await tell(world, WITH, { by, method: 'DELETE', url: `/${type}/{${name}}` })
  if (how === 'referred') await refer(world, hidden)
  await isAbsent(world, hidden)
}

/** A document of its own content: two of one content are one chain. */
function within (patient: string, content: string): Draft {
  return { resourceType: 'DocumentReference', status: 'current', type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] }, subject: { reference: `Patient/${patient}` }, content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(content).toString('base64') } }] }
}

/** Rich if it is accepted, else the least of it. */
async function create (world: World, where: readonly Which[], by: string, { hide: { type }, name, drafts }: HiddenDraft): Promise<void> {
  for (let index = 0; ; index += 1) {
    world.pair.step()
    const answers = await Promise.all(where.map(async side =>
      await world.pair[side].ask(world.tokens[by] ?? '', 'POST', `/${type}`, { body: resolve(JSON.stringify(drafts[side][index]), world.names[side]) })))
    if (answers.every(({ status }) => status === 201)) {
      for (const [position, side] of where.entries()) {
        const made = written(answers[position]?.headers['location'])
        if (made !== undefined) called(world, [side], name, made)
      }
      return
    }
    // What one of them took is as if it had not been: both try the least.
    for (const [position, side] of where.entries()) {
      const made = written(answers[position]?.headers['location'])
      if (made !== undefined) await world.pair[side].forget(type, made.id)
    }
    if (index > 0) throw new Error(`${by} POST ${type}: ${answers.map(({ text }) => text).join()} of ${JSON.stringify(drafts.with[index])}`)
  }
}

async function rewrite (world: World, which: readonly Which[], by: string, { hide: { type }, name }: HiddenDraft, edit: (resource: Draft) => object): Promise<void> {
  const url = `/${type}/{${name}}`
  const read = await tell(world, which, { by, method: 'GET', url })
  world.pair.step()
  for (const [index, side] of which.entries()) {
    const answer = await world.pair[side].ask(world.tokens[by] ?? '', 'PUT', resolve(url, world.names[side]), { body: edit(read[index]?.json) })
    if (answer.status !== 200) throw new Error(`${by} PUT ${type}: ${answer.status} ${answer.text}`)
    const made = written(answer.headers['content-location']) ?? { id: world.names[side].get(name) ?? '', version: /"(.*)"/.exec(answer.headers['etag'] ?? '')?.[1] ?? '' }
    called(world, [side], name, made)
  }
}

/** A document that the caller may see refers to it; in one of the databases it is as if it had never been. */
async function refer (world: World, { hide: { type }, name }: HiddenDraft): Promise<void> {
  await tell(world, BOTH, { by: 'hospital', method: 'POST', url: '/DocumentReference', name: `${name}.referrer`, body: { ...within('{Patient}', `${name} is referred to`), context: { related: [{ reference: `${type}/{${name}}` }] } } })
  await world.pair.without.forget(type, world.names.without.get(name) ?? '')
}

async function changePatient (world: World, { hide: { way }, name, drafts }: HiddenDraft): Promise<void> {
  const [by, of] = way === 'elsewhere' ? ['elsewhere', '{elsewhere}'] : ['holder', '{Patient}']
  const read = await tell(world, BOTH, { by, method: 'GET', url: `/Patient/${of}` })
  world.pair.step()
  await Promise.all(BOTH.map(async (side, index) => {
    const telecom = drafts[side].at(-1)?.['telecom']
    const answer = await world.pair[side].ask(world.tokens[by] ?? '', 'PUT', resolve(`/Patient/${of}`, world.names[side]), { body: { ...read[index]?.json, telecom } })
    if (answer.status !== 200) throw new Error(`${by} PUT Patient: ${answer.status} ${answer.text}`)
    called(world, [side], name, { id: resolve(of, world.names[side]), version: /"(.*)"/.exec(answer.headers['etag'] ?? '')?.[1] ?? '' })
  }))
}

/** What is in one database only has its names in both: it is asked for in both. */
function share ({ names }: World, name: string): void {
  for (const [known, value] of names.with) {
    if (known === name || known.startsWith(`${name}.`)) names.without.set(known, value)
  }
}

async function isAbsent (world: World, { hide, name }: HiddenDraft): Promise<void> {
  world.pair.step()
  const url = `/${hide.type}/{${name}}`
  const answers = await Promise.all(BOTH.map(async side => await world.pair[side].ask(world.tokens['caller'] ?? '', 'GET', resolve(url, world.names[side]))))
  for (const { status, text } of answers) {
    if (status !== 404) throw new Error(`not hidden from ${world.caller}: ${JSON.stringify(hide)}: ${status} ${text}`)
  }
}
