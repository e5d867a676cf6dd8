/**
 * FHIR decimals are their digits: `1.00` is not `1.0` (R4 datatypes, decimal). Values stay plain numbers for everyone;
 * where a number would not print as it was written, its source text is remembered beside the object or array that
 * holds it. It follows the holder, not a copy: copy with `cloneJson`, or change the holder in place.
 */
const literals = new WeakMap<object, Map<string, string>>()

/** Remembers that the number under `key` of `holder` was written `text`. */
export function rememberLiteral (holder: object, key: string, text: string): void {
  const known = literals.get(holder)
  if (known === undefined) literals.set(holder, new Map([[key, text]]))
  else known.set(key, text)
}

/**
 * How the number under `key` of `holder` was written, for those who need its precision (a search by `1.00` and by `1`
 * are two ranges). A number that was changed since is printed as JavaScript does.
 * @returns nothing where the value is no number
 */
export function literalOf (holder: object, key: string): string | undefined {
  const value = (holder as Record<string, unknown>)[key]
  if (typeof value !== 'number') return undefined
  const text = literals.get(holder)?.get(key)
  return text !== undefined && Object.is(Number(text), value) ? text : String(value)
}

/**
 * What stands under `key` of `holder`, to be put elsewhere: a number with its digits, if they are not those that it prints.
 * An object or array is the same one: clone it to have two.
 */
export interface Piece {
  readonly value: unknown
  readonly text?: string | undefined
}

export function pick (holder: object, key: string | number): Piece {
  return { value: memberOf(holder, key), text: literals.get(holder)?.get(String(key)) }
}

/** What stands under `key` of `holder` itself, whatever its prototype has. */
export function memberOf (holder: object, key: string | number): unknown {
  return Object.hasOwn(holder, key) ? (holder as Record<string | number, unknown>)[key] : undefined
}

/** Sets a member of an object, or an item that a list has already. */
export function put (holder: object, key: string | number, { value, text }: Piece): void {
  Reflect.set(holder, key, value)
  if (text === undefined) literals.get(holder)?.delete(String(key))
  else rememberLiteral(holder, String(key), text)
}

/** Takes a member from an object. */
export function drop (holder: object, key: string): void {
  Reflect.deleteProperty(holder, key)
  literals.get(holder)?.delete(key)
}

/** Takes `count` items from a list at `at` and puts `pieces` there; the digits of those behind move with them. */
export function splice (list: unknown[], at: number, count: number, pieces: readonly Piece[] = []): void {
  if (at === list.length) return pieces.forEach((piece, offset) => { put(list, at + offset, piece) })
  list.splice(at, count, ...pieces.map(({ value }) => value))
  const known = literals.get(list)
  const moved = new Map<string, string>()
  for (const [key, text] of known ?? []) {
    const index = Number(key)
    if (index < at) moved.set(key, text)
    else if (index >= at + count) moved.set(String(index + pieces.length - count), text)
  }
  pieces.forEach(({ text }, offset) => { if (text !== undefined) moved.set(String(at + offset), text) })
  if (known !== undefined || moved.size > 0) literals.set(list, moved)
}

/** A deep copy of a JSON value, with its literals. */
export function cloneJson<T> (value: T): T {
  return copy(value) as T
}

function copy (value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const twin: unknown = value instanceof Array ? value.map(copy) : copyObject(value)
  const known = literals.get(value)
  if (known !== undefined) literals.set(twin as object, new Map(known))
  return twin
}

function copyObject (value: object): object {
  const twin: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(value)) twin[key] = copy(child)
  return twin
}

/** JSON text of a value; numbers read by `parseJson` are written digit for digit. */
export function stringifyJson (value: unknown): string {
  const marked = new Set<object>()
  return mark(value, marked) ? write(value, marked) : JSON.stringify(value)
}

/** Collects the objects and arrays of a tree that hold a literal at any depth. */
function mark (value: unknown, marked: Set<object>): boolean {
  if (typeof value !== 'object' || value === null) return false
  let holds = literals.has(value)
  if (value instanceof Array) {
    for (const child of value) holds = mark(child, marked) || holds
  } else {
    const record = value as Record<string, unknown>
    for (const key in record) {
      const child = record[key]
      if (typeof child === 'object') holds = mark(child, marked) || holds
    }
  }
  if (holds) marked.add(value)
  return holds
}

/** As JSON.stringify; only what is marked is written by hand, the rest is left to it. */
function write (value: unknown, marked: Set<object>): string {
  if (typeof value !== 'object' || value === null || !marked.has(value)) return JSON.stringify(value)
  const parts: string[] = []
  for (const [key, child] of Object.entries(value)) {
    const text = typeof child === 'number' && Number.isFinite(child) ? literalOf(value, key) : write(child, marked)
    if (value instanceof Array) parts.push(text ?? 'null')
    else if (text !== undefined) parts.push(`${JSON.stringify(key)}:${text}`)
  }
  return value instanceof Array ? `[${parts.join(',')}]` : `{${parts.join(',')}}`
}
