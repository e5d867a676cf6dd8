import type { CodeSystem, CodeSystemConcept, CodeSystemConceptDesignation, CodeSystemConceptProperty } from '@medplum/fhirtypes'

/** One concept of a code system, and where it stands there. Tokens are `system|code`. */
export interface Concept {
  readonly token: string
  readonly system: CodeSystem
  readonly code: string
  readonly display: string | undefined
  readonly definition: string | undefined
  readonly designation: readonly CodeSystemConceptDesignation[]
  readonly property: readonly CodeSystemConceptProperty[]
  /** Not to be used any more; and a heading, which is not to be used itself. */
  readonly isInactive: boolean
  readonly isAbstract: boolean
  /** The codes directly above and below it, whatever the hierarchy means. */
  readonly parent: string | undefined
  readonly children: readonly string[]
  /** The tokens that subsume it, and those that it subsumes; itself first. */
  readonly above: readonly string[]
  readonly below: readonly string[]
}

/** Concepts under others are subsumed by them, unless their system means another hierarchy by it. */
export function conceptsByToken (systems: readonly CodeSystem[]): ReadonlyMap<string, Concept> {
  const known = new Map<string, Concept>()
  for (const system of systems) {
    const isSubsumption = (system.hierarchyMeaning ?? 'is-a') === 'is-a'
    const visit = (each: CodeSystemConcept, parent: Concept | undefined): readonly string[] => {
      const token = `${system.url ?? ''}|${each.code ?? ''}`
      const below = [token]
      const concept: Concept = {
        token,
        system,
        code: each.code ?? '',
        display: each.display,
        definition: each.definition,
        designation: each.designation ?? [],
        property: each.property ?? [],
        isInactive: isInactive(each),
        isAbstract: each.property?.some(({ code, valueBoolean }) => code === 'notSelectable' && valueBoolean === true) === true,
        parent: parent?.code,
        children: (each.concept ?? []).map(({ code = '' }) => code),
        above: isSubsumption && parent !== undefined ? [token, ...parent.above] : [token],
        below
      }
      known.set(token, concept)
      const under = (each.concept ?? []).flatMap(child => visit(child, concept))
      if (isSubsumption) below.push(...under)
      return below
    }
    for (const each of system.concept ?? []) visit(each, undefined)
  }
  return known
}

/** R4 codesystem-concept-properties.html: `inactive`, or a `status` that says so. */
function isInactive ({ property = [] }: CodeSystemConcept): boolean {
  return property.some(({ code, valueBoolean, valueCode }) =>
    (code === 'inactive' && valueBoolean === true) || (code === 'status' && ['retired', 'inactive'].includes(valueCode ?? '')))
}

/** What a concept is called in a language (BCP 47; the first part counts), as far as its system says; else as its system does. */
export function displayIn ({ system, display, designation }: Pick<Concept, 'system' | 'display' | 'designation'>, language: string | undefined): string | undefined {
  if (language === undefined || isOf(system.language ?? 'en', language)) return display
  return designation.find(({ language: other = '', value }) => value !== undefined && isOf(other, language))?.value ?? display
}

function isOf (one: string, other: string): boolean {
  return one.split('-')[0]?.toLowerCase() === other.split('-')[0]?.toLowerCase()
}
