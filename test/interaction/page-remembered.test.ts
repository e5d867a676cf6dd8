/** A first page is that of this instant, whatever is remembered of it (decisions/0016): on this server and on another one. */
import t from 'tap'
import { as } from '../helper/app.js'
import type { Ask } from '../helper/app.js'
import { access, actor, block, consent, document, label, person } from '../helper/resource.js'
import { GP, PRACTICE, matches, openScene } from './scene.js'

const scene = await openScene(t)
const { get, made, put, remove, gp, hospital } = scene
const db = scene.mongo.db(scene.database)
const beside = await scene.beside()

const HOUR = 3600_000

interface Stage { readonly patient: string, readonly holder: string, readonly grant: string, readonly documents: readonly string[] }

/** A record with three documents, which the practitioner may see. */
async function stage (grant: (patient: string) => object = patient => access(patient, GP)): Promise<Stage> {
  const { id: patient, holder } = await scene.open()
  const { id } = await made(holder, grant(patient))
  const documents: string[] = []
  for (const number of [1, 2, 3]) documents.push((await made(hospital, document(patient, { description: `${number}` }))).id)
  return { patient, holder, grant: id, documents: documents.toSorted() }
}

/** What each server tells, asked twice: the second answer may come from what was remembered of the first. */
async function pages (patient: string): Promise<readonly (readonly string[])[]> {
  const told: (readonly string[])[] = []
  for (const ask of [scene.request, beside, scene.request, beside] satisfies readonly Ask[]) {
    const answer = await ask(gp, 'GET', `/DocumentReference?patient=${patient}&_count=5`)
    const ids = matches(answer).map(({ id }) => id as string)
    if (answer.status !== 200 || answer.json.total !== ids.length) throw new Error(`not answered: ${answer.status} ${answer.text}`)
    told.push(ids)
  }
  return told
}

const all = (documents: readonly string[]) => Array(4).fill(documents)

t.test('a page that is asked for again is read by its ids, and is the same', async t => {
  const { patient, documents } = await stage()
  for (const url of [`/DocumentReference?patient=${patient}`, `/DocumentReference?patient=${patient}&_count=2`, `/DocumentReference?patient=${patient}&status=current&_count=2`]) {
    await get(gp, url)
    const first = await get(gp, url)
    await db.command({ profile: 2 })
    const again = await get(gp, url)
    await db.command({ profile: 0 })
    const asked = await db.collection('system.profile').find({ ns: `${db.databaseName}.DocumentReference` }).toArray()
    await db.collection('system.profile').drop()
    t.strictSame(asked.map(({ command }) => Object.keys(command.filter as object)), [['_id']], url)
    const { link: links, ...rest } = again.json
    const { link: before, ...same } = first.json
    t.strictSame([rest, links.length], [same, before.length])
    t.equal(rest.total, documents.length)
  }
})

t.test('what was changed since is told as it is', async t => {
  const changes: Readonly<Record<string, readonly [change: (of: Stage) => Promise<unknown>, left: (documents: readonly string[]) => readonly string[]]>> = {
    'a mask': [async ({ holder, documents: [, second] }) => await put(holder, { ...(await get(holder, `/DocumentReference/${second}`)).json, securityLabel: [label('MASQUE_PS')] }), ([one = '', , three = '']) => [one, three]],
    'a revocation': [async ({ holder, grant }) => await remove(holder, `/Consent/${grant}`), () => []],
    'a block': [async ({ holder, patient }) => await made(holder, block(patient, person(GP))), () => []],
    'a deletion': [async ({ documents: [first] }) => await remove(hospital, `/DocumentReference/${first}`), ([, ...others]) => others]
  }
  for (const [name, [change, left]] of Object.entries(changes)) {
    const scenery = await stage()
    t.strictSame(await pages(scenery.patient), all(scenery.documents), `before ${name}`)
    await change(scenery)
    t.strictSame(await pages(scenery.patient), all(left(scenery.documents)), `after ${name}`)
  }
})

t.test('a new deposit is on it', async t => {
  const { patient, documents } = await stage()
  t.strictSame(await pages(patient), all(documents))
  const { id } = await made(hospital, document(patient))
  t.strictSame(await pages(patient), all([...documents, id].toSorted()))
})

t.test('a grant that ended shows nothing, though nothing was written', async t => {
  const end = Date.now() + HOUR
  const { patient, documents } = await stage(id => consent(id, 'acces-ps', { type: 'permit', actor: actor(person(GP)), period: { start: '2020-01-01', end: new Date(end).toISOString() } }))
  let ahead = 0
  const ask = await scene.beside({}, () => Date.now() + ahead)
  const token = await scene.token({ ...as.professional(GP, PRACTICE), life: '4h' })
  const told = async () => matches(await ask(token, 'GET', `/DocumentReference?patient=${patient}`)).map(({ id }) => id)
  t.strictSame([await told(), await told()], [documents, documents])
  ahead = 2 * HOUR
  t.strictSame([await told(), await told()], [[], []])
})

t.test('what is not as it was is found anew, and raises no alarm', async t => {
  const { patient, documents: [first = '', second = '', third = ''] } = await stage()
  await pages(patient)
  const versions = db.collection<{ _id: string, head: string }>('DocumentReference')
  const url = `/DocumentReference?patient=${patient}&_count=5`
  const told = async () => {
    const answer = await get(gp, url)
    t.equal(answer.status, 200)
    return matches(answer).map(({ id }) => id)
  }
  // Written past the server, under the same turn: no write of ours does so.
  const masked = JSON.parse((await versions.findOne({ _id: first }))?.head ?? '')
  const facts = { ...masked.facts, labels: ['MASQUE_PS'] }
  await versions.updateOne({ _id: first }, { $set: { facts, head: JSON.stringify({ ...masked, facts }) } })
  t.strictSame(await told(), [second, third], 'what would be denied')
  await versions.deleteOne({ _id: second })
  t.strictSame(await told(), [third], 'what is gone')
})
