import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import type { Fault } from '../outcome/outcome-error.js'
import { createConditions, maxConditions } from './condition.js'
import { toFault } from './fault.js'
import type { FaultCode, FoundError } from './fault.js'
import { createHolder, typeNameOf } from './holder.js'
import { addKeywords } from './keyword.js'
import { partsOf, schemasOf, siblingSchemas, typeNamesIn, typesOf } from './schema.js'
import type { Bindings, Schema, StructureDefinition } from './schema.js'
import { maxFaults, newBudget } from './scope.js'
import type { Question } from './scope.js'

/**
 * Validates resources against R4's own definitions: known elements only, their number, their form, the codes of
 * required bindings, the narrative. A type is compiled when its first resource comes, with the data types it uses, once.
 * Resources inside a resource are validated by the type they name.
 */
export interface Validator {
  /** @returns the faults of a resource, none if it is valid, `maxFaults` at most */
  validate (resource: unknown, profiles?: AskedProfiles): readonly Fault[]
  /** Compiles the validators of some types and of all that they are made of now, so that no request waits for it. */
  compile (types: readonly string[]): void
}

/** Profiles beside those that the resource claims, and claims that are not asked again. */
export interface AskedProfiles { readonly asked?: readonly string[], readonly kept?: readonly string[] }

/** One more thing to ask of a resource whose structure is right: whether it is what it claims to be. */
export type Check = (resource: Readonly<Record<string, unknown>>, profiles: AskedProfiles) => readonly Fault[]

/** @param bindings the codes of the value sets to hold required bindings against; others are not looked at */
export function createValidator (
  structureDefinitions: readonly StructureDefinition[], bindings: Bindings = {}, checks: readonly Check[] = []
): Validator {
  const types = typesOf(structureDefinitions)
  const schemas = new Map<string, Schema>()
  const validators = new Map<string, ValidateFunction>()
  const holds = createConditions()
  const named = typeNamesIn(structureDefinitions)
  const isType = (name: string) => named.has(name)
  let budget = newBudget()
  let holder = createHolder(undefined, isType)
  let questions: Question[] = []
  // No stranger hands in a schema: they are made here, so ajv need not look for faults in them.
  const ajv = new Ajv({ allErrors: true, meta: false, validateSchema: false, validateFormats: false, strict: false, addUsedSchema: false, messages: false, logger: false })
  addKeywords(ajv, {
    bindings,
    partOf,
    resourceOf,
    budget: () => budget,
    holder: () => holder,
    apart (resource, validate) {
      const around = holder
      holder = createHolder(resource, isType)
      try {
        return validate()
      } finally {
        holder = around
      }
    },
    ask: question => { if (questions.length <= maxConditions) questions.push(question) }
  })
  for (const schema of siblingSchemas) addSchema(schema)

  function resourceOf (type: string): ValidateFunction | undefined {
    const definition = types.get(type)
    return definition?.kind === 'resource' && definition.abstract !== true ? partOf(type) : undefined
  }

  function partOf (id: string): ValidateFunction {
    const known = validators.get(id)
    if (known !== undefined) return known
    const definition = types.get(id)
    if (definition !== undefined) schemasOf(definition, bindings).forEach(addSchema)
    const validator = ajv.getSchema(id)
    if (validator === undefined) throw new Error(`There is no definition of ${id}`)
    validators.set(id, validator)
    return validator
  }

  function addSchema (schema: Schema): void {
    schemas.set(String(schema['$id']), schema)
    ajv.addSchema(schema)
  }

  /** The conditions that do not hold, as errors. */
  function unanswered (): readonly FoundError[] {
    if (questions.length > maxConditions) return [errorAt('', 'too-costly', 'The resource has too many parts of which R4 asks something')]
    return questions.filter(({ condition, value, resource }) => !holds(condition, value, resource))
      .map(({ place, diagnostics }) => errorAt(place, 'invariant', diagnostics))
  }

  return {
    validate (resource, profiles = {}) {
      const validator = resourceOf(typeNameOf(resource))
      if (validator === undefined) return [unknownType(resource)]
      budget = newBudget()
      holder = createHolder(resource, isType)
      questions = []
      const isRight = validator(resource)
      const errors = isRight ? unanswered() : validator.errors ?? []
      if (errors.length > 0) return errors.slice(0, maxFaults).map(error => toFault(error, resource, schemas))
      return checks.flatMap(check => check(resource as Readonly<Record<string, unknown>>, profiles)).slice(0, maxFaults)
    },
    compile (names) {
      const waiting = names.filter(name => resourceOf(name) !== undefined)
      const done = new Set<string>()
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (done.size === done.add(id).size) continue
        partOf(id)
        waiting.push(...partsOf(schemas.get(id)))
      }
    }
  }
}

function errorAt (instancePath: string, code: FaultCode, diagnostics: string): FoundError {
  return { keyword: 'element', instancePath, params: { code, diagnostics } }
}

function unknownType (resource: unknown): Fault {
  return typeNameOf(resource) === ''
    ? { diagnostics: 'The element resourceType is required', expression: 'Resource', code: 'required' }
    : { diagnostics: 'This type of resource is not known here', expression: 'Resource', code: 'structure' }
}
