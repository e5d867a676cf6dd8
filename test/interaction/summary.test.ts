/** `_summary`, `_elements`, `_pretty`: a part of what was decided, on each interaction that shows a resource. */
import t from 'tap'
import { access, document, label } from '../helper/resource.js'
import { GP, MT, link, matches, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, hospital, made, put } = scene
const { id: patient, holder } = await scene.open()
await made(holder, access(patient, GP))
const V = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const saved = await made(hospital, document(patient, { description: 'Un texte', securityLabel: [label('R', V)], meta: { security: [{ system: V, code: 'R' }] }, text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' } }))
const again = (await put(hospital, { ...saved, description: 'Un autre' })).json
const url = `/DocumentReference/${saved.id}`
const SUBSETTED = 'SUBSETTED'
const tags = (resource: { readonly meta: { readonly tag?: readonly { readonly code: string }[] } }) => resource.meta.tag?.map(({ code }) => code) ?? []

const wanted = [
  ['_summary=true', ['description', 'securityLabel', 'content', 'status'], ['text']],
  ['_summary=text', ['text', 'status', 'content'], ['description', 'securityLabel', 'type']],
  ['_summary=data', ['description', 'securityLabel', 'content'], ['text']],
  ['_elements=description', ['description', 'status', 'content'], ['text', 'securityLabel', 'type']],
  ['_elements=type,%20text', ['type', 'text', 'status', 'content'], ['description']]
] as const

for (const [query, there, gone] of wanted) {
  t.test(`${query} on a read, a version, a search and a history`, async t => {
    const shown = [
      (await get(gp, `${url}?${query}`)).json, (await get(gp, `${url}/_history/${again.meta.versionId}?${query}`)).json, (await get(gp, `${url}/_history/${saved.meta.versionId}?${query}`)).json,
      matches(await get(gp, `/DocumentReference?patient=${patient}&${query}`))[0], (await get(gp, `${url}/_history?${query}`)).json.entry[1].resource,
      (await get(hospital, `/DocumentReference/_history?${query}`)).json.entry[0].resource
    ]
    for (const resource of shown) {
      t.strictSame([resource.resourceType, resource.id, there.filter(name => !(name in resource)), gone.filter(name => name in resource)], ['DocumentReference', saved.id, [], []])
      t.ok(tags(resource).includes(SUBSETTED))
      t.same(resource.meta.security, [{ system: V, code: 'R' }])
    }
  })
}

t.test('what is stored stays whole, and the whole is what is answered otherwise', async t => {
  for (const query of ['', '?_summary=false', '?_pretty=false']) {
    const { json } = await get(gp, `${url}${query}`)
    t.strictSame(json, again)
  }
})

t.test('B11 P9 a part is no way around: what is hidden is absent, a count is only of matches', async t => {
  const stranger = await scene.professional(MT)
  for (const query of ['_summary=true', '_elements=id']) {
    t.equal((await get(stranger, `${url}?${query}`)).text, (await get(stranger, url)).text)
    t.equal((await get(stranger, `/DocumentReference?patient=${patient}&${query}`)).json.total, 0)
  }
  const count = (await get(gp, `/DocumentReference?patient=${patient}&_summary=count`)).json
  t.strictSame([count.total, count.entry], [1, undefined])
})

t.test('inclusions are summed up too, and whole beside elements of what is searched', async t => {
  const included = async (query: string) => matches(await get(gp, `/DocumentReference?patient=${patient}&_include=DocumentReference:patient&${query}`), 'include')[0]
  t.ok(tags(await included('_summary=true')).includes(SUBSETTED))
  t.notOk(tags(await included('_elements=status')).includes(SUBSETTED))
})

t.test('a next link asks for the same part', async t => {
  await made(hospital, document(patient))
  const first = await get(gp, `/DocumentReference?patient=${patient}&_count=1&_elements=type`)
  t.match(link(first, 'self'), '_elements=type')
  t.ok(tags(matches(await get(gp, link(first, 'next') ?? ''))[0]).includes(SUBSETTED))
})

t.test('entries of a batch have their own', async t => {
  const entry = [`DocumentReference/${saved.id}?_elements=description`, `DocumentReference?patient=${patient}&_summary=text`].map(address => ({ request: { method: 'GET', url: address } }))
  const { json } = await scene.request(gp, 'POST', '', { body: { resourceType: 'Bundle', type: 'batch', entry } })
  t.ok(tags(json.entry[0].resource).includes(SUBSETTED))
  t.ok(tags(json.entry[1].resource.entry[0].resource).includes(SUBSETTED))
})

t.test('what cannot be asked is refused by name', async t => {
  for (const [address, expression] of [
    [`${url}?_summary=count`, '_summary'], [`${url}?_elements=nom`, '_elements'], [`${url}?_summary=true&_summary=data`, '_summary'],
    [`${url}?_pretty=yes`, '_pretty'], [`${url}/_history?_summary=count`, '_summary'], [`${url}/_history?_elements=nom`, '_elements']
  ] as const) refused(t, await get(gp, address), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression })
  for (const query of ['_summary=true', '_elements=data']) refused(t, await get(gp, `/${saved.content[0].attachment.url}?${query}`), 400, { code: 'not-supported', details: 'MSG_PARAM_INVALID', expression: '_summary' })
  refused(t, await get(gp, `${url}?_summary=most`), 400, { code: 'not-supported', details: 'MSG_PARAM_INVALID', expression: '_summary' })
  refused(t, await get(hospital, '/_history?_elements=id'), 400, { code: 'not-supported', details: 'MSG_PARAM_INVALID', expression: '_elements' })
})

t.test('_pretty is for the eye, and says the same', async t => {
  for (const address of [url, `/DocumentReference?patient=${patient}`]) {
    const plain = await get(gp, address)
    const pretty = await get(gp, `${address}${address.includes('?') ? '&' : '?'}_pretty=true`)
    t.match(pretty.text, /\n {2}"resourceType": /)
    const { link: one, ...rest } = plain.json
    const { link: other, ...same } = pretty.json
    t.strictSame(same, rest)
  }
})
