/**
 * What entries of a Bundle ask beside reads, searches and changes on a type, by the rows that answer it alone: histories,
 * searches over several types or within a compartment, and operations. What goes on after its answer, or answers no FHIR, is asked
 * for by itself.
 */
import type { Elsewhere, Route } from '../interaction/bundle-elsewhere.js'
import { queryOf } from '../search/page.js'
import { formatOf } from './asked.js'
import type { Requested } from './asked.js'
import { needJson } from './header.js'
import type { TypedRow } from './rows.js'

const ID = /^[A-Za-z0-9\-.]{1,64}$/

/** @param outer the request that the Bundle came with */
export function entryRoutes (rows: readonly TypedRow[], outer: Pick<Requested, 'headers'>): Route {
  const others = rows.filter(({ method, path, interaction }) => (method === 'GET' || (method === 'POST' && interaction === 'operation')) && !path.includes('/$export'))
  return (method, path) => {
    const parts = (path === '' ? '' : `/${path}`).split('/')
    for (const row of others) {
      const params = row.method === method ? paramsIn(row.path.split('/'), parts) : undefined
      if (params === undefined) continue
      return {
        interaction: row.interaction,
        type: row.type,
        perform: async (context, sight, entry) => {
          const requested = requestedBy({ method, path, params }, entry, outer)
          needJson({}, formatOf(requested))
          return await row.handle(context, sight, requested, async () => sight)
        }
      }
    }
    return undefined
  }
}

/** What stands in the places of a path; undefined for another address. Only the address of all types of a compartment has a pattern: an asterisk. */
function paramsIn (places: readonly string[], parts: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (places.length !== parts.length) return undefined
  const fits = places.every((place, index) => {
    const part = parts[index] ?? ''
    return place.startsWith(':') ? (place.includes('(') ? part === '*' : ID.test(part)) : place === part
  })
  return fits ? Object.fromEntries(places.flatMap((place, index) => place.startsWith(':') ? [[place.slice(1), parts[index] ?? '']] : [])) : undefined
}

function requestedBy (
  { method, path, params }: { readonly method: string, readonly path: string, readonly params: Readonly<Record<string, string>> }, { query, resource, prefer, lenient, ifMatch }: Elsewhere, { headers }: Pick<Requested, 'headers'>
): Requested {
  const language = headers['accept-language']
  return {
    method,
    params,
    headers: {
      prefer: `return=${prefer}${lenient ? ', handling=lenient' : ''}`,
      ...language === undefined ? {} : { 'accept-language': language },
      ...ifMatch === undefined ? {} : { 'if-match': ifMatch.map(tag => tag === '*' ? tag : `W/"${tag}"`).join() }
    },
    body: resource,
    raw: { url: `/${path}${queryOf(query)}` },
    routeOptions: {},
    digest: null,
    upload: null
  }
}
