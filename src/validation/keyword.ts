import { _ } from 'ajv'
import type { Ajv, CodeKeywordDefinition, ValidateFunction } from 'ajv'
import type { DataValidateFunction, DataValidationCxt } from 'ajv/dist/types/index.js'
import { invariantKeyword, targetsKeyword } from './constraint.js'
import { elementCheck } from './element.js'
import { typeNameOf } from './holder.js'
import { isMember, membersOf } from './member.js'
import { primitives } from './primitive.js'
import type { PrimitiveCheck } from './primitive.js'
import type { Shape } from './schema.js'
import { isSpent, rootOf } from './scope.js'
import type { Scope } from './scope.js'

/**
 * What FHIR says and JSON Schema cannot, or not in linear time and in one error:
 * - `primitive: 'date'`, the form of a primitive type; `primitiveOrNull`, the same of an item of a list;
 * - `binding: url`, a code, or a concept with one, of a value set;
 * - `element: Shape`, an object as a whole; `invariant`, what R4 asks of it beyond that;
 * - `targets`, the types that a Reference may lead to;
 * - `part: 'Period'`, a `$ref` that is compiled when it is first met, and obeys the budget;
 * - `resource: true`, a resource of whatever type, validated by the type it names.
 */
export function addKeywords (ajv: Ajv, scope: Scope): void {
  ajv.addKeyword(primitiveKeyword('primitive', false, scope))
  ajv.addKeyword(primitiveKeyword('primitiveOrNull', true, scope))
  ajv.addKeyword(bindingKeyword(scope))
  ajv.addKeyword({ keyword: 'element', type: 'object', errors: true, compile: elementKeyword })
  ajv.addKeyword({ keyword: 'invariant', type: 'object', errors: true, compile: invariantKeyword(scope) })
  ajv.addKeyword({ keyword: 'targets', type: 'object', errors: true, compile: targetsKeyword(scope) })
  ajv.addKeyword({ keyword: 'part', errors: true, compile: (id: string) => partKeyword(() => scope.partOf(id), scope) })
  ajv.addKeyword({ keyword: 'resource', errors: true, compile: () => resourceKeyword(scope) })
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
    type: ['string', 'object'],
    schemaType: 'string',
    error: { message: '', params: ({ schema }) => _`{ valueSet: ${schema} }` },
    code (cxt) {
      const members = membersOf(bindings[cxt.schema as string] ?? [])
      const ref = (value: unknown): boolean => isMember(value, members) || isSpent(budget())
      cxt.pass(_`${cxt.gen.scopeValue('func', { ref })}(${cxt.data})`)
    }
  }
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

/** A contained resource is part of what contains it; the resource of an entry is not. */
function resourceKeyword (scope: Scope): DataValidateFunction {
  const validatePart = partKeyword(resource => scope.resourceOf(typeNameOf(resource)), scope)
  const validate: DataValidateFunction = (value: unknown, place?: DataValidationCxt) => {
    const isPart = place?.instancePath.split('/').at(-2) === 'contained'
    const isRight = isPart ? validatePart(value, place) as boolean : scope.apart(value, () => validatePart(value, place) as boolean)
    if (!isRight) validate.errors = validatePart.errors ?? []
    return isRight
  }
  return validate
}
