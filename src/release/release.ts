/**
 * The one gate. Whatever leaves the server with something of a record in it passes here:
 *
 * 1. each resource is decided once more, on the choices that the interaction read; where that contradicts the filter
 *    that let it out of MongoDB, nothing is sent and the alarm is raised;
 * 2. the trace is written, and durable, by the primary from which all was read (decision 0031);
 * 3. only then are the bodies opened and the bytes made, as this reader may see them, and handed over in a `Released`,
 *    which nothing else can make: the HTTP side sends no FHIR body without one.
 */
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { viewTrace, toTrace } from '../audit/trace.js'
import type { TracePorts } from '../audit/trace.js'
import type { Answer, Body, Entry, Subset } from '../interaction/answer.js'
import { isFindable } from '../consent/situation.js'
import type { Sight } from '../interaction/sight.js'
import type { Judged, Kept, ResourceStore, Version } from '../interaction/store.js'
import { OutcomeError, toOperationOutcome } from '../outcome/outcome-error.js'
import { prettyJson } from '../json/pretty.js'
import type { Shape } from '../search/shape.js'
import type { Outline } from '../validation/outline.js'
import { bundle } from './bundle.js'
import type { Part } from './bundle.js'
import { binaryFlow, rawFlow } from './content.js'
import type { Flow } from './content.js'
import { documentOf, entriesOf } from './document.js'
import { NDJSON, linesFlow } from './lines.js'
import { toParameters, versionsIn } from './parameters.js'
import { SUBSETTED, subset as subsetOf } from './subset.js'
import { CSV, tableOf } from './table.js'
import { toWarnings, warningHeader, warningOutcome } from './warning.js'

export interface ReleasePorts extends TracePorts {
  readonly store: Pick<ResourceStore, 'append' | 'opened' | 'bytes'>
  /** The base URL, without a slash at its end. */
  readonly base: string
  readonly alarm: (message: string) => void
  /** Tells the operator of a choice that was written and cannot be understood, by its id alone. */
  readonly notice: (choice: string) => void
  /** The elements of a type, for whom wants a part of a resource only. */
  readonly outline: (type: string) => Outline | undefined
}

const FHIR = 'application/fhir+json; charset=utf-8'
const receipts = new WeakSet<object>()

interface Disclosed { readonly version: Judged, readonly subset?: Subset | undefined }

/** An answer that passed the gate. */
export interface Released {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What is long is made while it goes: the decision was taken and the trace was written before its first byte. */
  readonly payload: Part | Readable
}

export function isReleased (value: unknown): value is Released {
  return typeof value === 'object' && value !== null && receipts.has(value)
}

/**
 * @throws OutcomeError `bug` on a contradiction, `audit-unavailable` when the trace cannot be written, `store-unavailable`
 *   when what was read may be of the past: nothing is sent
 */
export async function release (answer: Answer, ports: ReleasePorts, { isPretty = false }: { readonly isPretty?: boolean } = {}): Promise<Released> {
  const { body, sight } = answer
  await pass(answer, ports)
  const [made, contentType] = await render(body, sight, ports)
  const isFlow = typeof made === 'object' && 'payload' in made
  return receipt({
    status: answer.status,
    headers: {
      ...answer.headers,
      ...contentType === undefined ? {} : { 'content-type': contentType },
      ...warningHeader(answer.warnings),
      ...isFlow && made.length !== undefined ? { 'content-length': String(made.length) } : {}
    },
    payload: isFlow ? made.payload : isPretty && made.length > 0 ? prettyJson(made.toString()) : made
  })
}

/** All that must be before a byte goes. */
async function pass (answer: Answer, ports: ReleasePorts): Promise<void> {
  checkAll(answer, ports)
  const traces = tracesOf(answer, ports)
  if (traces.length > 0) await ports.store.append(traces, electionsOf(answer))
  for (const id of noticed(answer)) ports.notice(id)
}

/** An OperationOutcome that holds nothing of a record: for what failed before an interaction, or outside one. */
export function releaseError (error: OutcomeError): Released {
  return receipt({ status: error.status, headers: { ...error.headers, 'content-type': FHIR }, payload: JSON.stringify(toOperationOutcome(error)) })
}

/** What is public: the CapabilityStatement, definitions, and what else says how to ask. */
export function releasePublic (payload: string, headers: Readonly<Record<string, string>> = {}): Released {
  return receipt({ status: 200, headers: { 'content-type': FHIR, ...headers }, payload })
}

function receipt (released: Released): Released {
  receipts.add(Object.freeze(released))
  return released
}

/** Each entry of a Bundle of answers was seen with a sight of its own. */
function checkAll ({ body, sight }: Answer, ports: ReleasePorts): void {
  for (const entry of disclosed(body)) check(entry, sight, ports)
  if (body.kind === 'bundle') for (const answer of body.entries) checkAll(answer, ports)
}

function tracesOf ({ accesses, body, sight }: Answer, ports: ReleasePorts): readonly Version[] {
  const inside = body.kind === 'bundle' ? body.entries.flatMap(answer => tracesOf(answer, ports)) : []
  return [...accesses.map(access => toTrace(access, sight.caller, ports)), ...inside]
}

/** The elections under which it was read: those of its sights. */
function electionsOf ({ body, sight }: Answer): readonly string[] {
  const inside = body.kind === 'bundle' ? body.entries.flatMap(electionsOf) : []
  return [...new Set([sight.election, ...inside])]
}

/** The ids of what was written and not understood. */
function noticed ({ body, version, warnings = [] }: Answer): readonly string[] {
  const inside = body.kind === 'bundle' ? body.entries.flatMap(noticed) : []
  return version === undefined || warnings.length === 0 ? inside : [version.id, ...inside]
}

function disclosed (body: Body): readonly (Entry | Disclosed)[] {
  switch (body.kind) {
    case 'resource': case 'content': return [{ version: body.version }]
    case 'searchset': case 'table': case 'lines': return body.entries
    // A superseded version is permitted, and the current one too.
    case 'history': return body.entries.flatMap(({ version, current }) => [{ version }, { version: current }])
    case 'parameters': return versionsIn(body.parameters).map(version => ({ version }))
    case 'document': return entriesOf(body).map(version => ({ version }))
    default: return []
  }
}

function check ({ version, subset }: Disclosed, sight: Sight, ports: ReleasePorts): void {
  const decision = sight.decide(version)
  if (subset === undefined ? decision.permit : isFindable(sight.account(version.id))) return
  ports.alarm(`release: rule ${decision.rule} contradicts the filter on a ${version.type}`)
  throw new OutcomeError('bug')
}

async function render (body: Body, sight: Sight, ports: ReleasePorts): Promise<readonly [made: Part | Flow, contentType: string | undefined]> {
  switch (body.kind) {
    case 'nothing': return ['', undefined]
    case 'refusal': return [JSON.stringify(toOperationOutcome(body.error)), FHIR]
    case 'success': return [JSON.stringify(success(body)), FHIR]
    case 'resource': return [await shown(body.version, sight, ports, body), FHIR]
    case 'content': return body.isRaw ? [rawFlow(body), body.contentType] : [binaryFlow(body), FHIR]
    case 'searchset': return [await searchset(body, sight, ports), FHIR]
    case 'history': return [await history(body, sight, ports), FHIR]
    case 'table': return [tableOf(await Promise.all(body.entries.map(async ({ version }) => await view(version, sight, ports)))), CSV]
    case 'lines': return [linesFlow(body, sight, { view: async (version, sight) => await view(version, sight, ports), pass: async answer => { await pass(answer, ports) }, base: ports.base }), NDJSON]
    case 'json': return [JSON.stringify(body.value), 'application/json; charset=utf-8']
    case 'bundle': return [await responses(body, ports), FHIR]
    case 'document': return [await documentOf(body, ports.base, async version => await view(version, sight, ports)), FHIR]
    case 'parameters': return [await toParameters(body.parameters, async version => await view(version, sight, ports)), FHIR]
    case 'definition': return [JSON.stringify(body.definition), FHIR]
    default: return body satisfies never
  }
}

/** A version as its reader may see it: as it is stored, but for traces and subsetted identities. Here it is opened, and not before. */
async function view (kept: Kept, sight: Sight, { store }: Pick<ReleasePorts, 'store'>, subset?: Subset): Promise<string> {
  if (subset !== undefined) return subsetted(kept, subset)
  const version = await store.opened(kept)
  // Its key went while it was on its way: it is as absent as what nobody may see.
  if (version === undefined) throw new OutcomeError('absent')
  if (version.type !== 'AuditEvent' || version.patient === null) return version.text
  const stands = sight.situation(version.patient)?.stands
  return viewTrace(version, { isTold: stands === 'holder' || stands === 'representative', hidden: sight.hiddenIn(version.patient) })
}

/** The part that was asked for, of what the reader may see. What goes as it is stored goes as bytes: it is made a text by nobody. */
async function shown (version: Kept, sight: Sight, ports: ReleasePorts, { subset, shape }: { readonly subset?: Subset | undefined, readonly shape?: Shape | undefined }): Promise<Part> {
  if (subset !== undefined || shape !== undefined || version.type === 'AuditEvent') return shaped(version, await view(version, sight, ports, subset), shape, ports)
  const bytes = await ports.store.bytes(version)
  if (bytes === undefined) throw new OutcomeError('absent')
  return bytes
}

function shaped ({ type }: Kept, text: string, shape: Shape | undefined, { outline }: ReleasePorts): string {
  const elements = shape === undefined ? undefined : outline(type)
  return shape === undefined || elements === undefined ? text : subsetOf(text, shape, elements)
}

function subsetted ({ id }: Kept, { system, value, isActive }: Subset): string {
  return JSON.stringify({ resourceType: 'Patient', id, meta: { tag: [SUBSETTED] }, identifier: [{ system, value }], active: isActive })
}

/** Assembled from stored text, without a parse and a stringify. `_elements` are those of the type that is searched. */
async function searchset ({ shape, ...body }: Extract<Body, { kind: 'searchset' }>, sight: Sight, ports: ReleasePorts): Promise<Part> {
  const entries = await Promise.all(body.entries.map(async ({ version, mode, subset }): Promise<readonly Part[]> => {
    const url = JSON.stringify(`${ports.base}/${version.type}/${version.id}`)
    const isWhole = subset !== undefined || (mode === 'include' && shape?.kind === 'elements')
    return [`{"fullUrl":${url},"resource":`, await shown(version, sight, ports, { subset, shape: isWhole ? undefined : shape }), `,"search":{"mode":"${mode}"}}`]
  }))
  if (body.ignored.length > 0) {
    const faults = body.ignored.map(name => ({ diagnostics: `The parameter \`${name.slice(0, 64)}\` is not supported and was left out`, expression: name.slice(0, 64) }))
    entries.push([`{"resource":${JSON.stringify(toWarnings(new OutcomeError('unknown-parameter', faults)))},"search":{"mode":"outcome"}}`])
  }
  return bundle('searchset', body.total, body.links, entries)
}

async function history (body: Extract<Body, { kind: 'history' }>, sight: Sight, ports: ReleasePorts): Promise<Part> {
  const entries = await Promise.all(body.entries.map(async ({ version, isFirst }): Promise<readonly Part[]> => {
    const url = `${version.type}/${version.id}`
    const method = version.isDeleted ? 'DELETE' : isFirst ? 'POST' : 'PUT'
    const request = { method, url: method === 'POST' ? version.type : url }
    const status = method === 'POST' ? '201' : method === 'PUT' ? '200' : '204'
    const response = { status, etag: `W/"${version.version}"`, lastModified: new Date(version.at).toISOString() }
    const resource = version.isDeleted ? [] : ['"resource":', await shown(version, sight, ports, { shape: body.shape }), ',']
    return [`{"fullUrl":${JSON.stringify(`${ports.base}/${url}`)},`, ...resource, `"request":${JSON.stringify(request)},"response":${JSON.stringify(response)}}`]
  }))
  return bundle('history', body.total, body.links, entries)
}

/** A Bundle is whole in memory: what its entries tell together, characters, before the others are to be asked for alone. */
const MOST_TOLD = 32 * 1024 * 1024
const TOO_MUCH = new OutcomeError('too-costly', { diagnostics: 'The entries of one Bundle tell too much together: ask for this one by itself' })

/** The answers of the entries of a batch or transaction, in the order in which they were asked. */
async function responses ({ type, entries }: Extract<Body, { kind: 'bundle' }>, ports: ReleasePorts): Promise<string> {
  const list: string[] = []
  let told = 0
  for (const { status, headers, body: whole, sight, version, warnings = [] } of entries) {
    const isTooMuch = told > MOST_TOLD && whole.kind !== 'refusal' && whole.kind !== 'nothing'
    const body: Body = isTooMuch ? { kind: 'refusal', error: TOO_MUCH } : whole
    const about = version ?? (body.kind === 'resource' ? body.version : undefined)
    const isOutcome = body.kind === 'refusal' || body.kind === 'success'
    const [made] = await render(body, sight, ports)
    const payload = typeof made === 'object' && 'payload' in made ? await text(made.payload) : made.toString()
    const response = JSON.stringify({
      // What was written is written, told or not.
      status: isTooMuch && version === undefined ? String(TOO_MUCH.status) : String(status),
      ...version === undefined || version.isDeleted ? {} : { location: `${ports.base}/${version.type}/${version.id}/_history/${version.version}` },
      ...headers['etag'] === undefined ? {} : { etag: headers['etag'] },
      ...about === undefined || about.isDeleted ? {} : { lastModified: new Date(about.at).toISOString() },
      ...warnings.length === 0 || isOutcome ? {} : { outcome: warningOutcome(warnings) }
    })
    told += payload.length
    if (payload.length === 0) list.push(`{"response":${response}}`)
    else list.push(isOutcome ? `{"response":${response.slice(0, -1)},"outcome":${payload}}}` : `{"resource":${payload},"response":${response}}`)
  }
  return `{"resourceType":"Bundle","type":"${type}"${list.length === 0 ? '' : `,"entry":[${list.join(',')}]`}}`
}

function success ({ fault, warnings }: Extract<Body, { kind: 'success' }>) {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'information', code: 'informational', diagnostics: fault.diagnostics }, ...warningOutcome(warnings).issue] }
}
