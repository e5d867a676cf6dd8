/** What is asked of the whole server, of what it does not declare, and of its operations. */
import type { CapabilityStatement, OperationDefinition } from '@medplum/fhirtypes'
import { historyBundle, searchset } from './bundle.js'
import { jsonOf } from './client.js'
import type { Asked, Json, Method, Send } from './client.js'
import type { Exam } from './exam.js'
import { NOBODY } from './read.js'
import type { Subject } from './subject.js'

export const SERVER = 'the server'
const FHIR = { 'content-type': 'application/fhir+json' }
/** Types of R4 of which one is hardly declared. */
const RARE = ['SubstanceSourceMaterial', 'EffectEvidenceSynthesis', 'MedicinalProductIndication', 'VisionPrescription', 'Basic']

export async function wholeServer (exam: Exam, { rest = [], format = [] }: CapabilityStatement, subjects: readonly Subject[]): Promise<void> {
  const codes = (rest[0]?.interaction ?? []).map(({ code }) => code as string)
  const types = (rest[0]?.resource ?? []).map(({ type }) => type as string)
  const readable = subjects.find(({ codes, found, resource }) => codes.includes('read') && found.resources.length > 0 && resource.type !== 'Binary')
  const searched = subjects.filter(({ codes, found }) => codes.includes('search-type') && found.resources.length > 0)
  await exam.case(SERVER, 'metadata says JSON, and is no secret', async check => {
    check.that(format.some(each => /json/.test(each)), 'JSON is not among the formats')
    check.that((await check.ask('GET', '/metadata')).status === 200, 'metadata is not answered')
  })
  await exam.case(SERVER, 'a type that is not declared is 404', async check => {
    const rare = RARE.find(type => !types.includes(type)) ?? 'Nonsense'
    for (const path of [`/${rare}/${NOBODY}`, '/Nonsense', '/Nonsense/x']) check.refused(await check.ask('GET', path), 404)
  })
  await exam.case(SERVER, 'a content that cannot be had is 406', async check => { check.refused(await check.ask('GET', `/${String(readable?.resource.type ?? 'Patient')}/${NOBODY}`, { headers: { accept: 'image/png' } }), 406, 404) })
  if (codes.includes('history-system')) await exam.case(SERVER, 'history of the server', async check => { historyBundle(check, await check.ask('GET', '/_history?_count=3')) })
  if (codes.includes('search-system')) {
    await exam.case(SERVER, 'search of several types', async check => {
      const within = searched[0]?.found.resources[0] as Json
      if (within === undefined) check.skip('nothing was found')
      searchset(check, await check.ask('GET', `?_type=${searched.slice(0, 2).map(({ resource }) => resource.type).join()}&_id=${String(within.id)}`), undefined)
    })
  }
  if (codes.includes('batch')) {
    await exam.case(SERVER, 'a batch of reads answers each by itself', async check => {
      const one = readable?.found.resources[0] as Json
      if (one === undefined) check.skip('nothing was found')
      const entry = [`${String(one.resourceType)}/${String(one.id)}`, `${String(one.resourceType)}/${NOBODY}`].map(url => ({ request: { method: 'GET', url } }))
      const { status, json } = await check.ask('POST', '', { headers: FHIR, body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }) })
      if (status === 401 || status === 403) check.skip(`${status}: not allowed to this token`)
      check.that(status === 200 && json?.type === 'batch-response' && json.entry?.length === 2, `the batch is ${status} ${String(json?.type)}`)
      check.that(/^200/.test(json?.entry?.[0]?.response?.status ?? '') && json.entry[0].resource?.id === one.id && /^404/.test(json.entry[1]?.response?.status ?? ''), 'the entries are not 200 and 404')
    })
  }
}

/** The interactions that a type does not declare, on what is not there; what it should refuse would change nothing. */
export async function undeclared ({ exam, resource, codes }: Subject): Promise<void> {
  const { type } = resource
  const ways: Readonly<Record<string, readonly [method: Method, path: string, asked?: Asked]>> = {
    read: ['GET', `/${type}/${NOBODY}`],
    vread: ['GET', `/${type}/${NOBODY}/_history/${NOBODY}`],
    'history-instance': ['GET', `/${type}/${NOBODY}/_history`],
    'history-type': ['GET', `/${type}/_history`],
    'search-type': ['GET', `/${type}?_id=${NOBODY}`],
    create: ['POST', `/${type}`, { headers: FHIR, body: '{"resourceType":"Nonsense"}' }],
    update: ['PUT', `/${type}/${NOBODY}`, { headers: FHIR, body: '{"resourceType":"Nonsense"}' }],
    patch: ['PATCH', `/${type}/${NOBODY}`, { headers: { 'content-type': 'application/json-patch+json' }, body: '[{"op":"test","path":"/resourceType","value":"Nonsense"}]' }],
    delete: ['DELETE', `/${type}/${NOBODY}`]
  }
  for (const [code, [method, path, asked]] of Object.entries(ways)) {
    if (codes.includes(code)) continue
    await exam.case(type, `${code}, which is not declared, is refused`, async check => { check.refused(await check.ask(method, path, asked), 405, 404, 501) })
  }
  await exam.case(type, 'an operation that is not declared is refused', async check => {
    for (const path of [`/${type}/$conformance-nonsense`, `/${type}/${NOBODY}/$conformance-nonsense`]) check.refused(await check.ask('GET', path), 400, 404, 405, 501)
  })
}

/**
 * A declared operation answers, or refuses by name, at one of the places where it may be. One that is known to change
 * nothing is asked about what was found; any other about what is not there.
 */
export async function operations ({ exam, resource: { type, operation = [] }, found }: Subject, definitionOf: (url: string) => Promise<OperationDefinition | undefined>): Promise<void> {
  const [one] = found.resources as readonly Json[]
  for (const { name = '', definition: url = '' } of operation) {
    const definition = await definitionOf(url)
    const isHarmless = definition?.affectsState === false
    const instance = `/${type}/${String(isHarmless && one !== undefined ? one.id : NOBODY)}`
    const places = [...definition?.instance === false ? [] : [instance], ...isHarmless && definition.type === true ? [`/${type}`] : []]
    await operate(exam, type, name, places)
  }
}

async function operate (exam: Exam, group: string, name: string, places: readonly string[]): Promise<void> {
  await exam.case(group, `operation $${name}`, async check => {
    if (places.length === 0) check.skip('what it would change is not known')
    for (const place of places) {
      const get = await check.ask('GET', `${place}/$${name}`)
      const { status } = get.status !== 405 ? get : await check.ask('POST', `${place}/$${name}`, { headers: FHIR, body: '{"resourceType":"Parameters"}' })
      if (status === 401 || status === 403) check.skip(`${status}: not allowed to this token`)
      check.that(status !== 405, `$${name} is ${status} at ${place}`)
      if (status !== 404 || place.endsWith(NOBODY)) continue
      // To whom it is not for, it may be absent: but not in the words for what is not known at all.
      const unknown = await check.ask('GET', `${place}/$conformance-nonsense`)
      check.that(JSON.stringify(unknown.json?.issue) !== JSON.stringify(get.json?.issue), `$${name} is as unknown at ${place} as what is not declared`)
    }
  })
}

/** An OperationDefinition that the server itself has. */
export function definitionsOn (send: Send): (url: string) => Promise<OperationDefinition | undefined> {
  return async url => {
    const [, id] = /\/OperationDefinition\/([\w.-]+)$/.exec(url) ?? []
    const answer = id === undefined ? undefined : await send('GET', `/OperationDefinition/${id}`)
    const json = answer?.status === 200 ? jsonOf(answer) : undefined
    return json?.url === url ? json as OperationDefinition : undefined
  }
}
