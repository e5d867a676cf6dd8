import { familyOf, isShared } from '../consent/family.js'
import { and, isIn, none } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { includedReferences, revincludeFilter } from '../search/include.js'
import type { Include, SearchRequest } from '../search/request.js'
import { allows } from '../security/scope.js'
import type { Entry } from './answer.js'
import type { Asking, Context } from './context.js'
import { current } from './directory.js'
import type { Version } from './store.js'
import { seenAmong } from './trace-search.js'

/** The most that one search may include. */
const MOST_INCLUDED = 1000

/**
 * `_include` and `_revinclude`, one level, both through the caller's filter: what is hidden is not pointed at, and
 * what points is not there. Types outside the token's scopes are left out.
 * @param matches those that are shown in full point somewhere; none is included a second time
 */
export async function include (
  context: Context, { sight }: Asking, request: SearchRequest, matches: readonly Entry[]
): Promise<readonly Entry[]> {
  if (request.includes.length + request.revincludes.length === 0 || matches.length === 0) return []
  const resources = matches.filter(({ subset }) => subset === undefined).map(({ version }) => JSON.parse(version.text) as { readonly resourceType: string })
  const pointers = includedReferences(context.registry, request.includes, resources)
  const patients = [...new Set(matches.flatMap(({ version }) => version.patient ?? []))]
  const isInScope = (type: string) => allows(sight.caller.principal.scopes, type, 's')
  const found = await Promise.all([
    ...[...new Set(pointers.map(({ type }) => type))].filter(isInScope).map(async type =>
      await fetch(type, and(isIn('_id', pointers.filter(pointer => pointer.type === type).map(({ id }) => id)), current))),
    ...request.revincludes.filter(({ source }) => isInScope(source)).map(async each => await fetchReverse(each))
  ])
  const seen = new Set(matches.map(({ version }) => `${version.type}/${version.id}`))
  const fresh = found.flat().filter(({ type, id }) => !seen.has(`${type}/${id}`) && seen.add(`${type}/${id}`))
  return fresh.map(version => ({ version, mode: 'include' }))

  async function fetchReverse (each: Include): Promise<readonly Version[]> {
    const targets = matches.map(({ version: { type, id } }) => ({ type, id }))
    return await fetch(each.source, and(revincludeFilter(each, targets), current))
  }

  async function fetch (type: string, wanted: Filter): Promise<readonly Version[]> {
    const visible = isShared(type) ? wanted : and(wanted, await sight.among(type, patients, true))
    if (visible === none) return []
    const versions = await context.store.find({ type, filter: visible, sort: [], limit: MOST_INCLUDED + 1 })
    if (versions.length > MOST_INCLUDED) {
      throw new OutcomeError('too-costly', { diagnostics: `One search includes at most ${MOST_INCLUDED} resources: ask for smaller pages`, expression: '_count' })
    }
    return familyOf(type) === 'trace' ? await seenAmong(sight, versions) : versions
  }
}
