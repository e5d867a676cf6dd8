/** The runner on a server that is not ours: a small one in memory passes, and each of its lies is found out. */
import { XMLValidator } from 'fast-xml-parser'
import t from 'tap'
import type { Answer, Send } from '../../../scripts/conformance/client.js'
import type { Result } from '../../../scripts/conformance/exam.js'
import { toHtml, toJUnit, toText } from '../../../scripts/conformance/report.js'
import { run } from '../../../scripts/conformance/run.js'

const BASE = 'https://foreign.example/r4'
const JSON_TYPE = { 'content-type': 'application/fhir+json' }
const people = ['one', 'two', 'three'].map((id, index) => ({
  resourceType: 'Patient', id, meta: { versionId: '7', lastUpdated: `2026-01-0${index + 1}T00:00:00Z` }, gender: 'female', birthDate: `1990-01-0${index + 1}`
}))
const statement = {
  resourceType: 'CapabilityStatement',
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [{
    mode: 'server',
    resource: [{
      type: 'Patient',
      interaction: [{ code: 'read' }, { code: 'search-type' }],
      versioning: 'versioned',
      conditionalRead: 'full-support',
      searchParam: [
        { name: '_id', type: 'token', definition: 'http://hl7.org/fhir/SearchParameter/Resource-id' },
        { name: 'gender', type: 'token', definition: 'http://hl7.org/fhir/SearchParameter/individual-gender', documentation: 'Modifiers: missing, not.' },
        { name: 'birthdate', type: 'date', definition: 'http://hl7.org/fhir/SearchParameter/individual-birthdate', documentation: 'Modifiers: missing.' }
      ]
    }]
  }]
}

const answer = (status: number, json?: object, headers = {}): Answer => ({ status, headers: { ...JSON_TYPE, ...headers }, text: json === undefined ? '' : JSON.stringify(json) })
const refusal = (status: number) => answer(status, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'processing' }] })
type Person = typeof people[number]

/** Compares as much of a date as is said. */
function compared (of: string, asked: string): boolean | undefined {
  const [, prefix = 'eq', date = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4}(?:-\d\d){0,2})$/.exec(asked) ?? []
  if (date === '') return undefined
  const [one, other] = [of.slice(0, date.length), date]
  const meanings: Readonly<Record<string, boolean>> = { eq: one === other, ne: one !== other, gt: one > other, lt: one < other, ge: one >= other, le: one <= other, sa: one > other, eb: one < other, ap: one === other }
  return meanings[prefix]
}

/** Whether somebody matches; undefined for what is not understood. */
function matches (person: Person, name: string, value: string): boolean | undefined {
  const [code = '', modifier] = name.split(':')
  const of = ({ _id: person.id, gender: person.gender, birthdate: person.birthDate } as Readonly<Record<string, string>>)[code]
  if (of === undefined) return undefined
  if (modifier === 'missing') return value === 'true' || value === 'false' ? value === 'false' : undefined
  if (code === 'birthdate') return modifier === undefined ? compared(of, value) : undefined
  const isIt = value.split(',').some(each => (each.includes('|') ? each.split('|')[1] : each) === of)
  return modifier === undefined ? isIt : modifier === 'not' ? !isIt : undefined
}

function searched (query: URLSearchParams, isLenient: boolean): Answer {
  let list = people
  for (const [name, value] of query) {
    if (name.startsWith('_') && !name.startsWith('_id')) continue
    const kept = list.map(person => matches(person, name, value))
    if (kept.includes(undefined) && !(isLenient && name === 'conformance-nonsense')) return refusal(400)
    list = kept.includes(undefined) ? list : list.filter((_, index) => kept[index])
  }
  const [count = '9', part = '', at = '0'] = ['_count', '_summary', '_at'].map(name => query.get(name) ?? undefined)
  if (!/^\d+$/.test(count) || !['', 'true', 'text', 'data', 'count'].includes(part)) return refusal(400)
  if (query.get('_sort') === '-_lastUpdated') list = list.toReversed()
  const page = part === 'count' ? [] : list.slice(Number(at), Number(at) + Number(count))
  const tag = part !== '' || query.has('_elements') ? { tag: [{ code: 'SUBSETTED' }] } : {}
  const next = new URLSearchParams([...[...query].filter(([name]) => name !== '_at'), ['_at', String(Number(at) + Number(count))]])
  const link = [{ relation: 'self', url: `${BASE}/Patient?${query.toString()}` }, ...page.length > 0 && Number(at) + Number(count) < list.length ? [{ relation: 'next', url: `${BASE}/Patient?${next.toString()}` }] : []]
  const entry = page.map(person => ({ fullUrl: `${BASE}/Patient/${person.id}`, resource: { ...person, meta: { ...person.meta, ...tag } }, search: { mode: 'match' } }))
  return answer(200, { resourceType: 'Bundle', type: 'searchset', total: list.length, link, ...entry.length === 0 ? {} : { entry } })
}

const honest: Send = async (method, given, { headers = {}, body = '' } = {}) => {
  const { pathname, searchParams } = new URL(given.startsWith('http') ? given : BASE + given)
  const path = pathname.replace('/r4', '')
  if (path === '/metadata') return answer(200, statement)
  if (headers['accept'] === 'image/png') return refusal(406)
  const isLenient = headers['prefer'] === 'handling=lenient'
  if (path === '/Patient' && method === 'GET') return searched(searchParams, isLenient)
  if (path === '/Patient/_search' && method === 'POST') return searched(new URLSearchParams(body), isLenient)
  const person = people.find(({ id }) => path === `/Patient/${id}`)
  if (person === undefined || !['GET', 'HEAD'].includes(method)) return refusal(/^\/Patient\/[^/$]+$/.test(path) && !['GET', 'HEAD'].includes(method) ? 405 : 404)
  const named = { etag: 'W/"7"', 'last-modified': new Date(person.meta.lastUpdated).toUTCString() }
  if (headers['if-none-match'] === named.etag || Date.parse(headers['if-modified-since'] ?? '') > 0) return answer(304, undefined, named)
  return answer(200, method === 'HEAD' ? undefined : person, named)
}

const failed = (results: readonly Result[]) => results.filter(({ problems }) => problems.length > 0).map(({ group, name, problems }) => `${group}: ${name}: ${problems.join('; ')}`)

t.test('a server that does what it declares passes', async t => {
  const results = await run({ send: honest })
  t.same(failed(results), [])
  const passed = results.filter(({ skipped }) => skipped === undefined).map(({ name }) => name)
  for (const name of ['search by gender', 'search by gender:not', 'search by birthdate:missing', 'search by birthdate: what makes no sense is refused', 'search: pages lead to the end, and repeat nothing', 'search: by POST as by GET', 'search: _sort=_lastUpdated, both ways', 'search: _summary and _elements leave out, and say so', 'read answers what was found, with its version', 'delete, which is not declared, is refused', 'a type that is not declared is 404']) t.ok(passed.includes(name), name)
})

const edited = (given: Answer, edit: (json: { [name: string]: unknown }) => void): Answer => {
  const json = JSON.parse(given.text) as { [name: string]: unknown }
  edit(json)
  return { ...given, text: JSON.stringify(json) }
}
const isSet = ({ text }: Answer) => text.includes('"searchset"')
const ignoring = (pattern: RegExp): Send => async (method, url, asked) => await honest(method, url.replace(pattern, ''), asked)
const changing = (change: (given: Answer, url: string, method: string) => Answer): Send => async (method, url, asked) => url === '/metadata' ? await honest(method, url, asked) : change(await honest(method, url, asked), url, method)
const lies: readonly (readonly [what: string, send: Send, problem: RegExp])[] = [
  ['fails', changing(given => ({ ...given, status: 500 })), /is 500/],
  ['refuses without an outcome', changing(given => given.status >= 400 ? { ...given, text: '{}' } : given), /without an OperationOutcome/],
  ['does not say what it sends', changing(given => ({ ...given, headers: { ...given.headers, 'content-type': 'text/html' } })), /content type is text\/html/],
  ['finds nothing by a parameter', changing((given, url) => /[?&]gender=female/.test(url) ? searched(new URLSearchParams('_id=x'), false) : given), /gender=female does not find/],
  ['leaves a parameter out', ignoring(/&?gender:not=[^&]*/), /gender:not=female finds/],
  ['leaves a prefix out', ignoring(/&?birthdate=gt9998/), /birthdate=gt9998 finds/],
  ['takes what it does not know', ignoring(/&?conformance-nonsense=x/), /refused with 200/],
  ['counts one too many', changing(given => isSet(given) ? edited(given, json => { json['total'] = Number(json['total']) + 1 }) : given), /the pages hold/],
  ['repeats a page', changing((given, url) => url.startsWith('http') ? searched(new URLSearchParams('_count=1'), false) : given), /stands on two pages/],
  ['sorts nothing', ignoring(/&?_sort=-_lastUpdated/), /_sort=-_lastUpdated is not kept to/],
  ['has no link to itself', changing(given => isSet(given) ? edited(given, json => { json['link'] = [] }) : given), /no link to itself/],
  ['leaves out without saying so', ignoring(/&?_elements=id/), /not tagged SUBSETTED/],
  ['says no version', changing(given => ({ ...given, headers: { ...given.headers, etag: 'W/"8"' } })), /the ETag is/],
  ['sends what the client has', async (method, url, asked = {}) => await honest(method, url, { ...asked, headers: {} }), /is not 304/],
  ['deletes though it does not say so', changing((given, _, method) => method === 'DELETE' ? answer(200, {}) : given), /refused with 200, not 405/]
]
for (const [what, send, problem] of lies) {
  t.test(`a server that ${what} is found out`, async t => { t.match(failed(await run({ send })).join('\n'), problem) })
}

t.test('where there is no R4 server, nothing is examined', async t => {
  await t.rejects(run({ send: async () => answer(200, { resourceType: 'CapabilityStatement', fhirVersion: '5.0.0' }) }), { message: /no CapabilityStatement of FHIR R4/ })
})

t.test('the reports hold what a server said as text, whatever it said', async t => {
  const results: readonly Result[] = [
    { group: '<b>', name: 'one & "two"', problems: ['<script>alert(1)</script>\u0000'], skipped: undefined, asked: ['GET /x → 500'], ms: 5 },
    { group: 'other', name: 'three', problems: [], skipped: 'nothing', asked: [], ms: 1 }
  ]
  const told = { server: 'https://x/<i>', date: '2026-11-30T00:00:00Z', results }
  t.equal(XMLValidator.validate(toJUnit(told)), true)
  t.notMatch(toHtml(told), /<script>|<i>/)
  t.match(toText(told), /FAILED <b>: one[^]*0 passed, 1 failed, 1 skipped/)
})
