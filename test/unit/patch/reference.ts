/**
 * JSON Patch as RFC 6902 says it, naively: nothing is changed in place, each operation makes a new document. Numbers are
 * strings that begin with `#`, so that their digits cannot get lost. It shares no code with `src/patch`.
 */
export type Json = null | boolean | string | readonly Json[] | { readonly [name: string]: Json }

export type Operation =
  | { readonly op: 'add' | 'replace' | 'test', readonly path: string, readonly value: Json }
  | { readonly op: 'remove', readonly path: string }
  | { readonly op: 'move' | 'copy', readonly path: string, readonly from: string }

/** @returns undefined when the patch does not apply */
export function patched (document: Json, operations: readonly Operation[]): Json | undefined {
  let current: Json | undefined = document
  for (const operation of operations) {
    if (current !== undefined) current = applied(current, operation)
    if (typeof current !== 'object' || current === null || current instanceof Array) return undefined
  }
  return current
}

function applied (document: Json, operation: Operation): Json | undefined {
  const path = tokens(operation.path)
  switch (operation.op) {
    case 'add': return added(document, path, operation.value)
    case 'remove': return removed(document, path)
    case 'replace': return path.length === 0 ? operation.value : found(document, path) === undefined ? undefined : replaced(document, path, operation.value)
    case 'test': return same(found(document, path), operation.value) ? document : undefined
    case 'copy': {
      const value = found(document, tokens(operation.from))
      return value === undefined ? undefined : added(document, path, value)
    }
    case 'move': {
      const value = found(document, tokens(operation.from))
      if (value === undefined || operation.path === operation.from) return value === undefined ? undefined : document
      if (`${operation.path}/`.startsWith(`${operation.from}/`)) return undefined
      const without = removed(document, tokens(operation.from))
      return without === undefined ? undefined : added(without, path, value)
    }
  }
}

function tokens (pointer: string): readonly string[] {
  return pointer.split('/').slice(1).map(token => token.replace(/~1/g, '/').replace(/~0/g, '~'))
}

function found (document: Json, [token, ...rest]: readonly string[]): Json | undefined {
  if (token === undefined) return document
  const value = child(document, token)
  return value === undefined ? undefined : found(value, rest)
}

function child (holder: Json, token: string): Json | undefined {
  if (holder instanceof Array) return /^(0|[1-9]\d*)$/.test(token) ? holder[Number(token)] : undefined
  return typeof holder === 'object' && holder !== null ? Object.entries(holder).find(([name]) => name === token)?.[1] : undefined
}

/** The document with what `change` makes of the holder of the last step. */
function inHolder (document: Json, [token, ...rest]: readonly string[], change: (holder: Json, token: string) => Json | undefined): Json | undefined {
  if (token === undefined) return undefined
  if (rest.length === 0) return change(document, token)
  const inner = child(document, token)
  const changed = inner === undefined ? undefined : inHolder(inner, rest, change)
  if (changed === undefined) return undefined
  return document instanceof Array ? document.with(Number(token), changed) : { ...document as object, [token]: changed }
}

function added (document: Json, path: readonly string[], value: Json): Json | undefined {
  if (path.length === 0) return value
  return inHolder(document, path, (holder, token) => {
    if (!(holder instanceof Array)) return typeof holder === 'object' && holder !== null ? { ...holder, [token]: value } : undefined
    const at = token === '-' ? holder.length : /^(0|[1-9]\d*)$/.test(token) ? Number(token) : Infinity
    return at > holder.length ? undefined : [...holder.slice(0, at), value, ...holder.slice(at)]
  })
}

function removed (document: Json, path: readonly string[]): Json | undefined {
  return inHolder(document, path, (holder, token) => {
    if (child(holder, token) === undefined) return undefined
    if (holder instanceof Array) return holder.filter((_, at) => at !== Number(token))
    return Object.fromEntries(Object.entries(holder as object).filter(([name]) => name !== token)) as Json
  })
}

function replaced (document: Json, path: readonly string[], value: Json): Json | undefined {
  return inHolder(document, path, (holder, token) => holder instanceof Array ? holder.with(Number(token), value) : { ...holder as object, [token]: value })
}

function same (one: Json | undefined, other: Json): boolean {
  if (typeof one === 'string' && typeof other === 'string' && one.startsWith('#') && other.startsWith('#')) return Number(one.slice(1)) === Number(other.slice(1))
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  const [entries, others] = [Object.entries(one), Object.entries(other)]
  return one instanceof Array === other instanceof Array && entries.length === others.length &&
    entries.every(([name, value]) => others.some(([otherName, otherValue]) => name === otherName && same(value, otherValue)))
}
