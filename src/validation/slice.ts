/**
 * Which slice a value belongs to (R4 profiling.html#discriminator). A discriminator is read from the slice itself: what it
 * fixes, or binds, at the path; which type it has there; whether it may be there. What is led to by a reference is told by
 * the type that the reference names.
 */
import type { Holder } from './holder.js'
import { typeNameOf } from './holder.js'
import { isMember } from './member.js'
import { holdsPattern, valuesAt } from './pattern.js'
import type { Found } from './pattern.js'
import { valueOf } from './profile-tree.js'
import type { Discriminator, ProfileElement, ProfileNode } from './profile-tree.js'

/** What the definitions say of one another. */
export interface Lexicon {
  /** The tokens (`system|code`) of a value set; undefined where they are not all known. */
  readonly members: (valueSet: string) => ReadonlySet<string> | undefined
  /** The type of a profile, or of R4's own definition of a type. */
  readonly typeOf: (profile: string) => string
}

export type Belongs = (found: Found, holder: Holder) => boolean

const BY_URL: readonly Discriminator[] = [{ type: 'value', path: 'url' }]

/** @throws Error at start for a slice that its discriminators do not tell from others */
export function belongsTo (sliced: ProfileNode, slice: ProfileNode, lexicon: Lexicon): Belongs {
  const { discriminator = sliced.name === 'extension' ? BY_URL : [] } = sliced.rule.slicing ?? {}
  const each = discriminator.map(one => discriminates(one, slice, lexicon))
  if (each.length === 0) throw new Error(`the slices of ${sliced.path} have no discriminator`)
  return (found, holder) => each.every(belongs => belongs(found, holder))
}

function discriminates ({ type, path }: Discriminator, slice: ProfileNode, lexicon: Lexicon): Belongs {
  const steps = path.split('.').filter(step => step !== '$this' && step !== 'resolve()')
  const node = steps.reduce<ProfileNode | undefined>((at, step) => at?.children.get(step), slice)
  const at = ({ value, place, type }: Found) => steps.reduce<readonly Found[]>((list, step) => list.flatMap(each => valuesAt(each.value, step, '')), [{ value, place, ...type === undefined ? {} : { type } }])
  switch (type) {
    case 'exists': {
      const isThere = node?.rule.max !== '0'
      return found => (at(found).length > 0) === isThere
    }
    case 'type': case 'profile': {
      const types = typesOf(node?.rule ?? {}, lexicon)
      if (types.size === 0) throw undecided(slice)
      return (found, holder) => at(found).some(({ value, type }) => types.has(type?.toLowerCase() ?? holder.typeOf(value)?.toLowerCase() ?? typeNameOf(value).toLowerCase()))
    }
    default: {
      const url = slice.rule.type?.[0]?.profile?.[0]
      if (path === 'url' && node === undefined && url !== undefined) return found => at(found).some(({ value }) => value === url)
      const conforms = conforming(node, lexicon)
      if (conforms === undefined) throw undecided(slice)
      return found => at(found).some(conforms)
    }
  }
}

function undecided ({ path, rule }: ProfileNode): Error {
  return new Error(`nothing tells the slice ${rule.id ?? path} from others`)
}

/** Of a reference those it may lead to, of others its own. */
function typesOf ({ type = [] }: ProfileElement, { typeOf }: Lexicon): ReadonlySet<string> {
  return new Set(type.flatMap(({ code, targetProfile = [] }) => targetProfile.length > 0 ? targetProfile.map(typeOf) : [code]).map(name => name.toLowerCase()))
}

/** Whether a value is what a node and those below it fix or bind; undefined where they do neither. */
function conforming (node: ProfileNode | undefined, lexicon: Lexicon): ((found: Found) => boolean) | undefined {
  if (node === undefined) return undefined
  const [fixed, pattern] = [valueOf(node.rule, 'fixed'), valueOf(node.rule, 'pattern')]
  const { strength, valueSet } = node.rule.binding ?? {}
  const codes = strength === 'required' && valueSet !== undefined ? lexicon.members(valueSet) : undefined
  const below = [...node.children.values()].flatMap(child => {
    const conforms = conforming(child, lexicon)
    return conforms === undefined ? [] : [({ value }: Found) => valuesAt(value, child.name, '').some(conforms)]
  })
  const own = [
    ...fixed === undefined ? [] : [({ value }: Found) => holdsPattern(value, fixed)],
    ...pattern === undefined ? [] : [({ value }: Found) => holdsPattern(value, pattern)],
    ...codes === undefined ? [] : [({ value }: Found) => isMember(value, codes)],
    ...below
  ]
  return own.length === 0 ? undefined : found => own.every(each => each(found))
}
