/** `ConceptMap/$translate` (R4 conceptmap-operation-translate.html): what the maps that are loaded say of a code. */
import type { ConceptMap } from '@medplum/fhirtypes'
import type { Parameter } from '../interaction/answer.js'
import type { Match } from '../terminology/concept-map.js'
import type { Terms } from '../terminology/terms.js'
import { codesIn } from './coding.js'
import type { CodeAsked } from './coding.js'
import { definitionIn, needed, parameter, short, text, unknown } from './terminology.js'
import type { Input, TermOperation } from './terminology.js'

/** What says that there is no target. */
const NONE: readonly string[] = ['unmatched', 'disjoint']

export const translate: TermOperation = {
  name: 'translate',
  parameters: ['url', 'conceptMapVersion', 'code', 'system', 'version', 'source', 'coding', 'codeableConcept', 'target', 'targetsystem'],
  work: input => {
    const { terms } = input
    const named = definitionIn(input, 'conceptMapVersion', terms.conceptMap)?.definition
    const codes = codesIn(input)
    const bare = codes.find(({ system }) => system === undefined)
    if (bare !== undefined) throw needed(bare.systemPlace, 'Of which code system the code is')
    const maps = mapsOf(input, named)
    const matches = codes.flatMap(asked => maps.flatMap(map => terms.translate(map, tokenOf(terms, asked)))).filter(isWanted(input))
    const isFound = matches.some(({ equivalence }) => !NONE.includes(equivalence))
    return {
      kind: 'parameters',
      parameters: [
        parameter('result', { valueBoolean: isFound }),
        ...isFound ? [] : [parameter('message', { valueString: messageOf(terms, codes, matches) })],
        ...matches.map(match => matchOf(terms, match))
      ]
    }
  }
}

function tokenOf (terms: Terms, { system = '', code }: CodeAsked): string {
  return `${terms.codeSystem(system)?.url ?? system}|${code}`
}

/** The map that is named, or all; of the source that is asked for, where a map says what its source is. */
function mapsOf (input: Input, named: ConceptMap | undefined): readonly ConceptMap[] {
  const source = text(input, 'source')
  const maps = named === undefined ? input.terms.definitions.filter(each => each.resourceType === 'ConceptMap') : [named]
  return maps.filter(({ sourceUri, sourceCanonical }) => source === undefined || (sourceUri ?? sourceCanonical ?? source) === source)
}

/** Of the code system, and in the value set, that is asked for. */
function isWanted (input: Input): (match: Match) => boolean {
  const system = text(input, 'targetsystem')
  const name = text(input, 'target')
  const target = name === undefined ? undefined : input.terms.valueSet(name)
  if (name !== undefined && target === undefined) throw unknown({ place: input.one('target')?.place ?? 'target' }, `The value set \`${short(name)}\` is not known here`)
  return match => (system === undefined || match.system === system) &&
    (target === undefined || match.code === undefined || input.terms.holds(target, `${match.system}|${match.code}`) === true)
}

function messageOf (terms: Terms, codes: readonly CodeAsked[], matches: readonly Match[]): string {
  if (matches.length > 0) return 'The map says that the code has no target'
  const stranger = codes.find(({ system = '' }) => terms.codeSystem(system) === undefined)
  return `No map that is known here names the code${stranger === undefined ? '' : `; the code system \`${short(stranger.system ?? '')}\` is not known here`}`
}

function matchOf (terms: Terms, { equivalence, system, code, display, map: { url, version } }: Match): Parameter {
  const called = display ?? terms.concept(`${system}|${code}`)?.display
  return {
    name: 'match',
    parts: [
      parameter('equivalence', { valueCode: equivalence }),
      ...code === undefined ? [] : [parameter('concept', { valueCoding: { system, code, ...called === undefined ? {} : { display: called } } })],
      parameter('source', { valueUri: version === undefined ? url : `${url}|${version}` })
    ]
  }
}
