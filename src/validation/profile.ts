/**
 * Profiles, compiled to functions: what a differential asks beyond its base is asked of a resource whose structure is
 * right by R4, first of the profile that it is based on, then of it. Each element is looked at once for each profile, and
 * once more for the slice that it belongs to; no snapshot is made. `mustSupport`, and bindings that are not required or of
 * value sets that are not loaded in full, ask nothing.
 */
import type { Condition } from './condition.js'
import { sentenceOf } from './constraint.js'
import type { FaultCode } from './fault.js'
import { targetFault, typeNameOf } from './holder.js'
import type { Holder } from './holder.js'
import { isMember } from './member.js'
import { holdsPattern, valuesAt } from './pattern.js'
import type { Found } from './pattern.js'
import { treeOf, valueOf } from './profile-tree.js'
import type { Profile, ProfileElement, ProfileNode } from './profile-tree.js'
import { belongsTo } from './slice.js'
import type { Lexicon } from './slice.js'
import { isSame } from '../json/same.js'

/** One look at one resource. */
export interface Trial {
  readonly holder: Holder
  /** Whether no more faults are told. */
  readonly isFull: () => boolean
  readonly fault: (place: string, code: FaultCode, diagnostics: string) => void
  readonly ask: (condition: Condition, found: Found, diagnostics: string) => void
}

/** What a profile asks of a value. */
export type Ask = (found: Found, trial: Trial) => void
/** What an element asks of the object that it is part of. */
type AskParent = (parent: Found, trial: Trial) => void

/** @param askOf what another profile asks: of its base, of the type of an element @throws Error at start for a profile that cannot be asked */
export function compileProfile (profile: Profile, lexicon: Lexicon, askOf: (url: string) => Ask | undefined): Ask {
  const base = askOf(profile.baseDefinition ?? '')
  const root = askNode(treeOf(profile), lexicon, askOf)
  return (found, trial) => {
    base?.(found, trial)
    root(found, trial)
  }
}

/** What a node asks of one value of it. */
function askNode (node: ProfileNode, lexicon: Lexicon, askOf: (url: string) => Ask | undefined): Ask {
  const asks = [...askValue(node, lexicon, askOf), ...[...node.children.values()].map(child => askElement(child, lexicon, askOf))]
  return (found, trial) => { for (const ask of asks) ask(found, trial) }
}

function askElement (node: ProfileNode, lexicon: Lexicon, askOf: (url: string) => Ask | undefined): AskParent {
  const stem = node.name.replace('[x]', '')
  const ask = askNode(node, lexicon, askOf)
  const slices = [...node.slices].map(([name, slice]) => ({ name, ...boundsOf(slice.rule), belongs: belongsTo(node, slice, lexicon), ask: askNode(slice, lexicon, askOf) }))
  const { min, max } = boundsOf(node.rule)
  const isClosed = node.rule.slicing?.rules === 'closed'
  return ({ value, place }, trial) => {
    const values = valuesAt(value, node.name, place)
    checkCount(values.length, { min, max }, `The element ${stem}`, { at: place, of: `${place}.${stem}` }, trial)
    const counts = slices.map(() => 0)
    for (const found of values) {
      if (trial.isFull()) return
      ask(found, trial)
      const at = slices.findIndex(slice => slice.belongs(found, trial.holder))
      counts[at] = (counts[at] ?? 0) + 1
      slices[at]?.ask(found, trial)
      if (at < 0 && isClosed) trial.fault(found.place, 'structure', 'The profile allows no other slice here')
    }
    for (const [at, slice] of slices.entries()) checkCount(counts[at] ?? 0, slice, `The slice ${slice.name} of ${stem}`, { at: place, of: `${place}.${stem}` }, trial)
  }
}

interface Bounds { readonly min: number, readonly max: number }

function boundsOf ({ min = 0, max = '*' }: ProfileElement): Bounds {
  return { min, max: max === '*' ? Infinity : Number(max) }
}

function checkCount (count: number, { min, max }: Bounds, what: string, places: { readonly at: string, readonly of: string }, trial: Trial): void {
  if (count < min) trial.fault(places.at, 'required', count === 0 && min === 1 ? `${what} is required by the profile` : `${what} is there at least ${min} times by the profile`)
  if (count > max) trial.fault(places.of, 'structure', max === 0 ? `${what} is not allowed by the profile` : `${what} is there at most ${max} times by the profile`)
}

/** What the rule of a node asks of one value, its elements apart. */
function askValue ({ rule, name, path }: ProfileNode, lexicon: Lexicon, askOf: (url: string) => Ask | undefined): readonly Ask[] {
  const asks: Ask[] = []
  const [fixed, pattern] = [valueOf(rule, 'fixed'), valueOf(rule, 'pattern')]
  if (fixed !== undefined) asks.push(({ value, place }, { fault }) => { if (!isSame(value, fixed)) fault(place, 'value', 'The profile asks for another value here') })
  if (pattern !== undefined) asks.push(({ value, place }, { fault }) => { if (!holdsPattern(value, pattern)) fault(place, 'value', 'The profile asks for another value here') })
  const { strength, valueSet } = rule.binding ?? {}
  const codes = strength === 'required' && valueSet !== undefined ? lexicon.members(valueSet) : undefined
  if (codes !== undefined) asks.push(({ value, place }, { fault }) => { if (value !== undefined && !isMember(value, codes)) fault(place, 'code-invalid', `The code is not in the value set ${String(valueSet)}`) })
  asks.push(...askTypes(rule, name, lexicon, askOf))
  for (const constraint of rule.constraint ?? []) {
    const { expression, severity } = constraint
    if (expression === undefined || severity !== 'error') continue
    const condition = { expression, base: path }
    asks.push((found, { ask }) => { ask(condition, found, sentenceOf(constraint)) })
  }
  return asks
}

function askTypes ({ type = [] }: ProfileElement, name: string, lexicon: Lexicon, askOf: (url: string) => Ask | undefined): readonly Ask[] {
  const asks: Ask[] = []
  const codes = new Set(type.map(({ code }) => code.toLowerCase()))
  if (type.length > 0 && name.endsWith('[x]')) {
    asks.push(({ place, type: given = '' }, { fault }) => { if (!codes.has(given.toLowerCase())) fault(place, 'structure', 'The profile allows another type here') })
  }
  if (type.length > 0 && name === 'contained') {
    asks.push(({ value, place }, { fault }) => { if (!codes.has(typeNameOf(value).toLowerCase())) fault(place, 'structure', 'The profile allows resources of other types here') })
  }
  const targets = new Set(type.flatMap(({ targetProfile = [] }) => targetProfile.map(lexicon.typeOf)))
  if (targets.size > 0 && !targets.has('Resource')) {
    asks.push(({ value, place }, { holder, fault }) => {
      const wrong = targetFault(holder, value, targets)
      if (wrong !== undefined) fault(place + wrong.path.replace('/', '.'), 'structure', `${wrong.diagnostics} by the profile`)
    })
  }
  if (type.length > 0 && type.every(({ aggregation = [] }) => aggregation.length === 1 && aggregation[0] === 'contained')) {
    asks.push(({ value, place }, { fault }) => {
      const { reference } = (value ?? {}) as { readonly reference?: unknown }
      // It is about how a literal reference is resolved: one by identifier alone, or an extension of its own, is none.
      if (typeof reference === 'string' && !reference.startsWith('#')) fault(place, 'structure', 'The profile asks for a reference to a contained resource')
    })
  }
  const own = type.length === 1 ? type[0]?.profile?.[0] : undefined
  // Looked up when it is asked: a profile of a type may hold its own kind.
  if (own !== undefined) asks.push((found, trial) => { askOf(own)?.(found, trial) })
  return asks
}
