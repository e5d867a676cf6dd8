/**
 * A Bundle of requests (R4 http.html#transaction), read: what each entry asks, without having asked anything yet.
 */
import type { Bundle, BundleEntry } from '@medplum/fhirtypes'
import { catalogue } from '../outcome/catalogue.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Fault } from '../outcome/outcome-error.js'
import { belowBase } from '../search/literal.js'
import type { Route, Routed } from './bundle-elsewhere.js'
import { countReferences } from './admit/reference.js'
import type { Context } from './context.js'
import { criteriaOf, pairsOf, tagsOf } from './query.js'
import { readPatch } from './patch.js'
import type { Patch } from './patch.js'

/** What one entry asks. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** HEAD: a read of which the body is not told. */
  readonly isHead?: true
  /** What answers it, where its address is not one of a type, a resource or a version. */
  readonly elsewhere?: Routed
  readonly type: string
  readonly id?: string
  readonly version?: string
  /** The parameters after a question mark: of a search, or the criteria of a conditional interaction. */
  readonly query?: readonly (readonly [name: string, value: string])[]
  readonly fullUrl?: string
  readonly resource?: unknown
  /** What a PATCH asks, in place of a resource. */
  readonly patch?: Patch
  readonly ifMatch?: readonly string[]
  readonly ifNoneMatch?: readonly string[]
  /** ms */
  readonly ifModifiedSince?: number
  readonly ifNoneExist?: readonly (readonly [name: string, value: string])[]
}

/** An entry's request, or why it has none that could be done. */
export type Read = { readonly request: Request } | { readonly error: OutcomeError }
export interface RequestBundle { readonly type: 'batch' | 'transaction', readonly entries: readonly Read[] }

/** Invariants that are asked of each entry by itself: one that asks nothing, or the same as another, fails alone in a batch. */
const OF_ENTRIES: readonly string[] = ['(bdl-3)', '(bdl-5)', '(bdl-7)']
const ADDRESS = /^([A-Z][A-Za-z]{0,63})(?:\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?)?$/

/** More faults than these are not told. */
const MOST_FAULTS = 50
/** References in all resources of one Bundle: each of them may be looked up. */
const MOST_REFERENCES = 5000

/**
 * @param route finds what is at other addresses than those of types, resources and versions
 * @throws OutcomeError when it is no Bundle of requests, or one of too many entries, or of too many references
 */
export function readBundle (context: Context, body: unknown, route: Route): RequestBundle {
  const bundle = body as Bundle
  if (typeof body !== 'object' || body === null || bundle.resourceType !== 'Bundle') {
    throw new OutcomeError('invalid-request', { diagnostics: 'The body must be a Bundle', expression: 'resourceType' })
  }
  const { type, entry: entries = [] } = bundle
  if (type !== 'batch' && type !== 'transaction') {
    throw new OutcomeError('invalid-request', { diagnostics: 'The Bundle must be of type batch or transaction', expression: 'Bundle.type' })
  }
  if (!Array.isArray(entries)) throw new OutcomeError('invalid-request', { diagnostics: 'The entries must be a list', expression: 'Bundle.entry' })
  if (entries.length > context.maxEntries) {
    throw new OutcomeError('too-costly', { diagnostics: `A Bundle has at most ${context.maxEntries} entries`, expression: `Bundle.entry[${context.maxEntries}]` })
  }
  if (countReferences(entries) > MOST_REFERENCES) {
    throw new OutcomeError('too-costly', { diagnostics: `The resources of a Bundle have at most ${MOST_REFERENCES} references`, expression: 'Bundle.entry' })
  }
  // Resources are looked at by the interaction that is asked for, and not before: a fault in one tells nothing of what is there.
  const { entry, ...hull } = bundle
  const faults = [...context.validate(entries.length === 0 ? bundle : hull), ...entries.flatMap((each, index) => faultsOf(context, type, each, index))]
  if (faults.length > 0) throw new OutcomeError('invalid-resource', faults.slice(0, MOST_FAULTS))
  return { type, entries: entries.map((entry, index) => readEntry(context, entry, index, route)) }
}

/** Each is looked at by itself: what is forgiven one hides no fault of another. */
function faultsOf ({ validate }: Context, type: string, entry: unknown, index: number): readonly Fault[] {
  return validate({ resourceType: 'Bundle', type, entry: [withoutResource(entry)] })
    .filter(({ diagnostics }) => !OF_ENTRIES.some(key => diagnostics.endsWith(key)))
    .map(({ expression = '', ...fault }) => ({ ...fault, expression: expression === 'Bundle' ? entryPlace(index) : expression.replace(entryPlace(0), entryPlace(index)) }))
}

function withoutResource (entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
  const { resource, ...rest } = entry as BundleEntry
  // Without its resource an entry may be empty, which it was not.
  return resource === undefined ? rest : { fullUrl: 'urn:entry', ...rest }
}

/** The place of an entry in its Bundle. */
export function entryPlace (index: number): string {
  return `Bundle.entry[${index}]`
}

function readEntry (context: Context, entry: BundleEntry, index: number, route: Route): Read {
  try {
    return readRequest(context, entry, index, route)
  } catch (error) {
    if (error instanceof OutcomeError) return { error }
    throw error
  }
}

/** @throws OutcomeError for a patch that cannot be read */
function readRequest (context: Context, { request, resource, fullUrl }: BundleEntry, index: number, route: Route): Read {
  const place = entryPlace(index)
  const refused = (kind: 'invalid-request' | 'unknown-url' | 'method', diagnostics: string, where: string, code?: string): Read =>
    ({ error: new OutcomeError(kind, { diagnostics, expression: `${place}.${where}`, ...code === undefined ? {} : { code } }, kind === 'method' ? { headers: { allow: 'POST' } } : {}) })
  if (request === undefined) return refused('invalid-request', 'The request of the entry is needed', 'request', 'required')
  const isHead = (request.method as string | undefined) === 'HEAD'
  const method = isHead ? 'GET' : request.method ?? ''
  const target = targetOf(context, method, request.url ?? '', resource, route)
  if (target === undefined) return refused('unknown-url', 'There is nothing at this address', 'request.url')
  if (!isAllowed(context, method, target)) return refused('method', 'This method is not allowed here', 'request.method')
  if (target.elsewhere === undefined && method !== 'GET' && method !== 'DELETE' && resource === undefined) {
    return refused('invalid-request', 'The resource of the entry is needed', 'resource', 'required')
  }
  return {
    request: {
      ...target,
      method: method as Request['method'],
      ...isHead ? { isHead } : {},
      ...fullUrl === undefined ? {} : { fullUrl },
      ...resource === undefined ? {} : method === 'PATCH' ? { patch: readPatch(resource) } : { resource },
      ...conditionsOf(request)
    }
  }
}

type Target = Pick<Request, 'type' | 'id' | 'version' | 'query' | 'elsewhere'>

/** What an address means: a type, one of its resources or versions, or what is found elsewhere; undefined where nothing is. */
function targetOf (context: Context, method: string, url: string, resource: unknown, route: Route): Target | undefined {
  const [path, query] = localOf(context, url)
  const [, type, named, version] = ADDRESS.exec(path) ?? []
  const asked = query === undefined ? {} : { query: pairsOf(query) }
  if (type === undefined) {
    const elsewhere = route(method, path)
    return elsewhere === undefined ? undefined : { type: elsewhere.type, elsewhere, ...asked }
  }
  if (!(context.registry.types.includes(type) || type === 'Binary')) return undefined
  const id = named ?? (query === undefined ? folderId(`${method} ${path}`, resource) : undefined)
  return { type, ...id === undefined ? {} : { id }, ...version === undefined ? {} : { version }, ...asked }
}

function conditionsOf ({ ifMatch, ifNoneMatch, ifModifiedSince, ifNoneExist }: NonNullable<BundleEntry['request']>): Pick<Request, 'ifMatch' | 'ifNoneMatch' | 'ifModifiedSince' | 'ifNoneExist'> {
  return {
    ...ifMatch === undefined ? {} : { ifMatch: tagsOf(ifMatch) },
    ...ifNoneMatch === undefined ? {} : { ifNoneMatch: tagsOf(ifNoneMatch) },
    ...ifModifiedSince === undefined ? {} : { ifModifiedSince: Date.parse(ifModifiedSince) },
    ...ifNoneExist === undefined ? {} : { ifNoneExist: criteriaOf(ifNoneExist) }
  }
}

/** MHD adds to a folder by `PUT List`, without an address: the folder is the one that the resource says it is. */
function folderId (asked: string, resource: unknown): string | undefined {
  if (asked !== 'PUT List') return undefined
  const { id } = (resource ?? {}) as { readonly id?: unknown }
  return typeof id === 'string' && /^[A-Za-z0-9\-.]{1,64}$/.test(id) ? id : undefined
}

/** The address below the base, and the query after it. With a slash in front it is rooted at the host or, as in R4's examples, at the base. */
function localOf ({ base }: Context, url: string): readonly [path: string, query?: string] {
  const root = `${new URL(base).pathname.replace(/\/+$/, '')}/`
  const local = belowBase(url, base).replace(url.startsWith(root) ? root : /^\//, '')
  const mark = local.indexOf('?')
  return mark < 0 ? [local] : [local.slice(0, mark), local.slice(mark + 1)]
}

const CONDITIONAL = { update: 'conditionalUpdate', patch: 'conditionalPatch', delete: 'conditionalDelete' } as const

/** Whether the type declares the interaction that a method means at an address. A Binary comes with its document. */
function isAllowed ({ declares }: Context, method: string, { type, id, version, query, elsewhere }: Target): boolean {
  if (elsewhere !== undefined) return true
  const hasQuery = query !== undefined
  switch (method) {
    case 'GET': return declares(type, version !== undefined ? 'vread' : id !== undefined ? 'read' : 'search-type')
    case 'POST': return id === undefined && !hasQuery && (type === 'Binary' || declares(type, 'create'))
    case 'PUT': case 'PATCH': case 'DELETE': {
      const code = method === 'PUT' ? 'update' : method === 'PATCH' ? 'patch' : 'delete'
      if (version !== undefined || !declares(type, code)) return false
      return id !== undefined ? !hasQuery : hasQuery && declares(type, CONDITIONAL[code])
    }
    default: return false
  }
}

/** Faults of an entry, at their place in the Bundle. */
export function inEntry (error: OutcomeError, index: number): readonly Fault[] {
  const place = entryPlace(index)
  const faults: readonly Fault[] = error.faults.length > 0 ? error.faults : [{ diagnostics: catalogue[error.kind].text }]
  return faults.map(fault => ({ ...fault, expression: placed(fault.expression, place) }))
}

const HEADERS: Readonly<Record<string, string>> = { 'If-Match': 'request.ifMatch', 'If-None-Exist': 'request.ifNoneExist' }

function placed (expression: string | undefined, place: string): string {
  if (expression === undefined) return place
  if (expression.startsWith('[')) return `${place}.resource`
  if (expression.startsWith('Bundle.entry')) return expression
  const header = HEADERS[expression]
  if (header !== undefined) return `${place}.${header}`
  const [, below] = /^[A-Z][A-Za-z]*((?:\.|\[).*)?$/s.exec(expression) ?? []
  if (below !== undefined || /^[A-Z][A-Za-z]*$/.test(expression)) return `${place}.resource${below ?? ''}`
  return expression === 'resourceType' ? `${place}.resource` : `${place}.request.url`
}
