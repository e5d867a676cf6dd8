import type { Address, CodeableConcept, Coding, ContactPoint, HumanName, Identifier, Period, Reference } from '@medplum/fhirtypes'
import type { Parameter, Registry } from '../../src/search/parameter.js'
import type { Resource } from '../../src/search/path.js'

/** For each declared parameter of a type that one of `resources` has a value for: a query that finds that resource. */
export function questionsOf (registry: Registry, type: string, resources: readonly object[]): readonly (readonly [code: string, value: string])[] {
  return registry.parametersOf(type).flatMap(parameter => {
    const text = resources.map(resource => textFrom(parameter, resource as Resource)).find(found => found !== undefined)
    return text === undefined ? [] : [[parameter.code, text] as const]
  })
}

function textFrom (parameter: Parameter, resource: Resource): string | undefined {
  let text: string | undefined
  parameter.walk(resource, (value, type) => { text ??= textOf(value, type, parameter) })
  return text?.replace(/[\\,|$]/g, '\\$&').replaceAll('\\|\\|', '|')
}

/** `||` stands for the bar of a token. */
function textOf (value: unknown, type: string, { type: kind }: Parameter): string | undefined {
  switch (type) {
    case 'CodeableConcept': return codingText((value as CodeableConcept).coding?.[0])
    case 'Coding': return codingText(value as Coding)
    case 'Identifier': return `${(value as Identifier).system ?? ''}||${(value as Identifier).value ?? ''}`
    case 'ContactPoint': return (value as ContactPoint).value
    case 'Reference': return (value as Reference).reference?.startsWith('#') === false ? (value as Reference).reference : undefined
    case 'Period': return (value as Period).start
    case 'HumanName': return (value as HumanName).family
    case 'Address': return (value as Address).city
    default: return typeof value === 'object' ? undefined : kind === 'string' ? String(value).slice(0, 30) : String(value)
  }
}

function codingText (coding: Coding | undefined): string | undefined {
  return coding?.code === undefined ? undefined : `${coding.system ?? ''}||${coding.code}`
}
