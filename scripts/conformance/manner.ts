/** How a search is answered: pages, order, parts, inclusions, POST, chains; and what it refuses. */
import { inMode, linkOf, searchset } from './bundle.js'
import type { Json } from './client.js'
import type { Reply } from './exam.js'
import { NOBODY } from './read.js'
import { STRICT, holds, queryOf } from './search.js'
import type { Subject } from './subject.js'
import { valuesOf } from './value.js'

const MOST_PAGES = 40
const ids = (reply: Reply) => inMode(reply, 'match').map((each: Json) => String(each?.id))
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

export async function manners (subject: Subject): Promise<void> {
  const { exam, resource: { type, searchParam = [] }, found } = subject
  // R4 sorts by what is declared.
  const isSorted = searchParam.some(({ name }) => name === '_lastUpdated')
  const search = (...pairs: readonly (readonly [name: string, value: string])[]) => `/${type}?${queryOf(subject, pairs)}`
  // What was found, and no more: what comes meanwhile, as traces do, is on no page.
  const bound = found.resources.length > 0 ? [['_id', found.resources.slice(0, 4).map(({ id }) => String(id)).join()] as const] : []
  await exam.case(type, 'search: pages lead to the end, and repeat nothing', async check => {
    const seen: string[] = []
    let reply = await check.ask('GET', search(...bound, ['_count', '1']))
    searchset(check, reply, type)
    const total = reply.json?.total as number | undefined
    for (let pages = 1; ; pages += 1) {
      check.that(ids(reply).length <= 1, '_count=1 is not kept to')
      seen.push(...ids(reply))
      const next = linkOf(reply, 'next')
      if (next === undefined || new Set(seen).size < seen.length) break
      if (pages >= MOST_PAGES) check.skip(`more than ${MOST_PAGES} pages`)
      reply = await check.ask('GET', next)
      searchset(check, reply, type)
    }
    check.that(new Set(seen).size === seen.length, 'a resource stands on two pages')
    if (total !== undefined && new Set(seen).size === seen.length) check.that(total === seen.length, `the total is ${total}, the pages hold ${seen.length}`)
  })
  await exam.case(type, 'search: _sort=_lastUpdated, both ways', async check => {
    for (const sign of ['', '-']) {
      const reply = await check.ask('GET', search(['_sort', `${sign}_lastUpdated`], ['_count', '10']))
      if (!isSorted && reply.status === 400) check.skip('`_lastUpdated` is not declared, and refused')
      searchset(check, reply, type)
      const instants = inMode(reply, 'match').map((each: Json) => Date.parse(each?.meta?.lastUpdated))
      check.that(instants.every((at, index) => index === 0 || (sign === '' ? at >= (instants[index - 1] ?? at) : at <= (instants[index - 1] ?? at))), `_sort=${sign}_lastUpdated is not kept to`)
    }
  })
  await exam.case(type, 'search: _summary and _elements leave out, and say so', async check => {
    const one = found.resources[0] as Json
    if (one === undefined) check.skip('nothing of this type was found')
    for (const [name, value] of [['_summary', 'true'], ['_summary', 'text'], ['_summary', 'data'], ['_elements', 'id']] as const) {
      const reply = await check.ask('GET', search(['_id', one.id], [name, value]))
      searchset(check, reply, type)
      const [part] = inMode(reply, 'match') as readonly Json[]
      check.that(part?.meta?.tag?.some(({ code }: Json) => code === 'SUBSETTED') === true, `${name}=${value}: not tagged SUBSETTED`)
      if (value === 'data') check.that(part?.text === undefined, '_summary=data has a text')
    }
    const count = await check.ask('GET', search(['_id', one.id], ['_summary', 'count']))
    check.that(count.status === 200 && count.json?.total === 1 && count.json.entry === undefined, `_summary=count: ${count.status}, total ${String(count.json?.total)}`)
  })
  await exam.case(type, 'search: by POST as by GET', async check => {
    const posted = [...bound, ['_count', '5'], ...isSorted ? [['_sort', '_lastUpdated']] as const : []] as const
    const [get, post] = [await check.ask('GET', search(...posted)), await check.ask('POST', `/${type}/_search`, { headers: FORM, body: queryOf(subject, posted) })]
    searchset(check, get, type)
    searchset(check, post, type)
    check.that(ids(get).join() === ids(post).join() && get.json?.total === post.json?.total, 'POST finds something else than GET')
  })
  await exam.case(type, 'search: what is not known is refused, or left out where that is asked', async check => {
    for (const query of [['conformance-nonsense', 'x'], ['_count', 'many'], ['_count', '-1'], ['_summary', 'nonsense']] as const) check.refused(await check.ask('GET', search(query), STRICT), 400)
    searchset(check, await check.ask('GET', search(['conformance-nonsense', 'x'], ['_count', '1']), { headers: { prefer: 'handling=lenient' } }), type)
    const none = await check.ask('GET', search(['_id', NOBODY]))
    searchset(check, none, type)
    check.that(ids(none).length === 0, 'finds what is not there')
  })
  await inclusions(subject)
}

/** Of each declared inclusion, one that a found resource could bring. */
async function inclusions (subject: Subject): Promise<void> {
  const { exam, resource: { type, searchInclude = [], searchRevInclude = [], searchParam = [] }, found, definitions } = subject
  const references = (code: string, resource: Json) => valuesOf(resource, definitions.get(searchParam.find(({ name }) => name === code)?.definition ?? '') ?? {}).map(({ reference = '' }) => String(reference)).filter(each => /^[A-Z]\w+\/[\w.-]+$/.test(each))
  for (const include of searchInclude) {
    const [, code = '', target] = include.split(':')
    await exam.case(type, `search: _include=${include}`, async check => {
      const one = (found.resources as readonly Json[]).find(each => include === '*' || references(code, each).length > 0)
      if (one === undefined) check.skip('nothing that was found refers to something')
      const reply = await check.ask('GET', `/${type}?${queryOf(subject, [['_id', one.id], ['_include', include]])}`)
      searchset(check, reply, type)
      const text = JSON.stringify(inMode(reply, 'match'))
      const included = (inMode(reply, 'include') as readonly Json[]).map(each => `${String(each?.resourceType)}/${String(each?.id)}`)
      for (const each of included) check.that(text.includes(`${each}"`) || text.includes(`${each}/_history`), `includes ${each}, to which no match refers`)
      for (const each of references(code, one).filter(reference => target === undefined || reference.startsWith(`${target}/`)).slice(0, 2)) {
        const isThere = included.includes(each) || ids(reply).some(id => each === `${type}/${id}`)
        if (!isThere) check.that((await check.ask('GET', `/${each}`, { headers: { accept: '*/*' } })).status !== 200, `does not include ${each}`)
      }
    })
    if (include === '*') continue
    await exam.case(type, `search: chain over ${code}`, async check => {
      const one = (found.resources as readonly Json[]).find(each => references(code, each).length > 0)
      const [to = '', id = ''] = one === undefined ? [] : references(code, one)[0]?.split('/') ?? []
      if (one === undefined) check.skip('nothing that was found refers to something')
      const reply = await check.ask('GET', `/${type}?${queryOf(subject, [['_id', String(one.id)], [`${code}:${to}._id`, id]])}`, STRICT)
      if (reply.status === 400) check.skip('chains over it are refused')
      searchset(check, reply, type)
      const isSeen = (await check.ask('GET', `/${to}/${id}`, { headers: { accept: '*/*' } })).status === 200
      check.that(holds(reply, String(one.id)) === isSeen, `the chain ${isSeen ? 'does not find' : 'tells of'} ${to}/${id}`)
    })
  }
  for (const include of searchRevInclude) {
    await exam.case(type, `search: _revinclude=${include}`, async check => {
      const one = found.resources[0] as Json
      if (one === undefined) check.skip('nothing of this type was found')
      const reply = await check.ask('GET', `/${type}?${queryOf(subject, [['_id', one.id], ['_revinclude', include]])}`)
      searchset(check, reply, type)
      for (const each of inMode(reply, 'include')) check.that(JSON.stringify(each).includes(`${type}/${String(one.id)}`), 'includes what does not refer to a match')
    })
  }
}
