import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes'
import { CANONICAL_BASE } from '../terminology/canonical.js'

const WEBSOCKET = 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket'

/** The statement of a server that serves websockets, which says where. */
export function withSockets (statement: CapabilityStatement, url: string): CapabilityStatement {
  const [first, ...others] = statement.rest ?? []
  if (first === undefined) return statement
  return { ...statement, rest: [{ ...first, extension: [...first.extension ?? [], { url: WEBSOCKET, valueUri: url }] }, ...others] }
}

/** What is read as it is written in `profiles/`: a part of the server, kept in no database and seen without a token. */
export const DEFINITION_TYPES: readonly string[] = ['OperationDefinition', 'SearchParameter', 'StructureDefinition']

/** What a statement declares of resources that are kept. */
export function keptOf (statement: CapabilityStatement): CapabilityStatement {
  return { ...statement, rest: (statement.rest ?? []).map(rest => ({ ...rest, resource: (rest.resource ?? []).filter(({ type }) => !DEFINITION_TYPES.includes(type)) })) }
}

/** Whether the CapabilityStatement declares an interaction, or a conditional one, of a type. */
export function declarationsOf (statement: CapabilityStatement): (type: string, code: string) => boolean {
  const declared = new Set((statement.rest?.[0]?.resource ?? []).flatMap(resource =>
    [...(resource.interaction ?? []).map(({ code }) => code as string), ...conditionalsOf(resource)].map(code => `${resource.type} ${code}`)))
  return (type, code) => declared.has(`${type} ${code}`)
}

/** @throws Error at start for an operation of our own whose definition is not there; those of others are published by them */
export function checkOperations (statement: CapabilityStatement, definitions: ReadonlySet<string>): void {
  for (const { type, operation = [] } of statement.rest?.[0]?.resource ?? []) {
    const unknown = operation.find(({ definition }) => definition.startsWith(CANONICAL_BASE) && !definitions.has(definition))
    if (unknown !== undefined) throw new Error(`capability-statement.json declares ${type} $${unknown.name}, whose definition ${unknown.definition} is not there`)
  }
}

/** The conditional interactions of a type; R4 has no flag of its own for a conditional patch: `conditionalUpdate` is both. */
export function conditionalsOf (resource: CapabilityStatementRestResource): readonly string[] {
  const { conditionalCreate, conditionalUpdate, conditionalDelete = 'not-supported', interaction = [] } = resource
  if (!['not-supported', 'single'].includes(conditionalDelete)) throw new Error(`capability-statement.json declares ${resource.type} conditionalDelete ${conditionalDelete}, which is not built`)
  return [
    ...conditionalCreate === true ? ['conditionalCreate'] : [],
    ...conditionalUpdate === true && interaction.some(({ code }) => code === 'update') ? ['conditionalUpdate'] : [],
    ...conditionalUpdate === true && interaction.some(({ code }) => code === 'patch') ? ['conditionalPatch'] : [],
    ...conditionalDelete === 'single' ? ['conditionalDelete'] : []
  ]
}
