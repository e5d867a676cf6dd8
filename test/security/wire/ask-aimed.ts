/** What is hidden, asked for on purpose: by its id, by what it refers to, by what refers to it, by its identifiers. */
import { criterion } from './ask-search.js'
import { name, versionOf } from './drawing.js'
import type { Drawing } from './drawing.js'
import type { Ask } from './scenario.js'

export function aimedOf (drawing: Drawing): Ask {
  const { one, chance, stage: { hidden, registry } } = drawing
  const { name: of, hide: { type, how } } = one(hidden)
  const get = (url: string, what: string): Ask => ({ cells: [`aimed ${what}`], method: 'GET', url })
  const links = registry.types.flatMap(target => registry.revincludesOf(target).filter(link => link.startsWith(`${type}:`)).map(link => ({ target, link })))
  const steps = registry.parametersOf(type).filter(parameter => parameter.type === 'reference' && !['patient', 'subject'].includes(parameter.code))
  const id = registry.parameter(type, '_id')
  const asks: readonly (() => Ask)[] = [
    ...links.length === 0
      ? []
      : [0, 1].map(() => () => {
          const { target, link } = one(links)
          return get(`/${target}?_id={${target}}&_revinclude=${link}`, '_revinclude')
        }),
    ...steps.length === 0 || id === undefined
      ? []
      : [0, 1].map(() => () => {
          const { code, targets } = one(steps)
          const target = one(targets.filter(each => registry.types.includes(each)).concat(targets.length === 0 ? ['DocumentReference'] : []))
          return get(`/${target}?_has:${type}:${code}:${chance(0.5) ? `_id=${name(of)}` : criterion(drawing, type, one(registry.parametersOf(type)), { modifier: undefined }).pair}`, '_has')
        }),
    ...how === 'referred'
      ? [0, 1, 2].map(() => () => get(`/DocumentReference?${one([`_id=${name(`${of}.referrer`)}&_include=DocumentReference:related`, `related=${type}/${name(of)}`, `related:${type}._id=${name(of)}`, `related:${type}.${criterion(drawing, type, one(registry.parametersOf(type)), { modifier: undefined }).pair}`])}`, 'related'))
      : [],
    () => get(`/${type}/${name(of)}`, 'read'),
    () => get(`/${type}?_id=${name(of)},${name(type)}&_total=accurate`, 'search'),
    () => get(`/${type}?patient=Patient/{Patient}&_sort=${one(['-_lastUpdated', '_id'])}&_count=${one(['1', '5', '0'])}`, 'list'),
    () => get(`/AuditEvent?entity=${type}/${name(of)}`, 'traces'),
    () => ({ cells: ['aimed condition'], method: 'POST', url: '/Observation', headers: { 'if-none-exist': `_id=${name(of)}` }, body: JSON.stringify({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/{Patient}' } }) }),
    () => ({ cells: ['aimed reference'], method: 'POST', url: '/List', body: JSON.stringify({ resourceType: 'List', status: 'current', mode: 'working', subject: { reference: 'Patient/{Patient}' }, entry: [{ item: { reference: `${type}/${name(of)}` } }] }) }),
    () => ({ cells: ['aimed delete'], method: 'DELETE', url: `/${type}/${name(of)}`, headers: chance(0.5) ? { 'if-match': `W/"${versionOf(of)}"` } : {} })
  ]
  return one(asks)()
}
