/**
 * The values of a search parameter in a resource, slowly and without `src`: R4's expressions, read piece by piece
 * from the right form of their text.
 */
import { branchesOf, membersOf } from './definition.js'
import type { Declared } from './definition.js'
import type { Json } from './random.js'

/** A value, and its FHIR type or the place inside a resource where it stands. */
export interface Found { readonly value: unknown, readonly type: string }

const known = new WeakMap<Declared, WeakMap<Json, readonly Found[]>>()

export function naiveValues (declared: Declared, resource: Json): readonly Found[] {
  const memo = known.get(declared) ?? new WeakMap<Json, readonly Found[]>()
  known.set(declared, memo)
  const found = memo.get(resource) ?? valuesIn(declared, resource)
  memo.set(resource, found)
  return found
}

function valuesIn (declared: Declared, resource: Json): readonly Found[] {
  return branchesOf(declared).flatMap(branch => {
    const presence = /^(\S+)\.exists\(\) and /.exec(branch)
    if (presence === null) return along(branch, resource, declared.resourceType)
    return [{ value: along(presence[1] ?? '', resource, declared.resourceType).some(({ value }) => value !== false), type: 'boolean' }]
  })
}

/** What `branch` leads to from the resource. */
export function along (branch: string, resource: Json, resourceType: string): readonly Found[] {
  const flat = branch.replace(/^\((\S+) as (\w+)\)/, '$1.as($2)').replace(/^(?:Resource|DomainResource)\b/, resourceType)
  const [, ...steps] = flat.match(/(?:[^.(]|\([^()]*(?:\([^()]*\)[^()]*)*\))+/g) ?? []
  let found: readonly Found[] = [{ value: resource, type: resourceType }]
  for (const step of steps) found = found.flatMap(each => next(each, step, resource))
  return found
}

function next ({ value, type }: Found, step: string, resource: Json): readonly Found[] {
  const cast = /^(?:as|ofType)\((\w+)\)$/.exec(step)?.[1]
  if (cast !== undefined) return type === cast ? [{ value, type }] : []
  const target = /^where\(resolve\(\) is (\w+)\)$/.exec(step)?.[1]
  if (target !== undefined) return pointsTo(value as Json, resource) === target ? [{ value, type }] : []
  const [, name, text] = /^where\((\w+)='(.*)'\)$/.exec(step.replace(/\s/g, '')) ?? []
  if (name !== undefined) return (value as Json)[name] === text ? [{ value, type }] : []
  if (!/^\w+$/.test(step)) throw new Error(`the naive path does not know ${step}`)
  return membersOf(type).filter(member => member.name === step || (member.name.startsWith(step) && isChoice(type, step, member.name))).flatMap(member => {
    const there = (value as Json)[member.name]
    const list = Array.isArray(there) ? there : [there]
    return list.filter(each => each !== undefined && each !== null).map(each => ({ value: each, type: member.type }))
  })
}

/** `value` is written `valueQuantity`: no element has that name by itself. */
function isChoice (type: string, step: string, name: string): boolean {
  const all = membersOf(type)
  const own = all.find(member => member.name === name)
  return /^[A-Z]/.test(name.slice(step.length)) && !all.some(member => member.name === step) && own?.type.toLowerCase() === name.slice(step.length).toLowerCase()
}

function pointsTo ({ reference, type }: Json, { contained }: Json): unknown {
  if (typeof reference !== 'string') return type
  if (reference.startsWith('#')) return ((contained ?? []) as readonly Json[]).find(({ id }) => `#${String(id)}` === reference)?.['resourceType'] ?? type
  return /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]+(?:\/_history\/[A-Za-z0-9\-.]+)?$/.exec(reference)?.[1] ?? type
}
