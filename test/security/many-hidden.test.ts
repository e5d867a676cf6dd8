/** However much is hidden, what is seen beside it is the same, and costs as many commands to MongoDB. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { document, label } from '../helper/resource.js'
import { costOf } from './cost.js'
import { openScene } from './scene.js'

const MAX_INCLUDED = 5
const scene = await openScene(t, { MAX_INCLUDED: String(MAX_INCLUDED) })
const masked = { securityLabel: [label('MASQUE_PS')] }

t.test('traces of what is hidden take no place among those that are included', async t => {
  const { holder, physician, hospital, id } = await scene.cast()
  const hidden = await scene.make(hospital.token, document(holder.id))
  for (let count = 0; count < 3; count += 1) await scene.status(physician.token, `/DocumentReference/${id}`)
  for (let count = 0; count < 60; count += 1) await scene.status(physician.token, `/DocumentReference/${hidden}`)
  t.equal((await scene.change(holder.token, `/DocumentReference/${hidden}`, masked)).status, 200)
  const { status, json } = await scene.request(physician.token, 'GET', `/Patient?_id=${holder.id}&_revinclude=AuditEvent:patient`)
  t.equal(status, 200)
  t.equal(json.entry.filter((entry: { resource: { resourceType: string } }) => entry.resource.resourceType === 'AuditEvent').length, 3)
})

t.test('a container that holds much and is hidden costs what none costs', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const toPatient = { subject: { reference: `Patient/${holder.id}` } }
  const count = 150
  const queries = (list: string) => [`/List?patient=${holder.id}`, `/List/${list}`, `/List?_id=${list}`, '/List', '/List/_history', `/DocumentReference?_list=${list}`]
  const ask = async (list: string) => {
    const costs = []
    for (const query of queries(list)) costs.push(await costOf(scene, async () => await scene.request(physician.token, 'GET', query)))
    return costs.map(({ look, commands }) => `${commands} ${look.replaceAll(list, 'LIST')}`)
  }
  await ask(randomUUID())
  const before = await ask(randomUUID())
  const entry = Array.from({ length: count }, () => ({
    fullUrl: `urn:uuid:${randomUUID()}`,
    request: { method: 'POST', url: 'Observation' },
    resource: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, meta: { security: label('MASQUE_PS').coding }, ...toPatient }
  }))
  const list = { resourceType: 'List', status: 'current', mode: 'working', ...toPatient, entry: entry.map(({ fullUrl }) => ({ item: { reference: fullUrl } })) }
  const { status, json } = await scene.request(hospital.token, 'POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: [...entry, { request: { method: 'POST', url: 'List' }, resource: list }] } })
  t.equal(status, 200)
  const id = /List\/([^/]+)/.exec(json.entry.at(-1).response.location)?.[1] ?? ''
  t.equal(await scene.status(holder.token, `/List/${id}`), 200)
  t.same(await ask(id), before)
})
