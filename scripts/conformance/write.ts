/** Writes, where they are asked for: a copy of what was found is created, changed and deleted; what the server does not take of it says nothing. */
import type { Json } from './client.js'
import { NOBODY } from './read.js'
import type { Subject } from './subject.js'

const FHIR = { 'content-type': 'application/fhir+json' }
const whole = { ...FHIR, prefer: 'return=representation' }

export async function writes ({ exam, resource: { type, conditionalCreate, updateCreate }, codes, found }: Subject): Promise<void> {
  if (!codes.includes('create') || type === 'Binary') return
  await exam.case(type, 'write: what is no resource of this type is refused', async check => {
    for (const [body, ...statuses] of [['{', 400], ['{"resourceType":"Nonsense"}', 400, 422], [JSON.stringify({ resourceType: type, conformanceNonsense: true }), 400, 422]] as const) check.refused(await check.ask('POST', `/${type}`, { headers: FHIR, body }), ...statuses)
  })
  await exam.case(type, 'write: created, read, changed under its version, patched, deleted', async check => {
    const [one] = found.resources as readonly Json[]
    if (one === undefined) check.skip('nothing of this type was found')
    const { id: _, meta: __, ...copy } = one
    const made = await check.ask('POST', `/${type}`, { headers: whole, body: JSON.stringify(copy) })
    if (made.status >= 400) check.skip(`a copy of what was found is not taken: ${made.status} ${String(made.json?.issue?.[0]?.code)}`)
    const [, id] = new RegExp(`/${type}/([\\w.-]+)/_history/[\\w.-]+$`).exec(made.headers['location'] ?? '') ?? []
    check.that(made.status === 201 && id !== undefined, `created with ${made.status}, at ${made.headers['location'] ?? 'nowhere'}`)
    if (id === undefined) return
    const path = `/${type}/${id}`
    const read = await check.ask('GET', path)
    check.that(read.status === 200 && read.headers['etag'] === made.headers['etag'], 'what was created is not read with its version')
    if (conditionalCreate === true) {
      const again = await check.ask('POST', `/${type}`, { headers: { ...FHIR, 'if-none-exist': `_id=${id}` }, body: JSON.stringify(copy) })
      check.that([200, 403, 412].includes(again.status), `If-None-Exist of what is there is ${again.status}`)
    }
    if (codes.includes('update')) {
      check.refused(await check.ask('PUT', path, { headers: { ...whole, 'if-match': 'W/"conformance-none"' }, body: JSON.stringify(read.json) }), 412, 409)
      const changed = await check.ask('PUT', path, { headers: { ...whole, 'if-match': read.headers['etag'] ?? '' }, body: JSON.stringify(read.json) })
      check.that(changed.status < 400 || changed.status === 422, `update under the version that was read is ${changed.status}`)
      check.refused(await check.ask('PUT', path, { headers: FHIR, body: JSON.stringify({ ...read.json, id: NOBODY }) }), 400, 422)
      if (updateCreate === false) check.refused(await check.ask('PUT', `/${type}/${NOBODY}`, { headers: FHIR, body: JSON.stringify({ ...copy, id: NOBODY }) }), 404, 405, 400)
    }
    if (codes.includes('patch')) {
      const patch = async (value: string) => await check.ask('PATCH', path, { headers: { 'content-type': 'application/json-patch+json' }, body: JSON.stringify([{ op: 'test', path: '/resourceType', value }]) })
      check.that((await patch(type)).status < 300, 'a JSON Patch that tests what is so is refused')
      check.refused(await patch('Nonsense'), 400, 409, 412, 422)
    }
    if (codes.includes('delete')) {
      const gone = await check.ask('DELETE', path)
      check.that([200, 202, 204].includes(gone.status), `deleted with ${gone.status}`)
      check.refused(await check.ask('GET', path), 410, 404)
    }
  })
}
