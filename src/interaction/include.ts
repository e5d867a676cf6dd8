import { isShared, isTelling } from '../consent/family.js'
import { all, and, isIn, none } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { tooCostly } from '../search/fault.js'
import { includedReferences, revincludeFilter } from '../search/include.js'
import type { Inclusion } from '../search/include.js'
import type { Include, SearchRequest } from '../search/request.js'
import { allows } from '../security/scope.js'
import type { Entry } from './answer.js'
import type { Asking, Context } from './context.js'
import { current } from './directory.js'
import type { Kept } from './store.js'
import { findTraces } from './trace-search.js'

/**
 * `_include` and `_revinclude`, both through the caller's filter: what is hidden is not pointed at, and what points is not
 * there. Types outside the token's scopes are left out. What `:iterate` asks is asked of what comes in, until nothing
 * comes that is not there already: each resource is there once, so that circles end.
 * @param matches those that are shown in full point somewhere; none is included a second time
 * @throws OutcomeError `too-costly`
 */
export async function include (context: Context, { sight }: Asking, request: SearchRequest, matches: readonly Entry[]): Promise<readonly Entry[]> {
  if (request.includes.length + request.revincludes.length === 0 || matches.length === 0) return []
  const most = context.limits.included
  const patients = [...new Set(matches.flatMap(({ version }) => version.patient ?? []))]
  const isInScope = (type: string) => allows(sight.caller.principal.scopes, type, 's')
  const seen = new Set(matches.map(({ version }) => keyOf(version)))
  const included: Kept[] = []
  const ofMatches = { whole: matches.filter(({ subset }) => subset === undefined).map(({ version }) => version), all: matches.map(({ version }) => version) }
  for (let [around, isFirst] = [ofMatches, true]; around.all.length > 0; isFirst = false) {
    const asked = (list: readonly Include[]) => isFirst ? list : list.filter(({ isIterated }) => isIterated)
    const found = await Promise.all([...await forth(asked(request.includes), around.whole), ...back(asked(request.revincludes), around.all)])
    const fresh: Kept[] = []
    for (const { name, versions } of found) {
      fresh.push(...versions.filter(version => !seen.has(keyOf(version)) && seen.add(keyOf(version))))
      if (included.length + fresh.length > most) throw tooCostly(name, `brings more than ${most} resources: ask for smaller pages`)
    }
    included.push(...fresh)
    around = { whole: fresh, all: fresh }
  }
  return included.map(version => ({ version, mode: 'include' }))

  async function forth (includes: readonly Include[], versions: readonly Kept[]): Promise<readonly Promise<Found>[]> {
    if (includes.length === 0) return []
    const opened = await Promise.all(versions.map(async version => await context.store.opened(version)))
    const resources = opened.flatMap(version => version === undefined ? [] : [JSON.parse(version.text) as { readonly resourceType: string }])
    const pointers = includedReferences(context.registry, includes, resources).filter(pointer => !seen.has(keyOf(pointer)))
    const types = [...new Set(pointers.map(({ type }) => type))].filter(isInScope)
    return types.map(async type => await fetch('_include', type, isIn('_id', pointers.filter(pointer => pointer.type === type).map(({ id }) => id))))
  }

  function back (revincludes: readonly Include[], versions: readonly Kept[]): readonly Promise<Found>[] {
    const targets = versions.map(({ type, id }) => ({ type, id }))
    return revincludes.filter(({ source }) => isInScope(source)).map(async each => await fetch('_revinclude', each.source, revincludeFilter(each, targets)))
  }

  async function fetch (name: Inclusion, type: string, wanted: Filter): Promise<Found> {
    const visible = and(wanted, current, isShared(type) ? all : await sight.among(type, patients))
    if (wanted === none || visible === none) return { name, versions: [] }
    const limit = most + 1 + seen.size
    // Which traces are there is known once they were read: what is hidden takes the place of none.
    const versions = isTelling(type)
      ? (await findTraces(context, sight, { ...request, type, sort: [], count: limit, total: 'none', isCount: false }, visible, {})).found
      : await context.store.findKept({ type, filter: visible, sort: [], limit })
    return { name, versions }
  }
}

interface Found { readonly name: Inclusion, readonly versions: readonly Kept[] }

function keyOf ({ type, id }: { readonly type: string, readonly id: string }): string {
  return `${type}/${id}`
}
