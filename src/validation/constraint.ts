import type { AnySchemaObject } from 'ajv'
import type { DataValidateFunction, DataValidationCxt } from 'ajv/dist/types/index.js'
import type { Constraint } from './condition.js'
import { targetFault, typeNameOf } from './holder.js'
import { invariants } from './invariant.js'
import type { Json } from './invariant.js'
import { isSpent, rootOf } from './scope.js'
import type { Scope } from './scope.js'

/** The keyword `invariant`: what `invariant.ts` knows is asked at once, the rest later. */
export function invariantKeyword (scope: Scope) {
  return (constraints: readonly Constraint[], { $id, part }: AnySchemaObject): DataValidateFunction => {
    const base = String($id ?? part)
    const knownOf = (key: string) => invariants[`${base} ${key}`] ?? invariants[key]
    const own = constraints.flatMap(constraint => {
      const isRight = knownOf(constraint.key)
      return isRight === undefined ? [] : [{ isRight, diagnostics: sentenceOf(constraint) }]
    })
    const others = constraints.flatMap(constraint => constraint.expression === undefined || knownOf(constraint.key) !== undefined
      ? []
      : [{ condition: { expression: constraint.expression, base }, diagnostics: sentenceOf(constraint) }])
    const validate: DataValidateFunction = (element: Json, place?: DataValidationCxt) => {
      const holder = scope.holder()
      for (const other of others) {
        scope.ask({ ...other, value: element, place: rootOf(place), resource: typeNameOf(element) === '' ? holder.resource : element })
      }
      let errors: DataValidateFunction['errors']
      for (const { isRight, diagnostics } of own) {
        if (isRight(element, holder) || isSpent(scope.budget())) continue
        errors = [...errors ?? [], { keyword: 'element', instancePath: rootOf(place), params: { code: 'invariant', diagnostics } }]
      }
      if (errors === undefined) return true
      validate.errors = errors
      return false
    }
    return validate
  }
}

/** The keyword `targets`. */
export function targetsKeyword (scope: Scope) {
  return (targets: readonly string[]): DataValidateFunction => {
    const allowed = new Set(targets)
    const validate: DataValidateFunction = (reference: unknown, place?: DataValidationCxt) => {
      const fault = targetFault(scope.holder(), reference, allowed)
      if (fault === undefined || isSpent(scope.budget())) return true
      validate.errors = [{ keyword: 'element', instancePath: rootOf(place) + fault.path, params: { code: 'structure', diagnostics: fault.diagnostics } }]
      return false
    }
    return validate
  }
}

/** What a constraint says for people, and its key. */
export function sentenceOf ({ key, human }: Constraint): string {
  return `${human ?? 'An invariant does not hold'} (${key})`
}
