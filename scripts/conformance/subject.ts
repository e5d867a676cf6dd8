import type { CapabilityStatementRestResource, SearchParameter } from '@medplum/fhirtypes'
import type { Exam } from './exam.js'
import type { Found } from './found.js'

/** One declared type, and what there is to ask of it. */
export interface Subject {
  readonly exam: Exam
  readonly resource: CapabilityStatementRestResource
  /** Its interactions. */
  readonly codes: readonly string[]
  readonly found: Found
  readonly definitions: ReadonlyMap<string, SearchParameter>
}

export const codesOf = ({ interaction = [] }: CapabilityStatementRestResource): readonly string[] => interaction.map(({ code = '' }) => code as string)
