import { isIn } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { referenceKey } from './key.js'
import { readLiteral } from './literal.js'
import type { Registry } from './parameter.js'
import type { Resource } from './path.js'
import type { Include } from './request.js'

/** A resource of this server, by what identifies it. */
export interface Pointer {
  readonly type: string
  readonly id: string
}

/** Reads `source:parameter[:target]`; null when it names no reference parameter that is declared, or a target it cannot have. */
export function readInclude (registry: Registry, text: string): Include | null {
  const [source = '', parameter = '', target, ...more] = text.split(':')
  const found = registry.parameter(source, parameter)
  if (more.length > 0 || found?.type !== 'reference') return null
  if (target === undefined) return Object.freeze({ source, parameter })
  return found.targets.includes(target) ? Object.freeze({ source, parameter, target }) : null
}

/** The two parameters by which resources come beside the matches. */
export type Inclusion = '_include' | '_revinclude'

/**
 * What a value of `_include` or `_revinclude` of a search on `type` asks: one inclusion that is declared, or all of those
 * that a wildcard (`*`, `Source:*`) stands for; none where nothing of it is declared. `:iterate` starts at other types too.
 */
export function readInclusion (registry: Registry, type: string, name: Inclusion, value: string, isIterated: boolean): readonly Include[] {
  const of = (type: string) => name === '_include' ? registry.includesOf(type) : registry.revincludesOf(type)
  const declared = isIterated ? [...new Set(registry.types.flatMap(of))] : of(type)
  const named = value === '*' ? of(type) : value.endsWith(':*') ? declared.filter(text => text.startsWith(value.slice(0, -1))) : [value]
  const includes = named.map(text => readInclude(registry, text)).filter(include => include !== null)
  return includes.filter(include => isDeclared(include, declared)).map(include => isIterated ? Object.freeze({ ...include, isIterated: true as const }) : include)
}

/** Whether `include` is, or is narrower than, one of `declared`. */
export function isDeclared ({ source, parameter, target }: Include, declared: readonly string[]): boolean {
  return declared.includes(`${source}:${parameter}`) || (target !== undefined && declared.includes(`${source}:${parameter}:${target}`))
}

/**
 * What `_include` asks to be fetched beside `resources`, each once: the resources of this server to which they point,
 * one level deep. Whether they may be seen is not decided here.
 */
export function includedReferences (registry: Registry, includes: readonly Include[], resources: readonly Resource[]): readonly Pointer[] {
  const pointers = new Map<string, Pointer>()
  for (const { source, parameter, target } of includes) {
    const found = registry.parameter(source, parameter)
    for (const resource of resources) {
      if (resource.resourceType !== source) continue
      found?.walk(resource, value => {
        const pointer = pointerOf(value, registry.base)
        if (pointer === null || !registry.types.includes(pointer.type) || !found.targets.includes(pointer.type)) return
        if (target === undefined || pointer.type === target) pointers.set(`${pointer.type}/${pointer.id}`, pointer)
      })
    }
  }
  return [...pointers.values()]
}

/**
 * What `_revinclude` asks of the type `include.source`: those that point to one of `resources`, one level deep.
 * @param resources what was matched, or only its type and id
 */
export function revincludeFilter (include: Include, resources: readonly Pointer[]): Filter {
  const targets = resources.filter(({ type }) => include.target === undefined || include.target === type)
  return isIn('keys', targets.map(({ type, id }) => referenceKey(include.parameter, type, id)))
}

function pointerOf (value: unknown, base: string | null): Pointer | null {
  const text = typeof value === 'object' && value !== null && 'reference' in value ? value.reference : null
  if (typeof text !== 'string' || text.startsWith('#')) return null
  const literal = readLiteral(text, base)
  return literal.kind === 'local' ? Object.freeze({ type: literal.type, id: literal.id }) : null
}
