/**
 * Who is let in for the sake of one document alone leaves a trace that says so. To whom that document is hidden the trace
 * is that of a refusal, as where there is no such document; and they are told nothing.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { document, label } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const hospital = await scene.hospital()

/** All that a reader is shown of the accesses by the hospital to one record, ids and instants aside. */
async function shownOf (token: string, id: string): Promise<string> {
  const { text, json } = await scene.request(token, 'GET', `/AuditEvent?patient=${id}&subtype=search-type,history-type,history-system,search-system`)
  t.ok(json.entry?.length > 0, text)
  const events = json.entry.map(({ resource: { id: _, recorded, meta, entity, ...event } }: { resource: Record<string, unknown> }) => JSON.stringify(event))
  return events.filter((event: string) => event.includes(hospital.structure)).join('\n')
}

/** What the hospital asks of a record in which it has one hidden document, or none. */
async function accesses (isThere: boolean) {
  const holder = await scene.holder()
  if (isThere) await scene.make(hospital.token, document(holder.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  for (const url of [`/DocumentReference?patient=${holder.id}`, `/DocumentReference?patient=${holder.id}&_include=DocumentReference:subject`, `/AuditEvent?patient=${holder.id}`]) {
    const { status, text } = await scene.request(hospital.token, 'GET', url)
    t.equal(status, 200, text)
  }
  return holder
}

t.test('a permit for the sake of what is hidden from the holder looks to them like the refusal that it were without', async t => {
  const [one, other] = [await accesses(true), await accesses(false)]
  const shown = async ({ token, id }: typeof one) => (await shownOf(token, id)).replaceAll(id, 'PATIENT')
  t.match(await shown(other), '"valueBoolean":false')
  t.equal(await shown(one), await shown(other))
})

t.test('where the document is not hidden the trace says that it was permitted, and what was disclosed', async t => {
  const holder = await scene.holder()
  const id = await scene.make(hospital.token, document(holder.id, { description: randomUUID() }))
  await scene.request(hospital.token, 'GET', `/DocumentReference?patient=${holder.id}`)
  const shown = await shownOf(holder.token, holder.id)
  t.match(shown, '"valueBoolean":true')
  t.match(shown, `DocumentReference/${id}`)
})
