import type { Parameter } from '../interaction/answer.js'
import type { Kept } from '../interaction/store.js'

/** The versions that are named: each of them is decided on before it is. */
export function versionsIn (parameters: readonly Parameter[]): readonly Kept[] {
  return parameters.flatMap(parameter => 'version' in parameter ? [parameter.version] : 'parts' in parameter ? versionsIn(parameter.parts) : [])
}

/** A Parameters resource; of a version it names type and id alone. */
export function toParameters (parameters: readonly Parameter[]): string {
  return JSON.stringify({ resourceType: 'Parameters', ...parameters.length === 0 ? {} : { parameter: parameters.map(toParameter) } })
}

function toParameter (parameter: Parameter): object {
  const { name } = parameter
  if ('version' in parameter) return { name, valueReference: { reference: `${parameter.version.type}/${parameter.version.id}` } }
  return 'parts' in parameter ? { name, part: parameter.parts.map(toParameter) } : { name, ...parameter.value }
}
