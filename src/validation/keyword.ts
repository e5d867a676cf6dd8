import { _ } from 'ajv'
import type { Ajv, CodeKeywordDefinition, ValidateFunction } from 'ajv'
import type { DataValidateFunction, DataValidationCxt } from 'ajv/dist/types/index.js'
import { elementCheck } from './element.js'
import { primitives } from './primitive.js'
import type { PrimitiveCheck } from './primitive.js'
import type { Bindings, Shape } from './schema.js'

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
}

/**
 * What FHIR says and JSON Schema cannot, or not in linear time and in one error:
 * - `primitive: 'date'`, the form of a primitive type; `primitiveOrNull`, the same of an item of a list;
 * - `binding: url`, a code of a value set;
 * - `element: Shape`, an object as a whole;
 * - `part: 'Period'`, a `$ref` that is compiled when it is first met, and obeys the budget;
 * - `resource: true`, a resource of whatever type, validated by the type it names.
 */
export function addKeywords (ajv: Ajv, scope: Scope): void {
  ajv.addKeyword(primitiveKeyword('primitive', false, scope))
  ajv.addKeyword(primitiveKeyword('primitiveOrNull', true, scope))
  ajv.addKeyword(bindingKeyword(scope))
  ajv.addKeyword({ keyword: 'element', type: 'object', errors: true, compile: elementKeyword })
  ajv.addKeyword({ keyword: 'part', errors: true, compile: (id: string) => partKeyword(() => scope.partOf(id), scope) })
  ajv.addKeyword({ keyword: 'resource', errors: true, compile: () => partKeyword(resource => scope.resourceOf(typeNameOf(resource)), scope) })
}

function primitiveKeyword (keyword: string, takesNull: boolean, { budget }: Scope): CodeKeywordDefinition {
  return {
    keyword,
    schemaType: 'string',
    error: { message: '', params: ({ schema, data }) => _`{ type: ${schema}, isObject: typeof ${data} === "object" }` },
    code (cxt) {
      const { schema, data, it, gen } = cxt
      const isRight = primitives[schema as string] as PrimitiveCheck
      const ref: PrimitiveCheck = (value, holder, key) => isRight(value, holder, key) || isSpent(budget())
      const passes = _`${gen.scopeValue('func', { ref })}(${data}, ${it.parentData}, ${it.parentDataProperty})`
      cxt.pass(takesNull ? _`${data} === null || ${passes}` : passes)
    }
  }
}

function bindingKeyword ({ bindings, budget }: Scope): CodeKeywordDefinition {
  return {
    keyword: 'binding',
    type: 'string',
    schemaType: 'string',
    error: { message: '', params: ({ schema }) => _`{ valueSet: ${schema} }` },
    code (cxt) {
      const codes = new Set(bindings[cxt.schema as string])
      const ref = (code: string): boolean => codes.has(code) || isSpent(budget())
      cxt.pass(_`${cxt.gen.scopeValue('func', { ref })}(${cxt.data})`)
    }
  }
}

function isSpent (budget: Budget): boolean {
  budget.faults -= 1
  return budget.faults < 0
}

function elementKeyword (shape: Shape): DataValidateFunction {
  const misfitsOf = elementCheck(shape)
  const validate: DataValidateFunction = (element: Readonly<Record<string, unknown>>, place?: DataValidationCxt) => {
    const misfits = misfitsOf(element)
    if (misfits === undefined) return true
    validate.errors = misfits.map(({ path, ...params }) => ({ keyword: 'element', instancePath: rootOf(place) + path, params }))
    return false
  }
  return validate
}

function partKeyword (validatorOf: (value: unknown) => ValidateFunction | undefined, { budget }: Scope): DataValidateFunction {
  const validate: DataValidateFunction = (value: unknown, place?: DataValidationCxt) => {
    const validator = validatorOf(value)
    if (validator?.(value, place) === true) return true
    const rest = budget()
    rest.parts -= 1
    if (rest.parts < 0) return true
    validate.errors = validator?.errors ?? [{ keyword: 'resource', instancePath: rootOf(place), params: {} }]
    return false
  }
  return validate
}

function rootOf (place: DataValidationCxt | undefined): string {
  return place?.instancePath ?? ''
}

/** What a value names as its resource type, or nothing. */
export function typeNameOf (value: unknown): string {
  const type = typeof value === 'object' && value !== null ? Reflect.get(value, 'resourceType') as unknown : undefined
  return typeof type === 'string' ? type : ''
}
