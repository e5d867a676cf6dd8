/** Reads, versions, histories and contents, with the headers that condition them. */
import { name, target, versionOf } from './drawing.js'
import type { Drawing } from './drawing.js'
import { manner } from './ask-search.js'
import type { Ask } from './scenario.js'

type Headers = readonly [what: string, headers: Readonly<Record<string, string>>]

/** The conditions of a read of something by its name. */
function conditions (drawing: Drawing, of: string, type: string): Headers {
  const { one, chance } = drawing
  const all: readonly Headers[] = [
    ['If-None-Match', { 'if-none-match': `W/"${versionOf(of)}"` }],
    ['If-None-Match', { 'if-none-match': one(['*', 'W/"x"', `W/"${versionOf(target(drawing, type))}"`]) }],
    ['If-Modified-Since', { 'if-modified-since': one(['Sat, 01 Jan 2028 00:00:00 GMT', 'Sat, 01 Jan 2000 00:00:00 GMT']) }],
    ['Accept', { accept: one(['application/fhir+json', 'application/json', '*/*', 'application/xml']) }]
  ]
  return chance(0.4) ? one(all) : ['', {}]
}

function shapeOf (drawing: Drawing, type: string): { readonly query: string, readonly cells: readonly string[] } {
  const parts = drawing.chance(0.25) ? manner(drawing, type).filter(({ pair }) => /^_(?:summary|elements|pretty|format)=/.test(pair)) : []
  return { query: parts.length === 0 ? '' : `?${parts.map(({ pair }) => pair).join('&')}`, cells: parts.flatMap(({ cells }) => cells) }
}

export function readOf (drawing: Drawing, type: string): Ask {
  const of = target(drawing, type)
  const [what, headers] = conditions(drawing, of, type)
  const isHead = drawing.chance(0.1)
  const { query, cells } = shapeOf(drawing, type)
  return { cells: [...cells, ...what === '' ? [] : [`kind ${what}`], ...isHead ? ['kind HEAD'] : []], method: isHead ? 'HEAD' : 'GET', url: `/${type}/${name(of)}${query}`, headers: type === 'Binary' ? { accept: '*/*', ...contentHeaders(drawing), ...headers } : headers }
}

function contentHeaders ({ chance, one }: Drawing): Readonly<Record<string, string>> {
  return chance(0.4) ? { range: one(['bytes=0-1', 'bytes=-2', 'bytes=900-']) } : {}
}

export function versionReadOf (drawing: Drawing, type: string): Ask {
  const of = target(drawing, type)
  const version = drawing.chance(0.8) ? type === 'Binary' ? '1' : versionOf(of) : drawing.one(['1', '{nothing}', versionOf(target(drawing, type))])
  const [what, headers] = conditions(drawing, of, type)
  const { query, cells } = shapeOf(drawing, type)
  return { cells: [...cells, ...what === '' ? [] : [`kind ${what}`]], method: 'GET', url: `/${type}/${name(of)}/_history/${version}${query}`, headers: type === 'Binary' ? { accept: '*/*', ...headers } : headers }
}

/** @param path of the resource, of the type or of everything */
export function historyOf (drawing: Drawing, path: string): Ask {
  const { chance, one } = drawing
  const query = [
    ...chance(0.5) ? [`_count=${one(['1', '2', '5', '0', '200'])}`] : [],
    ...chance(0.25) ? [`_since=${one(['2020', '2099', '2026-01-01T00:00:00Z'])}`] : [],
    ...chance(0.2) ? [`_at=${one(['2026', 'ge2020', 'lt2000'])}`] : []
  ]
  const isFollowed = query.some(part => /_count=[125]$/.test(part))
  const follow = isFollowed ? ['next', 'next', 'next'] : []
  return {
    cells: [...query.map(part => `kind history ${part.slice(0, part.indexOf('='))}`), ...follow.map(relation => `kind page ${relation}`)],
    method: 'GET',
    url: `${path}/_history${query.length === 0 ? '' : `?${query.join('&')}`}`,
    ...isFollowed ? { follow } : {}
  }
}
