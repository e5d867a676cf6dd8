/** What is true of every searchset and every history. */
import type { Case, Reply } from './exam.js'
import type { Json } from './client.js'

/** The entries of one search mode. */
export const inMode = ({ json }: Reply, mode: string): readonly Json[] => (json?.entry ?? []).filter((entry: Json) => (entry.search?.mode ?? 'match') === mode).map((entry: Json) => entry.resource)
export const linkOf = ({ json }: Reply, relation: string): string | undefined => json?.link?.find((one: Json) => one.relation === relation)?.url
export const issueOf = ({ json }: Reply): string | undefined => json?.issue?.[0]?.code

/** What the server finds too much, or not for this token, says nothing of it. */
function needAnswer (one: Case, reply: Reply): void {
  if (reply.status === 401 || reply.status === 403) one.skip(`${reply.status}: not allowed to this token`)
  if (reply.status >= 400 && issueOf(reply) === 'too-costly') one.skip('too costly for this server')
}

/**
 * Checks a searchset.
 * @param type undefined where several are searched
 */
export function searchset (one: Case, reply: Reply, type: string | undefined): void {
  needAnswer(one, reply)
  one.that(reply.status === 200, `the search is ${reply.status}: ${String(reply.json?.issue?.[0]?.diagnostics ?? '').slice(0, 200)}`)
  if (reply.status !== 200) one.skip('not answered')
  const { json } = reply
  one.that(json?.resourceType === 'Bundle' && json.type === 'searchset', `not a searchset: ${String(json?.resourceType)} ${String(json?.type)}`)
  one.that(linkOf(reply, 'self') !== undefined, 'no link to itself')
  one.that(json?.total === undefined || (Number.isInteger(json.total) && json.total >= 0), `the total is ${String(json?.total)}`)
  one.that(json?.entry === undefined || json.entry.length > 0, 'an empty list of entries')
  for (const entry of json?.entry ?? []) entryOf(one, entry, type)
  const matches = inMode(reply, 'match').length
  one.that(json?.total === undefined || json.total >= matches, `the total is ${String(json?.total)}, of ${matches} matches on this page`)
}

function entryOf (one: Case, { resource, fullUrl, search }: Json, type: string | undefined): void {
  one.that(['match', 'include', 'outcome'].includes(search?.mode), `an entry of the mode ${String(search?.mode)}`)
  if (search?.mode === 'outcome') return
  one.that(resource?.resourceType !== undefined, 'an entry without a resource')
  one.that(typeof fullUrl === 'string' && (fullUrl.startsWith('urn:') || fullUrl.endsWith(`/${String(resource?.resourceType)}/${String(resource?.id)}`)), `the fullUrl of ${String(resource?.resourceType)} is another`)
  if (search?.mode === 'match' && type !== undefined) one.that(resource?.resourceType === type, `a match is a ${String(resource?.resourceType)}`)
}

export function historyBundle (one: Case, reply: Reply): void {
  needAnswer(one, reply)
  one.that(reply.status === 200 && reply.json?.resourceType === 'Bundle' && reply.json.type === 'history', `not a history: ${reply.status} ${String(reply.json?.type)}`)
  one.that(linkOf(reply, 'self') !== undefined, 'no link to itself')
  let last = Infinity
  for (const { request, response, resource, fullUrl } of reply.json?.entry ?? []) {
    one.that(['POST', 'PUT', 'PATCH', 'DELETE'].includes(request?.method) && typeof request?.url === 'string', 'an entry without its request')
    one.that(/^2\d\d/.test(response?.status ?? ''), 'an entry without its status')
    one.that(typeof fullUrl === 'string', 'an entry without a fullUrl')
    one.that((resource === undefined) === (request?.method === 'DELETE'), `a ${String(request?.method)} ${resource === undefined ? 'without' : 'with'} a resource`)
    const at = Date.parse(response?.lastModified ?? resource?.meta?.lastUpdated)
    if (Number.isNaN(at)) continue
    one.that(at <= last, 'not the newest first')
    last = at
  }
}
