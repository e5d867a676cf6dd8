import type { ErrorObject } from 'ajv'
import type { Fault } from '../outcome/outcome-error.js'
import { typeNameOf } from './holder.js'
import type { Schema, Shape } from './schema.js'

/** `issue.code` of a fault of a resource. */
export type FaultCode = 'required' | 'structure' | 'value' | 'code-invalid' | 'invariant' | 'extension' | 'too-costly'

/** What is read of an error of ajv. */
export type FoundError = Pick<ErrorObject, 'keyword' | 'instancePath' | 'params'>

/** An error of ajv as a fault: a sentence without any value of the resource, and the place as FHIRPath writes it. */
export function toFault ({ keyword, params, instancePath }: FoundError, resource: unknown, schemas: ReadonlyMap<string, Schema>): Fault {
  const place = placeOf(instancePath, resource, schemas)
  const { code, diagnostics, step = '' } = sentence(keyword, params)
  return { diagnostics, expression: place + step, code }
}

interface Sentence {
  readonly code: FaultCode
  readonly diagnostics: string
  readonly step?: string
}

function sentence (keyword: string, params: ErrorObject['params']): Sentence {
  switch (keyword) {
    case 'element': return { code: params['code'] as FaultCode, diagnostics: String(params['diagnostics']) }
    case 'primitive': case 'primitiveOrNull': return primitiveSentence(String(params['type']), params['isObject'] === true)
    case 'binding': return { code: 'code-invalid', diagnostics: `The code is not in the value set ${params['valueSet']}` }
    case 'resource': return { code: 'structure', diagnostics: 'A resource of a known type is needed here' }
    case 'additionalProperties': return { code: 'structure', diagnostics: 'There is no such element here', step: nameStep(params['additionalProperty']) }
    case 'type': return { code: 'structure', diagnostics: params['type'] === 'array' ? 'A list is needed here' : 'An object is needed here' }
    case 'minItems': return params['limit'] === 1
      ? { code: 'invariant', diagnostics: 'A list cannot be empty' }
      : { code: 'required', diagnostics: `At least ${params['limit']} are needed` }
    case 'maxItems': return { code: 'structure', diagnostics: `No more than ${params['limit']} are allowed` }
    default: return { code: 'invariant', diagnostics: 'An element needs a value or children' }
  }
}

function primitiveSentence (type: string, isObject: boolean): Sentence {
  if (isObject) return { code: 'structure', diagnostics: `A single value of type ${type} is needed here` }
  if (type !== 'xhtml') return { code: 'value', diagnostics: `This is not a valid ${type}` }
  return { code: 'invariant', diagnostics: 'The narrative is not well-formed, has nothing to see, or has what R4 does not allow in it (txt-1, txt-2)' }
}

/** The name of an unknown element, if it could be one. */
function nameStep (name: unknown): string {
  return typeof name === 'string' && /^_?[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) ? `.${name}` : ''
}

/**
 * `/content/0/_title` of a DocumentReference -> `DocumentReference.content[0].title`. A choice loses its type
 * (`/valueString` -> `.value`), as in FHIRPath; the schemas say where there is one.
 */
function placeOf (pointer: string, resource: unknown, schemas: ReadonlyMap<string, Schema>): string {
  let place = typeNameOf(resource)
  let schema = schemas.get(place)
  let value = resource
  for (const step of pointer.split('/').slice(1)) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
    if (/^\d+$/.test(step)) {
      place += `[${step}]`
      schema = follow(schema?.['items'] as Schema | undefined, value, schemas)
    } else {
      const name = step.replace(/^_/, '')
      place += `.${(schema?.['element'] as Shape | undefined)?.choices[name] ?? name}`
      schema = follow((schema?.['properties'] as Record<string, Schema> | undefined)?.[step], value, schemas)
    }
  }
  return place
}

function follow (schema: Schema | undefined, value: unknown, schemas: ReadonlyMap<string, Schema>): Schema | undefined {
  if (schema?.['resource'] === true) return schemas.get(typeNameOf(value))
  return typeof schema?.['part'] === 'string' ? schemas.get(schema['part']) : schema
}
