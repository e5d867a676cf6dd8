import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes'

/** Whether the CapabilityStatement declares an interaction, or a conditional one, of a type. */
export function declarationsOf (statement: CapabilityStatement): (type: string, code: string) => boolean {
  const declared = new Set((statement.rest?.[0]?.resource ?? []).flatMap(resource =>
    [...(resource.interaction ?? []).map(({ code }) => code as string), ...conditionalsOf(resource)].map(code => `${resource.type} ${code}`)))
  return (type, code) => declared.has(`${type} ${code}`)
}

/** The conditional interactions of a type; R4 has no flag of its own for a conditional patch: `conditionalUpdate` is both. */
export function conditionalsOf ({ conditionalCreate, conditionalUpdate, conditionalDelete }: CapabilityStatementRestResource): readonly string[] {
  return [
    ...conditionalCreate === true ? ['conditionalCreate'] : [],
    ...conditionalUpdate === true ? ['conditionalUpdate'] : [],
    ...conditionalDelete === 'single' ? ['conditionalDelete'] : []
  ]
}
