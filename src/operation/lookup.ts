/** `CodeSystem/$lookup` (R4 codesystem-operation-lookup.html): what a code system says of one of its codes. */
import type { CodeSystemConceptDesignation } from '@medplum/fhirtypes'
import type { Parameter } from '../interaction/answer.js'
import { displayIn } from '../terminology/concept.js'
import type { Concept } from '../terminology/concept.js'
import type { Terms } from '../terminology/terms.js'
import { codesIn } from './coding.js'
import type { CodeAsked } from './coding.js'
import { textIn } from './input.js'
import { needed, parameter, short, text, unknown } from './terminology.js'
import type { TermOperation } from './terminology.js'

export const lookup: TermOperation = {
  name: 'lookup',
  parameters: ['code', 'system', 'version', 'coding', 'displayLanguage', 'property'],
  repeated: ['property'],
  work: input => {
    const { terms } = input
    const [asked] = codesIn(input)
    const concept = asked === undefined ? undefined : conceptOf(terms, asked)
    if (concept === undefined) throw needed('code', 'Which code is asked about')
    const language = text(input, 'displayLanguage')
    const wanted = input.all('property').map(textIn)
    const { system } = concept
    const display = displayIn(concept, language)
    return {
      kind: 'parameters',
      parameters: [
        parameter('name', { valueString: system.name ?? system.title ?? system.url ?? '' }),
        ...system.version === undefined ? [] : [parameter('version', { valueString: system.version })],
        ...display === undefined ? [] : [parameter('display', { valueString: display })],
        ...concept.designation.filter(each => isWanted(wanted, 'designation', `lang.${each.language ?? ''}`)).map(designationOf),
        ...propertiesOf(concept, wanted)
      ]
    }
  }
}

/** @throws OutcomeError that says whether it is the system or the code that is not known */
export function conceptOf (terms: Terms, { system: name, version, code, place, systemPlace }: CodeAsked): Concept {
  if (name === undefined) throw needed(systemPlace, 'Of which code system the code is')
  const system = terms.codeSystem(name)
  if (system === undefined) throw unknown({ place: systemPlace }, `The code system \`${short(name)}\` is not known here`)
  if (version !== undefined && version !== system.version) throw unknown({ place: systemPlace }, 'The code system is not known here in this version')
  const concept = terms.concept(`${system.url}|${code}`)
  if (concept !== undefined) return concept
  throw unknown({ place }, system.content === 'complete' ? 'The code is not one of its code system' : 'The code is not known here: of its code system only a part is')
}

/** All that is there, or what is asked for by name. */
function isWanted (wanted: readonly string[], ...names: readonly string[]): boolean {
  return wanted.length === 0 || names.some(name => wanted.includes(name))
}

function designationOf ({ language, use, value }: CodeSystemConceptDesignation): Parameter {
  return {
    name: 'designation',
    parts: [
      ...language === undefined ? [] : [parameter('language', { valueCode: language })],
      ...use === undefined ? [] : [parameter('use', { valueCoding: use })],
      parameter('value', { valueString: value })
    ]
  }
}

/** Those that R4 defines for every system, and the system's own. */
function propertiesOf ({ system, definition, parent, children, isInactive, property }: Concept, wanted: readonly string[]): readonly Parameter[] {
  const common: readonly (readonly [code: string, value: Readonly<Record<string, unknown>>])[] = [
    ...definition === undefined ? [] : [['definition', { valueString: definition }] as const],
    ...parent === undefined ? [] : [['parent', { valueCode: parent }] as const],
    ...children.map(child => ['child', { valueCode: child }] as const),
    ...isInactive ? [['inactive', { valueBoolean: true }] as const] : [],
    // R4 names it among the properties; it is told to who asks for it by name.
    ...wanted.includes('system') ? [['system', { valueUri: system.url }] as const] : []
  ]
  const own = property.filter(({ code }) => code !== 'inactive').map(({ code = '', ...value }) => [code, value] as const)
  return [...common, ...own].filter(([code]) => isWanted(wanted, code))
    .map(([code, value]) => ({ name: 'property', parts: [parameter('code', { valueCode: code }), parameter('value', value)] }))
}
