import type { Reference } from '@medplum/fhirtypes'
import { isIn } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { logicalHead, referenceKey, uriKey } from '../key.js'
import { readLiteral } from '../literal.js'
import { addIdentifier, identifierKeys, readToken } from './token.js'
import type { Criterion, ValueContext, ValueKind } from './kind.js'

/**
 * Reference parameters (R4 search.html#reference). A reference under our own base is local, whatever its version;
 * references to contained resources are not found. `:identifier` looks at the logical identifier, `:[type]` says
 * what a bare id is.
 */
export const reference = Object.freeze<ValueKind>({
  elements: Object.freeze(['Reference', 'canonical', 'uri']),
  modifiers: ({ targets }) => ['identifier', ...targets],
  index: ({ code }, value, type, into, { base, hash }) => {
    if (type !== 'Reference') {
      into.keys.add(uriKey(code, String(value)))
      if (type === 'canonical') into.keys.add(uriKey(code, String(value).replace(/\|.*$/s, '')))
      return
    }
    const { reference, identifier } = value as Reference
    if (identifier !== undefined) addIdentifier(into, logicalHead(code), identifier, { hash, isFound: false })
    if (typeof reference !== 'string' || reference.startsWith('#')) return
    const literal = readLiteral(reference, base)
    if (literal.kind === 'local') into.keys.add(referenceKey(code, literal.type, literal.id))
    else if (literal.kind === 'elsewhere') into.keys.add(uriKey(code, literal.uri))
  },
  filter: (criterion, { base, hash }) => {
    const { parameter: { code }, modifier, values } = criterion
    if (modifier === 'identifier') {
      const head = logicalHead(code)
      return isIn('keys', values.map(value => identifierKeys(readToken(value, head), head, hash)))
    }
    return isIn('keys', values.flatMap(value => keysOf(value, criterion, base)))
  }
})

/**
 * The resources of this server to which each alternative of a criterion points; null when one of them may point
 * elsewhere.
 */
export function localTargets (criterion: Criterion, { base }: ValueContext): readonly LocalTarget[] | null {
  if (criterion.modifier === 'identifier') return null
  const targets = criterion.values.map(value => targetsOf(value, criterion, base))
  return targets.every(target => target !== null) ? targets.flat() : null
}

export interface LocalTarget {
  readonly type: string
  readonly id: string
}

function keysOf (value: string, criterion: Criterion, base: string | null): readonly string[] {
  const { code } = criterion.parameter
  return targetsOf(value, criterion, base)?.map(({ type, id }) => referenceKey(code, type, id)) ??
    [uriKey(code, unescape(value, code))]
}

/** Null when `value` points elsewhere. */
function targetsOf (value: string, { parameter, modifier, types }: Criterion, base: string | null): readonly LocalTarget[] | null {
  const { code, targets } = parameter
  const literal = readLiteral(unescape(value, code), base)
  if (literal.kind === 'elsewhere') {
    if (modifier !== undefined) throw invalidParameter(`${code}:${modifier}`, 'takes ids')
    return null
  }
  if (literal.kind === 'local') {
    if (modifier !== undefined && modifier !== literal.type) throw invalidParameter(`${code}:${modifier}`, 'points to another type')
    return [literal]
  }
  return typesOfBareId(modifier, code, targets.filter(type => types.includes(type))).map(type => ({ type, id: literal.id }))
}

/**
 * A bare id is one of each type that the parameter may point to and that is held here; where the parameter binds a
 * query to a patient, a patient's.
 */
function typesOfBareId (modifier: string | undefined, code: string, held: readonly string[]): readonly string[] {
  if (modifier !== undefined) return [modifier]
  if (held.length === 0) throw invalidParameter(code, 'needs the type of what it points to, as Type/id')
  return bindsToPatient(code) && held.includes('Patient') ? ['Patient'] : held
}

/** Whether a positive reference by the parameter `code` binds a query to patients. */
export function bindsToPatient (code: string): boolean {
  return code === 'patient' || code === 'subject'
}
