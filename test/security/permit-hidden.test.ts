/**
 * Who is let in for the sake of one document alone leaves a trace that says so. To whom that document is hidden the trace
 * is that of a refusal, as where there is no such document; and they are told nothing.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { document, label } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const [hospital, physician] = [await scene.hospital(), await scene.physician()]

/** All that a reader is shown of the accesses from one structure to one record, ids and instants aside. */
async function shownOf (token: string, id: string, structure: string): Promise<string> {
  const { text, json } = await scene.request(token, 'GET', `/AuditEvent?patient=${id}&subtype=search-type,history-type,history-system,search-system`)
  t.ok(json.entry?.length > 0, text)
  const events = json.entry.map(({ resource: { id: _, recorded, meta, entity, ...event } }: { resource: Record<string, unknown> }) => JSON.stringify(event))
  return events.filter((event: string) => event.includes(structure)).join('\n')
}

/** What somebody asks of a record in which there is one hidden document of theirs, or none. */
async function accesses (token: string, isThere: boolean) {
  const holder = await scene.holder()
  if (isThere) await scene.make(token, document(holder.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  for (const url of [`/DocumentReference?patient=${holder.id}`, `/DocumentReference?patient=${holder.id}&_include=DocumentReference:subject`, `/Patient/${holder.id}/DocumentReference`, `/AuditEvent?patient=${holder.id}`]) {
    const { status, text } = await scene.request(token, 'GET', url)
    t.equal(status, 200, text)
  }
  return holder
}

for (const [who, { token, structure }] of Object.entries({ hospital, physician })) {
  t.test(`a permit of the ${who} for the sake of what is hidden from the holder looks to them like the refusal that it were without`, async t => {
    const [one, other] = [await accesses(token, true), await accesses(token, false)]
    const shown = async (holder: typeof one) => (await shownOf(holder.token, holder.id, structure)).replaceAll(holder.id, 'PATIENT')
    t.match(await shown(other), '"valueBoolean":false')
    t.equal(await shown(one), await shown(other))
  })
}

t.test('where the document is not hidden the trace says that it was permitted, and what was disclosed', async t => {
  const holder = await scene.holder()
  const id = await scene.make(hospital.token, document(holder.id, { description: randomUUID() }))
  await scene.request(hospital.token, 'GET', `/DocumentReference?patient=${holder.id}`)
  const shown = await shownOf(holder.token, holder.id, hospital.structure)
  t.match(shown, '"valueBoolean":true')
  t.match(shown, `DocumentReference/${id}`)
})
