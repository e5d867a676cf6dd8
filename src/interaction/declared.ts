import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes'

const WEBSOCKET = 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket'

/** The statement of a server that serves websockets, which says where. */
export function withSockets (statement: CapabilityStatement, url: string): CapabilityStatement {
  const [first, ...others] = statement.rest ?? []
  if (first === undefined) return statement
  return { ...statement, rest: [{ ...first, extension: [...first.extension ?? [], { url: WEBSOCKET, valueUri: url }] }, ...others] }
}

/** Whether the CapabilityStatement declares an interaction, or a conditional one, of a type. */
export function declarationsOf (statement: CapabilityStatement): (type: string, code: string) => boolean {
  const declared = new Set((statement.rest?.[0]?.resource ?? []).flatMap(resource =>
    [...(resource.interaction ?? []).map(({ code }) => code as string), ...conditionalsOf(resource)].map(code => `${resource.type} ${code}`)))
  return (type, code) => declared.has(`${type} ${code}`)
}

/** Where R4 publishes the definitions of its own operations. */
const PUBLISHED = 'http://hl7.org/fhir/OperationDefinition/'

/** @throws Error at start for an operation whose definition is neither there nor R4's */
export function checkOperations (statement: CapabilityStatement, definitions: ReadonlySet<string>): void {
  for (const { type, operation = [] } of statement.rest?.[0]?.resource ?? []) {
    const unknown = operation.find(({ name, definition }) => !definitions.has(definition) && definition !== `${PUBLISHED}${type}-${name}`)
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
