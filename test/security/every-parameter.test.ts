/**
 * Every declared parameter of every type that belongs to a record: asked for a value that only what is hidden has, and by what
 * counts the others (`:missing`, `:not`, `ne`), it answers the same bytes before anything hidden is there and after.
 */
import t from 'tap'
import { declared } from '../search/definition.js'
import type { Declared } from '../search/definition.js'
import { naiveValues } from '../search/naive-path.js'
import type { Found } from '../search/naive-path.js'
import { draftsOf, hide } from './least.js'
import type { Draft } from './least.js'
import { face, openScene } from './scene.js'

const scene = await openScene(t)
const cast = await scene.cast()
const { holder, physician } = cast
const drafts = draftsOf(cast)

/** How one value of a resource is asked for; none where another value of it tells as much. */
function valueOf ({ definition: { type } }: Declared, { value }: Found): string | undefined {
  const json = value as Readonly<Record<string, unknown>>
  const [coding = json] = Array.isArray(json['coding']) ? json['coding'] as readonly (typeof json)[] : []
  switch (type) {
    case 'token': return typeof value === 'object' ? String(coding['code'] ?? coding['value'] ?? '') || undefined : String(value)
    case 'string': case 'uri': return typeof value === 'string' ? value : undefined
    case 'date': return typeof value === 'string' ? value : undefined
    case 'reference': return typeof json['reference'] === 'string' ? json['reference'] : undefined
    case 'quantity': return typeof json['value'] === 'number' ? String(json['value']) : undefined
    default: return undefined
  }
}

/** What is asked of a parameter about a draft. */
function queriesOf (parameter: Declared, draft: Draft): readonly string[] {
  const { definition: { code = '', type } } = parameter
  if (['_id', 'patient', 'subject', '_has', '_list'].includes(code)) return []
  const found = naiveValues(parameter, draft)
  const values = [...new Set(found.flatMap(each => valueOf(parameter, each) ?? []))]
  const asked = values.slice(0, 2).map(value => `${code}=${encodeURIComponent(value)}`)
  const negative = type === 'token' ? [`${code}:not=urn:nothing%7Cnothing`] : type === 'date' ? [`${code}=ne1970-01-01`] : type === 'quantity' ? [`${code}=ne1970`] : []
  return [...asked, ...negative, ...type === 'composite' || type === 'special' ? [] : [`${code}:missing=${found.length === 0 ? 'true' : 'false'}`]]
}

const queries = drafts.flatMap(draft => declared.filter(({ resourceType }) => resourceType === draft.resourceType)
  .flatMap(parameter => queriesOf(parameter, draft).map(query => `/${draft.resourceType}?${query}`)))
const ofRecord = drafts.map(({ resourceType }) => resourceType).flatMap(type => ['', '&_sort=_lastUpdated', '&_sort=-_id', '&_total=accurate&_count=1', '&_summary=count'].map(more => `/${type}?_lastUpdated=ge2020${more}`))

t.test('P2 P3 P5 no parameter finds, misses, counts or sorts what is hidden', async t => {
  const ask = async () => {
    const answers = []
    for (const query of [...queries, ...ofRecord]) answers.push(await scene.request(physician.token, 'GET', query))
    return answers
  }
  const before = await ask()
  const ids = await hide(scene, cast, drafts)
  const after = await ask()
  for (const [index, query] of [...queries, ...ofRecord].entries()) {
    const [old, now] = [before[index], after[index]]
    if (old === undefined || now === undefined) throw new Error('not asked')
    t.equal(face(now), face(old), query)
  }
  const refused = before.filter(({ status }) => status !== 200).length
  t.ok(queries.length > 400 && refused < queries.length * 0.05, `${queries.length} questions, ${refused} that the server does not take`)
  let found = 0
  for (const query of queries.filter(query => !/:not|:missing|=ne/.test(query))) {
    const { status, text } = await scene.request(holder.token, 'GET', query)
    if (status === 200 && [...ids.values()].some(id => text.includes(id))) found++
  }
  t.ok(found > 40, `the holder finds it by ${found} of them`)
})
