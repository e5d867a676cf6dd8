import type { Parameter } from '../interaction/answer.js'
import type { Kept } from '../interaction/store.js'
import { stringifyJson } from '../json/literal.js'
import { parseJson } from '../json/parse.js'

/** The versions that are named, or of which something is told: each of them is decided on before it is. */
export function versionsIn (parameters: readonly Parameter[]): readonly Kept[] {
  return parameters.flatMap(parameter => 'version' in parameter
    ? [parameter.version]
    : 'metaOf' in parameter ? [parameter.metaOf] : 'parts' in parameter ? versionsIn(parameter.parts) : [])
}

/**
 * A Parameters resource; of a version it names type and id alone, or tells its `meta`.
 * @param view a version as its reader may see it
 */
export async function toParameters (parameters: readonly Parameter[], view: (version: Kept) => Promise<string>): Promise<string> {
  const list = await Promise.all(parameters.map(async parameter => await toParameter(parameter, view)))
  return stringifyJson({ resourceType: 'Parameters', ...list.length === 0 ? {} : { parameter: list } })
}

async function toParameter (parameter: Parameter, view: (version: Kept) => Promise<string>): Promise<object> {
  const { name } = parameter
  if ('version' in parameter) return { name, valueReference: { reference: `${parameter.version.type}/${parameter.version.id}` } }
  if ('metaOf' in parameter) return { name, valueMeta: (parseJson(Buffer.from(await view(parameter.metaOf))) as { meta: object }).meta }
  return 'parts' in parameter
    ? { name, part: await Promise.all(parameter.parts.map(async part => await toParameter(part, view))) }
    : { name, ...parameter.value }
}
