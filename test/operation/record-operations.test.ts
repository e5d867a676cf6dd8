/**
 * `$everything`, `$docref`, `$lastn`, `$summary`: what searches of the same caller show, in other words. What is hidden is absent:
 * a caller who is shut out, a masked resource, a deleted one; the answers are the same bytes with and without it.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST, as } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'
import { ACTIVE_ALLERGY, access, block, document, label, person } from '../helper/resource.js'
import { face, openScene } from '../security/scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id: consultation } = await scene.cast()
const stranger = await scene.physician()
const subject = { reference: `Patient/${holder.id}` }
const LOINC = 'http://loinc.org'
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'
const coded = (...codes: readonly string[]) => ({ coding: codes.map(code => ({ system: LOINC, code })) })
const make = async (resource: object, token = hospital.token) => await scene.make(token, resource)
const observed = (code: object, effectiveDateTime: string | undefined, more: object = {}) =>
  ({ resourceType: 'Observation', status: 'final', category: [{ coding: [{ system: CATEGORY, code: 'laboratory' }] }], code, subject, ...effectiveDateTime === undefined ? {} : { effectiveDateTime }, ...more })
const MASK = { meta: { security: label('MASQUE_PS').coding } }
const get = async (token: string, url: string) => await scene.request(token, 'GET', url)
const entries = ({ json }: TestResponse, mode = 'match'): readonly string[] =>
  (json.entry ?? []).filter(({ search }: { search: { mode: string } }) => search.mode === mode).map(({ resource }: { resource: { resourceType: string, id: string } }) => `${resource.resourceType}/${resource.id}`)
const next = ({ json }: TestResponse): string | undefined => json.link.find(({ relation }: { relation: string }) => relation === 'next')?.url

const organization = await make({ resourceType: 'Organization', name: 'Clinique', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: hospital.structure }] }, scene.operator)
const practitioner = await make({ resourceType: 'Practitioner', name: [{ family: 'DURAND' }] }, scene.operator)
const lab = [
  await make(observed(coded('718-7'), '2026-01-03')), await make(observed(coded('718-7'), '2026-01-02', { performer: [{ reference: `Organization/${organization}` }] })),
  await make(observed(coded('718-7'), '2026-01-02')), await make(observed({ text: 'CRP' }, '2026-01-05')), await make(observed({ text: 'crp' }, '2026-01-04')),
  await make(observed(coded('2345-7'), '2026-01-01'))
] as const
const condition = await make({ resourceType: 'Condition', code: coded('1'), subject, clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] } })
const past = await make({ resourceType: 'Condition', code: coded('2'), subject, clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'resolved' }] } })
const SUMMARY = { type: { coding: [{ system: LOINC, code: '60591-5' }] } }
const summaries = [await make(document(holder.id, { ...SUMMARY, date: '2026-02-01T10:00:00Z' })), await make(document(holder.id, { ...SUMMARY, date: '2026-01-01T10:00:00Z' }))] as const

const hidden: string[] = []
/** All that is hidden from the physician: newer than what they see, of a code of its own, and one that would bring two codes together. */
async function hide () {
  const gone = await make(observed(coded('718-7'), '2026-03-09'))
  await scene.request(hospital.token, 'DELETE', `/Observation/${gone}`)
  hidden.push(gone)
  for (const resource of [
    observed(coded('718-7'), '2026-03-03', MASK), observed(coded('999-9'), '2026-03-03', MASK), observed(coded('718-7', '2345-7'), '2026-03-03', MASK),
    { resourceType: 'AllergyIntolerance', ...ACTIVE_ALLERGY, code: coded('3'), patient: subject, ...MASK }, { resourceType: 'Condition', code: coded('4'), subject, ...MASK, recorder: { reference: `Practitioner/${practitioner}` } },
    { resourceType: 'MedicationStatement', status: 'active', medicationCodeableConcept: coded('5'), subject, ...MASK }, { resourceType: 'Immunization', status: 'completed', vaccineCode: coded('6'), patient: subject, occurrenceDateTime: '2026-01-01', ...MASK },
    document(holder.id, { ...SUMMARY, date: '2026-03-01T10:00:00Z', securityLabel: [label('MASQUE_PS')] })
  ]) {
    const { meta, securityLabel, ...plain } = resource as { resourceType: string, meta?: object, securityLabel?: object }
    const id = await make(plain)
    const masked = await scene.change(holder.token, `/${resource.resourceType}/${id}`, meta === undefined ? { securityLabel } : { meta })
    if (masked.status !== 200) throw new Error(masked.text)
    hidden.push(id)
  }
}

/** What is asked, and what differs between two answers to the same question. */
const URLS = [
  `/Patient/${holder.id}/$everything?_type=Observation,Condition,AllergyIntolerance,DocumentReference,Immunization,MedicationStatement,Practitioner`, `/Patient/${holder.id}/$everything?_type=Observation&_count=2`,
  `/Patient/${holder.id}/$everything?_type=Condition&_since=2026-01-01T00:00:00Z&_count=1`, `/Patient/${holder.id}/$summary`, `/Patient/$summary?identifier=${INS_TEST}%7C${holder.ins}`,
  `/DocumentReference/$docref?patient=${holder.id}`, `/DocumentReference/$docref?patient=${holder.id}&type=60591-5&_count=1`, `/DocumentReference/$docref?patient=${holder.id}&start=2026-02-15`,
  `/Observation/$lastn?patient=${holder.id}&category=laboratory`, `/Observation/$lastn?patient=${holder.id}&category=laboratory&max=2`, `/Observation/$lastn?subject=Patient/${holder.id}&code=999-9`
] as const
/** The face of an answer without what differs between any two: page tokens, the id and the instant of a document. */
function same (response: TestResponse): string {
  const { json, text } = response
  const [composition] = (json.entry ?? []) as { resource?: { date?: string } }[]
  const told = json.type === 'document' ? text.replaceAll(json.id, 'ID').replaceAll(json.timestamp, 'NOW').replaceAll(composition?.resource?.date ?? '-', 'NOW') : text
  return face({ ...response, text: told.replace(/_page=[^"&]*/g, '_page') })
}

t.test('$everything: the compartment page by page, and what it refers to', async t => {
  const whole = await get(physician.token, `/Patient/${holder.id}/$everything`)
  t.match([whole.status, whole.json.type], [200, 'searchset'])
  for (const one of [`Patient/${holder.id}`, `DocumentReference/${consultation}`, ...lab.map(id => `Observation/${id}`)]) t.ok(entries(whole).includes(one), one)
  t.strictSame(entries(whole, 'include'), [`Organization/${organization}`])
  t.notMatch(whole.text, 'AuditEvent/')
  t.strictSame(new Set(entries(await get(physician.token, `/Patient/${holder.id}/*?_count=200`)).filter(one => !one.startsWith('AuditEvent/'))), new Set(entries(whole)), 'what a search of the compartment shows')
  const seen: string[] = []
  for (let url: string | undefined = `/Patient/${holder.id}/$everything?_count=2&_type=Observation&_type=Condition`; url !== undefined;) {
    const page = await get(physician.token, url)
    t.ok(entries(page).length <= 2)
    seen.push(...entries(page))
    url = next(page)
  }
  t.strictSame([...seen].sort(), [...lab.map(id => `Observation/${id}`), `Condition/${condition}`, `Condition/${past}`].sort())
  const posted = await scene.request(physician.token, 'POST', `/Patient/${holder.id}/$everything`, { body: { resourceType: 'Parameters', parameter: [{ name: '_type', valueCode: 'Observation' }, { name: '_since', valueInstant: new Date(Date.now() + 60_000).toISOString() }] } })
  t.match([posted.status, posted.json.total], [200, 0])
  t.ok(entries(await get(holder.token, `/Patient/${holder.id}/$everything?_type=AuditEvent`)).length > 0)
  for (const [query, expression] of [['start=2026', 'start'], ['_since=x', '_since'], ['_type=Nothing', '_type'], ['_type=Practitioner', '_type'], ['_count=x', '_count']] as const) {
    t.match((await get(physician.token, `/Patient/${holder.id}/$everything?${query}`)).json.issue[0].expression, [expression], query)
  }
})

t.test('$docref: the newest summary, or documents by type and time', async t => {
  const ids = async (query: string, token = physician.token) => entries(await get(token, `/DocumentReference/$docref${query}`)).map(one => one.slice('DocumentReference/'.length))
  const of = `?patient=${holder.id}`
  const newest = await get(physician.token, `/DocumentReference/$docref${of}`)
  t.match([entries(newest), newest.json.total, newest.json.link.length], [[`DocumentReference/${summaries[0]}`], 1, 1])
  t.strictSame(await ids('', holder.token), [summaries[0]], 'a token bound to a patient names them')
  t.strictSame(await ids(`${of}&type=${LOINC}%7C60591-5`), summaries)
  t.strictSame(await ids(`${of}&start=2026-01-15&end=2026-02-15`), [summaries[0]])
  t.strictSame(await ids(`${of}&on-demand=true`), [])
  t.strictSame((await ids(`${of}&on-demand=false`)).length, 3)
  t.strictSame(await ids(`?patient=${randomUUID()}`), [])
  const body = { resourceType: 'Parameters', parameter: [{ name: 'patient', valueId: holder.id }, { name: 'type', valueCodeableConcept: SUMMARY.type }, { name: 'end', valueDateTime: '2026-01-15' }, { name: 'on-demand', valueBoolean: false }] }
  t.strictSame(entries(await scene.request(physician.token, 'POST', '/DocumentReference/$docref', { body })), [`DocumentReference/${summaries[1]}`])
  for (const [query, expression] of [['?type=x', 'patient'], [`${of},x`, 'patient'], [`${of}&start=x`, 'start'], [`${of}&on-demand=x`, 'on-demand'], [`${of}&status=current`, 'status']] as const) {
    const response = await get(physician.token, `/DocumentReference/$docref${query}`)
    t.match([response.status, response.json.issue[0].expression], [400, [expression]], query)
  }
})

t.test('$lastn: the last of each code, ties too', async t => {
  const ids = async (query: string, token = physician.token) => entries(await get(token, `/Observation/$lastn?${query}`)).map(one => lab.findIndex(id => one.endsWith(id)))
  t.strictSame(await ids(`patient=${holder.id}&category=laboratory`), [3, 4, 0, 5], 'texts are the same to the letter')
  t.strictSame((await ids(`patient=${holder.id}&category=laboratory&max=2`)).sort(), [0, 1, 2, 3, 4, 5])
  t.strictSame(await ids(`code=${LOINC}%7C718-7`, holder.token), [0])
  t.strictSame((await ids(`subject=Patient/${holder.id}&code=718-7&date=lt2026-01-03`)).sort(), [1, 2])
  t.strictSame(await ids(`patient=${randomUUID()}&code=718-7`), [])
  for (const [query, expression] of [['code=x', 'patient'], [`patient=${holder.id}`, 'category'], [`patient=${holder.id}&code=x&max=0`, 'max'], [`patient=${holder.id}&code=x&_count=1`, '_count'], [`patient=${holder.id}&subject=x&code=x`, 'subject'], [`patient=${holder.id}&code=x&nonsense=1`, 'nonsense']] as const) {
    const response = await get(physician.token, `/Observation/$lastn?${query}`)
    t.match([response.status, response.json.issue[0].expression], [400, [expression]], query)
  }
})

t.test('$summary: a document of what is seen, whose needed sections are there though they be empty', async t => {
  const response = await get(physician.token, `/Patient/${holder.id}/$summary`)
  const { json } = response
  t.match([response.status, json.type, json.identifier.system], [200, 'document', 'urn:ietf:rfc:3986'])
  t.strictSame(scene.app.context.validate(json), [], 'a valid Bundle, invariants too')
  const [composition, patient] = json.entry.map(({ resource }: { resource: object }) => resource)
  t.match([composition.resourceType, composition.type.coding[0].code, patient.id], ['Composition', '60591-5', holder.id])
  const sections = Object.fromEntries(composition.section.map((section: { code: { coding: { code: string }[] }, entry?: { reference: string }[], emptyReason?: { coding: { code: string }[] } }) => [section.code.coding[0]?.code, section.entry?.map(({ reference }) => reference.replace(/.*\/fhir\//, '')) ?? section.emptyReason?.coding[0]?.code]))
  t.strictSame(sections, {
    '11450-4': [`Condition/${condition}`], '48765-2': 'unavailable', '10160-0': 'unavailable', '30954-2': [3, 4, 0, 5].map(index => `Observation/${lab[index] ?? ''}`), '11348-0': [`Condition/${past}`]
  })
  const fullUrls = new Set(json.entry.map(({ fullUrl }: { fullUrl: string }) => fullUrl))
  t.ok(composition.section.flatMap(({ entry = [] }: { entry?: { reference: string }[] }) => entry).every(({ reference }: { reference: string }) => fullUrls.has(reference)), 'each entry is in the document')
  t.equal((await get(physician.token, `/Patient/$summary?identifier=${INS_TEST}%7C${holder.ins}`)).json.entry.length, json.entry.length)
  t.match((await get(physician.token, `/Patient/${holder.id}/$summary?profile=urn:x`)).json.issue[0], { code: 'not-supported', expression: ['profile'] })
  t.equal((await get(physician.token, `/Patient/${holder.id}/$summary?profile=http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips`)).status, 200)
  t.match((await get(physician.token, '/Patient/$summary')).json.issue[0], { code: 'required', expression: ['identifier'] })
  const narrow = await scene.token({ ...as.holder(holder.ins), scope: 'patient/Patient.rs' })
  t.strictSame((await get(narrow, `/Patient/${holder.id}/$summary`)).json.entry.length, 2, 'a scope narrows it')
})

t.test('$summary: a section of which there is more than a page says so, and shows the newest', async t => {
  const small = await scene.beside({ MAX_COUNT: '3', DEFAULT_COUNT: '3' })
  const sections = async (ask: typeof small) => Object.fromEntries((await ask(physician.token, 'GET', `/Patient/${holder.id}/$summary`)).json.entry[0].resource.section
    .map(({ title, text, entry = [] }: { title: string, text: { div: string }, entry?: object[] }) => [title, [/<p>.*: (.*)<\/p>/.exec(text.div)?.[1], entry.length]]))
  t.match(await sections(scene.request), { Results: ['4 entries', 4], 'Problem List': ['1 entry', 1] })
  t.match(await sections(small), { Results: ['the newest 3 entries, of more', 3], 'Problem List': ['1 entry', 1] })
})

t.test('what is hidden changes no byte', async t => {
  const before = await Promise.all(URLS.map(async url => same(await get(physician.token, url))))
  await hide()
  for (const [index, url] of URLS.entries()) {
    const response = await get(physician.token, url)
    t.equal(same(response), before[index], url)
    for (const id of hidden) t.notMatch(response.text, id)
  }
  const ofHolder = await get(holder.token, `/Patient/${holder.id}/$summary`)
  t.equal(hidden.filter(id => ofHolder.text.includes(id)).length, 7, 'the holder sees it, but what was deleted, and documents')
  t.strictSame(entries(await get(holder.token, `/Observation/$lastn?patient=${holder.id}&category=laboratory&max=1`)).filter(one => hidden.some(id => one.endsWith(id))).length, 3)
})

t.test('to whom the patient is not there, nothing is', async t => {
  await make(block(holder.id, person(stranger.person)), holder.token)
  const other = await scene.holder()
  for (const token of [stranger.token, other.token, hospital.token]) {
    for (const url of [...URLS, `/Patient/${holder.id}/$summary?nonsense=1`, `/Patient/${holder.id}/$everything?nonsense=1`].filter(url => url.startsWith('/Patient/'))) {
      const nobody = randomUUID()
      const [about, nothing] = [await get(token, url), await get(token, url.replace(holder.id, nobody).replace(holder.ins, '100000000000000'))]
      t.match([about.status, about.json.issue[0].code], [404, 'not-found'], url)
      t.equal(face(about).replaceAll(holder.id, 'ID'), face(nothing).replaceAll(nobody, 'ID'), url)
    }
  }
  for (const token of [stranger.token, other.token]) {
    for (const url of URLS.filter(url => !url.startsWith('/Patient/'))) {
      const nobody = randomUUID()
      const [about, nothing] = [await get(token, url), await get(token, url.replace(holder.id, nobody))]
      t.match([about.status, about.json.entry], [200, undefined], url)
      t.equal(face(about).replaceAll(holder.id, 'ID'), face(nothing).replaceAll(nobody, 'ID'), url)
    }
  }
  const page = next(await get(physician.token, `/Patient/${holder.id}/$everything?_type=Observation&_count=1`)) ?? ''
  t.equal((await get(stranger.token, page)).status, 404)
  t.equal((await get(physician.token, page)).status, 200)
})

t.test('each is traced, as what it is', async t => {
  const newcomer = await scene.physician()
  await make(access(holder.id, newcomer.person), holder.token)
  for (const url of [`/Patient/${holder.id}/$everything?_type=Observation`, `/Patient/${holder.id}/$summary`, `/DocumentReference/$docref?patient=${holder.id}`, `/Observation/$lastn?patient=${holder.id}&category=laboratory`]) t.equal((await get(newcomer.token, url)).status, 200)
  const { json } = await get(holder.token, `/AuditEvent?patient=${holder.id}&agent:identifier=${newcomer.person}&_count=50`)
  const told = (json.entry as { resource: { subtype: { code: string }[], extension: { url: string }[], entity: { query?: string }[] } }[]).map(({ resource }) =>
    [resource.subtype[0]?.code, Buffer.from(resource.entity.find(({ query }) => query !== undefined)?.query ?? '', 'base64').toString().split('?')[0], resource.extension.some(({ url }) => url.endsWith('/disclosed'))])
  for (const name of ['$everything', '$summary', '$docref', '$lastn']) t.ok(told.some(([code, query, isTold]) => code === 'operation' && query === name && isTold), `${name} of ${JSON.stringify(told)}`)
})
