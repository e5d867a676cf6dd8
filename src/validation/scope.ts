import type { ValidateFunction } from 'ajv'
import type { DataValidationCxt } from 'ajv/dist/types/index.js'
import type { Condition } from './condition.js'
import type { Holder } from './holder.js'
import type { Bindings } from './schema.js'

/** More faults than these of one resource are not told. */
export const maxFaults = 50

/**
 * How many faults may still be found. ajv joins the errors of an object's parts to its own by copying: without an end
 * to it, a hundred thousand faults take minutes. Once it is spent, whatever follows passes; the resource failed already.
 */
export interface Budget {
  faults: number
  /** Parts with a fault inside; a fault deep down spends one for each level. */
  parts: number
}

/** A budget for one resource. */
export function newBudget (): Budget {
  return { faults: maxFaults, parts: maxFaults * 10 }
}

/** What the keywords ask of the validator that they belong to. */
export interface Scope {
  readonly bindings: Bindings
  /** The validator of a data type, of a part of a type, or of what stands beside a primitive. */
  readonly partOf: (id: string) => ValidateFunction
  /** The validator of a type of resource, if it is known. */
  readonly resourceOf: (type: string) => ValidateFunction | undefined
  readonly budget: () => Budget
  /** The resource that is validated, or that of the entry of a Bundle. */
  readonly holder: () => Holder
  /** Validates what is no part of that resource, as a whole of its own. */
  readonly apart: (resource: unknown, validate: () => boolean) => boolean
  /** What is to be asked once the structure is right. */
  readonly ask: (question: Question) => void
}

/** A condition in FHIRPath to ask of a value, and where that stands. */
export interface Question {
  readonly condition: Condition
  /** What is said where it does not hold. */
  readonly diagnostics: string
  readonly value: unknown
  /** As a JSON pointer. */
  readonly place: string
  readonly resource: unknown
}

/** Spends one fault. */
export function isSpent (budget: Budget): boolean {
  budget.faults -= 1
  return budget.faults < 0
}

/** Where the value of a keyword stands. */
export function rootOf (place: DataValidationCxt | undefined): string {
  return place?.instancePath ?? ''
}
