/** search-type (R4 http.html#search, search.html): what each kind of parameter finds, and how the answer is shaped. */
import t from 'tap'
import { access, document, label, patient, person } from '../helper/resource.js'
import { GP, HOSPITAL, link, look, matches, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, made, gp, hospital, operator, request } = scene
const { id: patientId, holder, ins } = await scene.open()
const other = await scene.open()
await made(holder, access(patientId, GP))
const LOINC = 'http://loinc.org'
const A05 = 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire'
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const practitioner = await made(operator, { resourceType: 'Practitioner', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: '899700000077' }], name: [{ family: 'Dûrand' }] })

const alpha = document(patientId, {
  description: 'Élan vital',
  date: '2026-01-10T10:00:00Z',
  author: [{ reference: `Practitioner/${practitioner.id}` }],
  identifier: [{ system: 'urn:ids', value: 'a|1,2' }],
  context: { period: { start: '2026-01-01', end: '2026-01-31' } }
})
Object.assign(alpha.content[0]?.attachment ?? {}, { language: 'fr-FR' })
const beta = document(patientId, {
  description: 'elancement',
  date: '2026-02-10T23:30:00+01:00',
  type: { coding: [{ system: A05, code: 'SYNTH' }] },
  author: [person(GP)],
  securityLabel: [label('R', CONFIDENTIALITY)]
})
const gamma = document(patientId, {
  description: 'Autre',
  date: undefined,
  status: 'superseded',
  content: [{ attachment: { contentType: 'application/pdf', url: 'http://example.org/doc.pdf' } }]
})
const saved = { alpha: await made(hospital, alpha), beta: await made(hospital, beta), gamma: await made(hospital, gamma) }
await made(hospital, document(other.id, { description: 'Élan' }))
const named = (ids: readonly string[]) => Object.entries(saved).filter(([, { id }]) => ids.includes(id)).map(([name]) => name).join(' ')
const base = `/DocumentReference?patient=${patientId}`

const found: readonly (readonly [query: string, names: string])[] = [
  // token
  ['status=current', 'alpha beta'], ['status=current,superseded', 'alpha beta gamma'], ['status:not=current', 'gamma'], ['status=CURRENT', ''],
  [`type=${LOINC}|11488-4`, 'alpha gamma'], ['type=11488-4', 'alpha gamma'], [`type=${A05}|`, 'beta'], ['type=|11488-4', ''], [`type=${A05}|11488-4`, ''],
  [`type:not=${LOINC}|11488-4`, 'beta'], [`security-label=${CONFIDENTIALITY}|R`, 'beta'], ['security-label:missing=true', 'alpha gamma'],
  ['contenttype=application/pdf', 'gamma'], ['language=fr-FR', 'alpha'],
  ['identifier=urn:ids|a%5C|1%5C,2', 'alpha'], ['identifier=a%5C|1%5C,2', 'alpha'], ['identifier=urn:ids|a', ''], ['identifier=urn:ids|', 'alpha'],
  // date
  ['date=2026-01-10', 'alpha'], ['date=2026', 'alpha beta'], ['date=2026-02-10T22:30:00Z', 'beta'], ['date=2026-02-11', ''], ['date=ne2026-01-10', 'beta'],
  ['date=ge2026-01-11', 'beta'], ['date=lt2026-02-01', 'alpha'], ['date=gt2026-01-09&date=lt2026-01-11', 'alpha'], ['date=sa2026-02', ''], ['date=eb2026-02', 'alpha'],
  ['date:missing=true', 'gamma'], ['date:missing=false', 'alpha beta'], ['period=2026-01', 'alpha'], ['period=ge2026-01-20', 'alpha'], ['period=sa2026-01-01', ''],
  // string
  ['description=elan', 'alpha beta'], ['description=ÉLAN%20V', 'alpha'], ['description=vital', ''], ['description:exact=%C3%89lan%20vital', 'alpha'], ['description:exact=elan%20vital', ''],
  ['description=autre,elanc', 'beta gamma'],
  // reference
  [`author=Practitioner/${practitioner.id}`, 'alpha'], [`author:Practitioner=${practitioner.id}`, 'alpha'], [`author=http://127.0.0.1:8080/fhir/Practitioner/${practitioner.id}`, 'alpha'],
  [`author:identifier=urn:oid:1.2.250.1.71.4.2.1|${GP}`, 'beta'], [`author=Practitioner/${practitioner.id},Practitioner/x`, 'alpha'], ['author=Practitioner/x', ''],
  [`subject=Patient/${patientId}`, 'alpha beta gamma'], [`subject=Patient/${other.id}`, ''],
  // uri
  ['location=http://example.org/doc.pdf', 'gamma'], ['location=http://example.org/doc', ''],
  // all must hold
  ['status=current&type=11488-4', 'alpha'], ['_lastUpdated=ge2000', 'alpha beta gamma'], ['_lastUpdated=lt2000', ''], [`_id=${saved.alpha.id},x`, 'alpha']
]
for (const [query, names] of found) {
  t.test(`${query} finds ${names === '' ? 'nothing' : names}`, async t => {
    for (const token of [holder, gp]) {
      const bundle = await get(token, `${base}&${query}`)
      t.strictSame([bundle.status, named(matches(bundle).map(({ id }) => id)), bundle.json.total], [200, names, names === '' ? 0 : names.split(' ').length])
    }
  })
}

t.test('the patient is named by id, type and id, address, or identifier of Patient', async t => {
  for (const value of [patientId, `Patient/${patientId}`, `http://127.0.0.1:8080/fhir/Patient/${patientId}`]) t.equal((await scene.ids(gp, `/DocumentReference?patient=${value}`)).length, 3)
  t.strictSame(await scene.ids(gp, `/Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|${ins}`), [patientId])
})

t.test('_sort orders by date, either way, and by what it names next', async t => {
  const { alpha: { id: a }, beta: { id: b }, gamma: { id: c } } = saved
  t.strictSame(await scene.ids(gp, `${base}&_sort=date`), [a, b, c])
  t.strictSame(await scene.ids(gp, `${base}&_sort=-date`), [b, a, c])
  t.strictSame(await scene.ids(gp, `${base}&_sort=-_lastUpdated`), [c, b, a])
  t.strictSame(await scene.ids(gp, `${base}&_sort=_id`), [a, b, c].sort())
  t.strictSame(await scene.ids(gp, `${base}&_sort=period,-_lastUpdated`), [a, c, b])
  t.strictSame((await scene.ids(gp, `${base}&_sort=type,date`)).length, 3)
  refused(t, await get(gp, `${base}&_sort=identifier`), 400, { code: 'not-supported', details: 'MSG_PARAM_INVALID', expression: '_sort' })
  refused(t, await get(gp, `${base}&_sort=date,-date`), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: '_sort' })
})

t.test('only the total is answered where only that is asked', async t => {
  for (const how of ['_count=0', '_summary=count']) {
    const { json } = await get(gp, `${base}&${how}`)
    t.strictSame([json.total, json.entry, json.link.length], [3, undefined, 1], how)
  }
  const { json } = await get(gp, `${base}&_total=none`)
  t.strictSame([json.total, json.entry.length], [undefined, 3])
  t.equal((await get(gp, `${base}&_total=accurate&_count=1`)).json.total, 3)
})

t.test('P29 entries say where they are and that they match', async t => {
  const { json } = await get(gp, `${base}&_id=${saved.beta.id}`)
  t.strictSame(json, {
    resourceType: 'Bundle',
    type: 'searchset',
    total: 1,
    link: [{ relation: 'self', url: `http://127.0.0.1:8080/fhir/DocumentReference?patient=${patientId}&_id=${saved.beta.id}` }],
    entry: [{ fullUrl: `http://127.0.0.1:8080/fhir/DocumentReference/${saved.beta.id}`, resource: saved.beta, search: { mode: 'match' } }]
  })
})

t.test('P25 P26 an unknown parameter is refused, all of them at once, unless the client is lenient', async t => {
  const url = `${base}&nonsense=1&status=current&subject.nonsense=x`
  const unknown = { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN' }
  refused(t, await get(gp, url), 400, { ...unknown, expression: 'nonsense' }, { ...unknown, expression: 'subject.nonsense' })
  const lenient = await get(gp, url, { prefer: 'handling=lenient' })
  t.equal(named(matches(lenient).map(({ id }) => id)), 'alpha beta')
  t.equal(lenient.json.total, 2)
  t.equal(link(lenient, 'self'), `http://127.0.0.1:8080/fhir/DocumentReference?patient=${patientId}&status=current`)
  const [outcome] = matches(lenient, 'outcome')
  t.strictSame(outcome.issue.map((one: { severity: string, code: string, expression: string[] }) => [one.severity, one.code, one.expression]),
    [['warning', 'not-supported', ['nonsense']], ['warning', 'not-supported', ['subject.nonsense']]])
})

t.test('P25 a known parameter that cannot be read is refused even then', async t => {
  const invalid = { code: 'value', details: 'MSG_PARAM_INVALID' }
  for (const [query, expression, code] of [
    ['date=yesterday', 'date'], ['date=xx2026', 'date'], ['date=ap', 'date'], ['description:contains=abc', 'description:contains', 'not-supported'], ['type:in=urn:x', 'type:in', 'not-supported'], ['_count=-1', '_count'], ['_count=x', '_count'], ['_count=1&_count=2', '_count'],
    ['status=', 'status'], ['status=a,,b', 'status'], ['date:missing=maybe', 'date:missing'], ['_summary=most', '_summary', 'not-supported'], ['_elements=nom', '_elements'], ['_elements=', '_elements'], ['_elements=id&_summary=true', '_elements'], ['_summary=text&_include=DocumentReference:patient', '_summary'], ['_total=some', '_total', 'not-supported'],
    ['description=!!', 'description'], ['_include=DocumentReference:nothing', '_include', 'not-supported'], ['_id=a_b', '_id'], ['description=a%01b', 'description']
  ] as const) {
    const issue = { ...invalid, expression, ...code === undefined ? {} : { code } }
    for (const prefer of ['handling=strict', 'handling=lenient']) refused(t, await get(gp, `${base}&${query}`, { prefer }), 400, issue)
  }
  for (const modified of ['description:below', 'status:text', '_count:x', 'author:Nonsense']) {
    refused(t, await get(gp, `${base}&${modified}=1`, { prefer: 'handling=lenient' }), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: modified })
  }
})

t.test('POST _search answers like GET', async t => {
  const post = async (body: string, type = 'application/x-www-form-urlencoded', query = '') =>
    await request(gp, 'POST', `/DocumentReference/_search${query}`, { body, headers: { 'content-type': type } })
  const body = `patient=${patientId}&status=current&_sort=date`
  const [posted, got] = [await post(body), await get(gp, `/DocumentReference?${body}`)]
  t.strictSame(look(posted), look(got))
  t.strictSame(look(await post('_sort=date', undefined, `?patient=${patientId}&status=current`)), look(got), 'parameters of the address count too')
  refused(t, await post('{}', 'application/json'), 415, { code: 'not-supported', expression: 'Content-Type' })
})

t.test('what a query may ask is bounded', async t => {
  const many = (count: number, one: string) => Array.from({ length: count }, () => one)
  refused(t, await get(gp, `${base}&status=${many(101, 'current').join()}`), 400, { code: 'too-costly', expression: 'status' })
  refused(t, await get(gp, `${base}&${many(64, 'status=current').join('&')}`), 400, { code: 'too-costly', expression: 'status' })
  refused(t, await get(gp, `${base}&description=${'a'.repeat(33)}`), 400, { code: 'too-costly', expression: 'description' })
})

t.test('the directory is open to everybody who is known', async t => {
  await made(operator, { resourceType: 'Organization', name: 'Hôpital Nord', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: HOSPITAL }], address: [{ city: 'Lyon' }] })
  for (const token of [gp, hospital, holder, operator]) {
    t.equal(matches(await get(token, '/Organization?name=hopital%20n&address-city=lyon')).length, 1)
    t.equal(matches(await get(token, '/Practitioner?family=dur')).length, 1)
  }
  t.equal((await get(undefined, '/Organization')).status, 401)
})

t.test('the operator finds patients by their traits', async t => {
  const made = await scene.post(operator, patient('199999999999995', { name: [{ family: 'Zola', given: ['Émile'] }] }))
  t.strictSame(await scene.ids(operator, '/Patient?family=ZOL&birthdate=1990-01-02'), [made.json.id])
  t.strictSame(await scene.ids(operator, '/Patient?given=emil'), [made.json.id])
})
