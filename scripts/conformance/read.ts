/** Reads, versions and histories of what was found. */
import { historyBundle } from './bundle.js'
import type { Json } from './client.js'
import type { Subject } from './subject.js'

/** Of nobody: an id that no server gave. */
export const NOBODY = 'conformance-none'

export async function reads ({ exam, resource: { type, versioning, conditionalRead = 'not-supported' }, codes, found }: Subject): Promise<void> {
  const [one] = found.resources as readonly Json[]
  const path = `/${type}/${String(one?.id)}`
  if (codes.includes('read')) {
    await exam.case(type, 'read of what is not there is 404', async check => { check.refused(await check.ask('GET', `/${type}/${NOBODY}`), 404) })
    await exam.case(type, 'read answers what was found, with its version', async check => {
      if (one === undefined) check.skip('nothing of this type was found')
      const { status, json, headers } = await check.ask('GET', path)
      check.that(status === 200 && (type === 'Binary' || (json?.resourceType === type && json.id === one.id)), `read is ${status}`)
      if (!['versioned', 'versioned-update'].includes(versioning ?? '') || type === 'Binary') return
      check.that(headers['etag'] === `W/"${String(json?.meta?.versionId)}"`, `the ETag is ${headers['etag'] ?? 'none'}`)
      check.that(!Number.isNaN(Date.parse(headers['last-modified'] ?? '')), 'no Last-Modified')
      const isAsked = (what: string) => [what, 'full-support'].includes(conditionalRead)
      if (isAsked('not-match')) check.that((await check.ask('GET', path, { headers: { 'if-none-match': headers['etag'] ?? '' } })).status === 304, 'If-None-Match of the current version is not 304')
      if (isAsked('not-match')) check.that((await check.ask('GET', path, { headers: { 'if-none-match': 'W/"conformance-none"' } })).status === 200, 'If-None-Match of another version is not 200')
      if (isAsked('modified-since')) check.that((await check.ask('GET', path, { headers: { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() } })).status === 304, 'If-Modified-Since now is not 304')
      const head = await check.ask('HEAD', path)
      check.that([200, 404, 405, 501].includes(head.status), `HEAD is ${head.status}`)
      if (head.status === 200) check.that(head.headers['etag'] === headers['etag'], 'the ETag of HEAD is another')
    })
  }
  if (codes.includes('vread')) {
    await exam.case(type, 'vread answers the version that was read; of another, 404', async check => {
      if (one?.meta?.versionId === undefined) check.skip('no version of this type was found')
      const [read, version] = [await check.ask('GET', path), await check.ask('GET', `${path}/_history/${String(one.meta.versionId)}`)]
      check.that(version.status === 200 && version.text === read.text, `vread is ${version.status}, or says something else than read`)
      check.refused(await check.ask('GET', `${path}/_history/${NOBODY}`), 404)
    })
  }
  if (codes.includes('history-instance')) {
    await exam.case(type, 'history of one: newest first, the current version among them', async check => {
      check.refused(await check.ask('GET', `/${type}/${NOBODY}/_history`), 404)
      if (one === undefined) check.skip('nothing of this type was found')
      const reply = await check.ask('GET', `${path}/_history`)
      historyBundle(check, reply)
      check.that(reply.json?.entry?.[0]?.resource?.meta?.versionId === one.meta?.versionId, 'the current version is not the first')
    })
  }
  if (codes.includes('history-type')) {
    await exam.case(type, 'history of the type', async check => {
      historyBundle(check, await check.ask('GET', `/${type}/_history?_count=3`))
      check.refused(await check.ask('GET', `/${type}/_history?_since=nonsense`), 400)
    })
  }
}
