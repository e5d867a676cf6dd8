/** Writes: what is new, changed, patched and deleted, under conditions, and what is no write at all. */
import { label } from '../../helper/resource.js'
import { criterion } from './ask-search.js'
import { hiddenNames, name, ownDraft, target, versionOf } from './drawing.js'
import type { Drawing } from './drawing.js'
import type { Draft } from './draft.js'
import type { Ask } from './scenario.js'

const ABSENT = 'urn:uuid:00000000-0000-4000-8000-00000000000f'

/** Another element of a resource: what it is called, and its value. */
function edit (drawing: Drawing, type: string): readonly [element: string, value: unknown] {
  const { one, chance, stage } = drawing
  const hidden = stage.hidden.length === 0 ? 'DocumentReference/{nothing}' : stage.hidden.map(({ hide, name }) => `${hide.type}/{${name}}`)[Math.floor(drawing.random() * stage.hidden.length)]
  const code = one(['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX', 'MASQUE_PSOCIAL'])
  const labels: readonly [string, unknown] = type === 'DocumentReference' ? ['securityLabel', one([undefined, [label(code)]])] : ['meta', one([{}, { security: label(code).coding }])]
  const edits: readonly (readonly [string, unknown])[] = [
    ['language', one(['fr', 'en'])],
    ['status', one(['entered-in-error', 'active', 'current', 'superseded', 'completed', 'final', 'cancelled', 'no'])],
    labels,
    ['note', [{ text: 'a note' }]],
    ['encounter', { reference: one([hidden ?? '', 'Encounter/{Encounter}', 'Encounter/{nothing}']) }],
    ['contained', [{ resourceType: 'Practitioner', id: 'x', name: [{ family: 'Martin' }] }]],
    type === 'List' ? ['entry', [{ item: { reference: hidden } }]] : type === 'DocumentReference' ? ['description', 'changed'] : ['supportingInformation', [{ reference: hidden }]]
  ]
  return chance(0.4) ? edits[0] ?? ['language', 'fr'] : one(edits)
}

function prefer ({ chance, one }: Drawing): Readonly<Record<string, string>> {
  return chance(0.3) ? { prefer: one(['return=minimal', 'return=representation', 'return=OperationOutcome']) } : {}
}

function ifMatch (drawing: Drawing, of: string, type: string): { readonly headers: Readonly<Record<string, string>>, readonly cells: readonly string[] } {
  if (!drawing.chance(0.35)) return { headers: {}, cells: [] }
  return { headers: { 'if-match': `W/"${drawing.one([versionOf(of), versionOf(of), versionOf(target(drawing, type)), 'x'])}"` }, cells: ['kind If-Match'] }
}

/** What refers to others, hidden ones too; what has the identifier of something hidden. */
export function newDraft (drawing: Drawing, type: string): Draft {
  const { chance, one, stage } = drawing
  const draft = ownDraft(drawing, type)
  const twin = stage.hidden.filter(({ hide }) => hide.type === type)
  const identified = twin.length > 0 && chance(0.3) ? identity(one(twin).drafts.with[0]) : {}
  const related = name(target(drawing, 'DocumentReference'))
  const more: Readonly<Record<string, unknown>> = !chance(0.4)
    ? {}
    : type === 'DocumentReference'
      ? one<object>([{ relatesTo: [{ code: one(['replaces', 'appends']), target: { reference: `DocumentReference/${related}` } }] }, { context: { related: [{ reference: `DocumentReference/${related}` }] } }, { securityLabel: [label('MASQUE_PS')] }]) as Readonly<Record<string, unknown>>
      : Object.fromEntries([edit(drawing, type)].filter(([, value]) => value !== undefined))
  return { ...draft, ...identified, ...more }
}

/** What a resource is known by elsewhere. */
function identity (draft: Draft | undefined): object {
  return Object.fromEntries(['identifier', 'masterIdentifier', 'content'].flatMap(element => draft?.[element] === undefined ? [] : [[element, draft[element]]]))
}

export function createOf (drawing: Drawing, type: string): Ask {
  const { chance, one } = drawing
  if (type === 'Binary') return { cells: ['kind raw content'], method: 'POST', url: '/Binary', headers: { 'content-type': 'text/plain', 'x-security-context': `Patient/{${one(['Patient', 'elsewhere', 'nothing'])}}` }, body: 'raw' }
  const isKeyed = chance(0.15)
  return spoilt(drawing, {
    cells: isKeyed ? ['kind Idempotency-Key'] : [],
    method: 'POST',
    url: `/${type}`,
    headers: { ...prefer(drawing), ...isKeyed ? { 'idempotency-key': one(['"key-of-a-request-1"', '"key-of-a-request-2"']) } : {} },
    body: JSON.stringify(newDraft(drawing, type))
  })
}

/** The same with a fault in it, sometimes. */
function spoilt (drawing: Drawing, ask: Ask): Ask {
  const { one, chance } = drawing
  const { body = '' } = ask
  if (!chance(0.12)) return ask
  const faults: readonly Partial<Ask>[] = [
    { body: body.slice(0, -2) }, { body: '' }, { body: '[]' }, { body: body.replace('{', '{"unknownElement":1,') }, { body: body.replace(/"resourceType":"\w+"/, '"resourceType":"Nothing"') },
    { body: body.replace('{', '{"id":"{hidden0}",') }, { headers: { ...ask.headers, 'content-type': 'text/html' } }, { url: `${ask.url}?_format=xml` }, { body: body.replace(/"status":"[\w-]+"/, '"status":"no"') }
  ]
  return { ...ask, ...one(faults), cells: [...ask.cells, 'kind malformed'] }
}

export function updateOf (drawing: Drawing, type: string): Ask {
  const of = target(drawing, type)
  const { headers, cells } = ifMatch(drawing, of, type)
  const [element, value] = edit(drawing, type)
  const url = `/${type}/${name(of)}`
  const draft = { ...ownDraft(drawing, type), id: name(of) }
  return spoilt(drawing, { cells, method: 'PUT', url, headers: { ...headers, ...prefer(drawing) }, body: JSON.stringify(drawing.chance(0.6) ? { [element]: value } : draft), ...drawing.chance(0.9) ? { onto: url } : {} })
}

/** A patch in either of its forms: its content type, and its body. */
function patchOf (drawing: Drawing, type: string): { readonly headers: Readonly<Record<string, string>>, readonly body: string, readonly cells: readonly string[] } {
  const { one, chance } = drawing
  const [element, value] = edit(drawing, type)
  if (chance(0.5)) {
    const operations = [
      ...chance(0.3) ? [{ op: 'test', path: one(['/status', '/subject/reference', '/id']), value: one(['final', 'current', 'Patient/{Patient}', '{hidden0}']) }] : [],
      value === undefined || chance(0.2) ? { op: 'remove', path: `/${element}` } : { op: one(['add', 'replace']), path: `/${element}`, value }
    ]
    return { headers: { 'content-type': 'application/json-patch+json' }, body: JSON.stringify(operations), cells: ['kind JSON Patch'] }
  }
  const part = [
    { name: 'type', valueCode: one(['add', 'replace', 'delete']) }, { name: 'path', valueString: chance(0.3) ? `${type}.${element}` : type }, { name: 'name', valueString: element },
    { name: 'value', ...typeof value === 'string' ? element === 'status' || element === 'language' ? { valueCode: value } : { valueString: value } : { valueString: 'x' } }
  ]
  return { headers: { 'content-type': 'application/fhir+json' }, body: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'operation', part }] }), cells: ['kind FHIRPath Patch'] }
}

export function patchAsk (drawing: Drawing, type: string): Ask {
  const of = target(drawing, type)
  const match = ifMatch(drawing, of, type)
  const { headers, body, cells } = patchOf(drawing, type)
  return spoilt(drawing, { cells: [...cells, ...match.cells], method: 'PATCH', url: `/${type}/${name(of)}`, headers: { ...match.headers, ...headers, ...prefer(drawing) }, body })
}

export function deleteOf (drawing: Drawing, type: string): Ask {
  // What is deleted is seen no more: what others ask of it is rather spared.
  const hidden = hiddenNames(drawing.stage, type)
  const of = hidden.length > 0 && drawing.chance(0.5) ? drawing.one(hidden) : drawing.one([`made.${type}`, `made.${type}`, type, 'nothing'])
  const { headers, cells } = ifMatch(drawing, of, type)
  return { cells, method: 'DELETE', url: `/${type}/${name(of)}`, headers }
}

/** What a conditional interaction matches by. */
export function matching (drawing: Drawing, type: string): string {
  const { stage: { registry }, one, chance } = drawing
  const by = (code: string) => registry.parameter(type, code)
  const identifier = by('identifier')
  const first = identifier !== undefined && chance(0.5) ? identifier : chance(0.4) ? by('_id') : undefined
  const parameter = first ?? one(registry.parametersOf(type))
  const of = by('patient') !== undefined && chance(0.5) ? 'patient=Patient/{Patient}&' : ''
  return `${of}${criterion(drawing, type, parameter, { modifier: undefined }).pair}`
}

export function conditionalOf (drawing: Drawing, type: string, code: string): Ask {
  const query = matching(drawing, type)
  const url = `/${type}?${query}`
  switch (code) {
    case 'conditionalCreate': return { ...createOf(drawing, type), cells: [], headers: { 'if-none-exist': query, ...prefer(drawing) } }
    case 'conditionalUpdate': return { cells: [], method: 'PUT', url, headers: prefer(drawing), body: JSON.stringify(newDraft(drawing, type)), ...drawing.chance(0.5) ? { onto: `/${type}/${name(type)}` } : {} }
    case 'conditionalPatch': return { ...patchOf(drawing, type), method: 'PATCH', url }
    default: return { cells: [], method: 'DELETE', url }
  }
}

/** An entry of a Bundle for a request. */
export function entryOf ({ method, url, headers = {}, body }: Ask): object {
  const request = { method, url: url.replace(/^\//, ''), ...headers['if-match'] === undefined ? {} : { ifMatch: headers['if-match'] }, ...headers['if-none-exist'] === undefined ? {} : { ifNoneExist: headers['if-none-exist'] }, ...headers['if-none-match'] === undefined ? {} : { ifNoneMatch: headers['if-none-match'] } }
  if (body === undefined || method === 'GET') return { request }
  if (headers['content-type'] === 'application/json-patch+json') return { resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: Buffer.from(body).toString('base64') }, request }
  return { resource: JSON.parse(body) as unknown, request, ...method === 'POST' ? { fullUrl: ABSENT } : {} }
}
