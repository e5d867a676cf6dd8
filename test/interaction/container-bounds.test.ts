/**
 * A mask is the patient's choice: however many containers hold what it is set on, of however many depositors, it is one
 * small write, and holds for all of them at once. `HOLDERS` and `ITEMS` ask for the worst case: 2000 and 500.
 */
import { createHash, randomUUID } from 'node:crypto'
import t from 'tap'
import type { Kept, Version } from '../../src/interaction/store.js'
import { as, startApp } from '../helper/app.js'
import { access, document, label, patient } from '../helper/resource.js'
import { GP, HOSPITAL, LAB, PRACTICE, newIns } from './scene.js'

const HOLDERS = Number(process.env['HOLDERS'] ?? 60)
const ITEMS = Number(process.env['ITEMS'] ?? 40)
/** Entries of one Bundle, and containers of one commit here. */
const AT_ONCE = 100

const { app, request, token, mongo, database } = await startApp(t)
const ins = newIns()
const [operator, holder, gp] = [await token(as.operator), await token(as.holder(ins)), await token(as.professional(GP, PRACTICE))]
const lists = mongo.db(database).collection('List')

async function made (by: string, resource: Readonly<Record<string, unknown>>) {
  const response = await request(by, 'POST', `/${String(resource['resourceType'])}`, { body: resource })
  if (response.status !== 201) throw new Error(`${response.status} ${response.text}`)
  return response.json
}

async function documents (by: string, of: string): Promise<readonly string[]> {
  const ids: string[] = []
  while (ids.length < ITEMS) {
    const entry = Array.from({ length: Math.min(AT_ONCE, ITEMS - ids.length) }, () => ({ resource: document(of), request: { method: 'POST', url: 'DocumentReference' } }))
    const { json } = await request(by, 'POST', '', { body: { resourceType: 'Bundle', type: 'batch', entry } })
    ids.push(...json.entry.map(({ response: { location } }: { response: { location: string } }) => /DocumentReference\/([^/]+)/.exec(location)?.[1]))
  }
  return ids
}

/** The same list many times, as the store itself writes them. */
async function repeat (list: Kept): Promise<void> {
  for (let done = 1; done < HOLDERS; done += AT_ONCE) {
    const copies = Array.from({ length: Math.min(AT_ONCE, HOLDERS - done) }, (): Version => ({ ...list, id: randomUUID(), text: '{"resourceType":"List"}' }))
    await app.context.store.commit({ changes: copies.map(next => ({ next, claims: [] })), traces: [] })
  }
}

async function digest (): Promise<string> {
  const hash = createHash('sha256')
  for await (const { _id, version, facts, head } of lists.find().sort({ _id: 1 })) hash.update(JSON.stringify([_id, version, facts, head]))
  return hash.digest('hex')
}

t.test('a mask is written to no container, and hides all that hold what it is set on', async t => {
  const { id } = await made(operator, patient(ins))
  await made(holder, access(id, GP))
  const depositors = [await token(as.structure(LAB)), await token(as.structure(HOSPITAL))]
  const items = await documents(depositors[0] ?? '', id)
  for (const lab of depositors.slice(0, 1)) {
    const list = await made(lab, { resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${id}` }, entry: items.map(item => ({ item: { reference: `DocumentReference/${item}` } })) })
    const stored = await app.context.store.read('List', list.id)
    if (stored === undefined) throw new Error('not there')
    await repeat(stored)
  }
  const count = async (who: string) => (await request(who, 'GET', `/List?patient=${id}&_summary=count`)).json.total
  const started = performance.now()
  t.equal(await count(gp), HOLDERS)
  const counted = performance.now()
  const before = await digest()
  const { json } = await request(holder, 'GET', `/DocumentReference/${items[0] ?? ''}`)
  const asked = performance.now()
  const masked = await request(holder, 'PUT', `/DocumentReference/${items[0] ?? ''}`, { body: { ...json, securityLabel: [label('MASQUE_PS')] } })
  t.comment(`${HOLDERS} lists of ${ITEMS}: a count ${Math.round(counted - started)} ms, the mask ${Math.round(performance.now() - asked)} ms`)
  t.equal(masked.status, 200, masked.text.slice(0, 300))
  t.equal(await digest(), before, 'no container is written')
  t.equal(await count(gp), 0)
  t.equal(await count(holder), HOLDERS)
})
