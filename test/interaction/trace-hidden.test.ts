/**
 * A holder always reads their traces, however much is hidden from them: a search judges the traces that it finds. `HIDDEN`
 * asks for more or fewer.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { isIn } from '../../src/filter/filter.js'
import type { Version } from '../../src/interaction/store.js'
import { as, startApp } from '../helper/app.js'
import { access, document, label, patient } from '../helper/resource.js'
import { GP, PRACTICE, newIns } from './scene.js'

const HIDDEN = Number(process.env['HIDDEN'] ?? 10_100)
const AT_ONCE = 500

const { app, request, token } = await startApp(t)
const ins = newIns()
const [operator, holder, gp] = [await token(as.operator), await token(as.holder(ins)), await token(as.professional(GP, PRACTICE))]

async function made (by: string, type: string, body: object) {
  const response = await request(by, 'POST', `/${type}`, { body })
  if (response.status !== 201) throw new Error(`${response.status} ${response.text}`)
  return response.json
}

/** A document and the trace of its deposit, many times, as the store itself writes them. */
async function repeat (one: Version, trace: Version): Promise<void> {
  for (let done = 1; done < HIDDEN; done += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, HIDDEN - done) }, () => randomUUID())
    await app.context.store.commit({
      changes: ids.map(id => ({ next: { ...one, id }, claims: [] })),
      traces: ids.map(id => ({ ...trace, id: randomUUID(), facts: { ...trace.facts as object, about: [`DocumentReference/${id}`] } }))
    })
  }
}

t.test('what is hidden shuts no trace, whatever there is of it', async t => {
  const { id } = await made(operator, 'Patient', patient(ins))
  await made(holder, 'Consent', access(id, GP))
  const shown = await Promise.all([1, 2, 3].map(async () => await made(gp, 'DocumentReference', document(id))))
  const hidden = await made(gp, 'DocumentReference', document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const creations = `/AuditEvent?patient=${id}&subtype=create`
  const { json: before } = await request(holder, 'GET', creations)
  t.equal(before.total, 5, 'the record, the choice, three documents')

  const { store } = app.context
  const [one] = await store.find({ type: 'DocumentReference', filter: isIn('_id', [hidden.id]), sort: [], limit: 1 })
  const traces = await store.find({ type: 'AuditEvent', filter: isIn('patient', [id]), sort: [], limit: 200 })
  const trace = traces.find(({ text }) => text.includes(hidden.id))
  if (one === undefined || trace === undefined) throw new Error('not there')
  await repeat(one, trace)

  const times: number[] = []
  const timed = async (url: string) => {
    const started = performance.now()
    const response = await request(holder, 'GET', url)
    times.push(Math.round(performance.now() - started))
    t.equal(response.status, 200, response.text.slice(0, 200))
    return response
  }
  t.equal((await timed(`${creations}&_summary=count`)).json.total, 5)
  for (const sort of ['', '&_sort=date', '&_sort=-date']) {
    const seen: string[] = []
    for (let url: string | undefined = `${creations}&_count=2${sort}`; url !== undefined;) {
      const { json } = await timed(url)
      t.equal(json.total, 5, 'the total of each page')
      seen.push(...(json.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id))
      url = json.link.find(({ relation }: { relation: string }) => relation === 'next')?.url
    }
    t.strictSame(seen.toSorted(), before.entry.map(({ resource }: { resource: { id: string } }) => resource.id).toSorted(), 'each once')
  }
  const { text } = await timed(`/AuditEvent?patient=${id}&_count=200`)
  t.notMatch(text, hidden.id)
  const reverse = await request(holder, 'GET', `/DocumentReference?_id=${shown[0].id}&_revinclude=AuditEvent:entity`)
  t.equal(reverse.json.entry.length, 2, 'the document and its trace')
  const steps = (await request(holder, 'GET', `/DocumentReference?patient=${id}&_has:AuditEvent:entity:subtype=create`)).json
  t.strictSame(steps.entry.map(({ resource }: { resource: { id: string } }) => resource.id).toSorted(), shown.map(({ id }) => id as string).toSorted(), 'a step over traces leads to what is seen')
  t.equal((await request(holder, 'GET', `/DocumentReference?_id=${hidden.id}&_has:AuditEvent:entity:subtype=create`)).json.total, 0)
  const traced = async (document: string) => (await request(holder, 'GET', `/Patient?_id=${id}&_has:AuditEvent:patient:entity=DocumentReference/${document}`)).json.total
  t.strictSame([await traced(shown[0].id), await traced(hidden.id)], [1, 0], 'a step from traces of what is hidden leads to nobody')
  const about = await request(holder, 'GET', `/AuditEvent/${trace.id}`)
  t.equal(about.status, 404)
  t.comment(`${HIDDEN} hidden: ${times.join(', ')} ms`)

  const released = await request(gp, 'PUT', `/DocumentReference/${hidden.id}`, { body: { ...hidden, securityLabel: undefined } })
  t.equal(released.status, 200)
  t.equal((await request(holder, 'GET', `${creations}&_summary=count`)).json.total, 6, 'what is released is there')
  t.equal((await request(holder, 'GET', `/AuditEvent/${trace.id}`)).status, 200)
})
