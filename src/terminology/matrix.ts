import type { ConceptMap } from '@medplum/fhirtypes'
import { MATRIX, RESOURCE_TO_DOCUMENT_TYPE } from './canonical.js'

/**
 * The habilitation matrix: which profession may read which type of document (`consent.md` 4, rule 12).
 *
 * A version is a ConceptMap: from a profession to a type, `relatedto` may read, `disjoint` may not. What has no cell is
 * not readable, an unknown profession reads nothing, and before the first version nobody reads anything. A version is
 * in force from the start of its `resource-effectivePeriod` to its end, if it has one, or to the next version's start.
 * Only `active` maps count. The comment of a cell says where it comes from; `synthetic` ones are ours.
 */
export interface Matrix {
  readonly version: string
  /** The professions that it knows, `system|code`; any other reads nothing. */
  readonly professions: readonly string[]
  /** The types that a profession may read; both are `system|code`. The set is frozen, and the same at each call. */
  readonly readableTypes: (profession: string) => ReadonlySet<string>
  /** Whether a document of these type codings is readable: each of them must be, and there must be one. */
  readonly isReadable: (profession: string, types: readonly string[]) => boolean
}

const EFFECTIVE_PERIOD = 'http://hl7.org/fhir/StructureDefinition/resource-effectivePeriod'
const RESOURCE_TYPES = 'http://hl7.org/fhir/resource-types'
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

const nothing = freezeSet([])
const closed: Matrix = createMatrix('none', new Map())

interface Edition { readonly matrix: Matrix, readonly start: number, readonly end: number }

/**
 * Computes every version once.
 * @param maps those of the terminology; the ones with the url of the matrix are read
 * @returns the matrix in force at an instant (ms)
 * @throws Error where there is no version, or one cannot be understood in full
 */
export function createMatrixAt (maps: readonly ConceptMap[]): (instant: number) => Matrix {
  const editions = maps.filter(({ url, status }) => url === MATRIX && status === 'active').map(readEdition)
    .sort((left, right) => left.start - right.start)
  if (editions.length === 0) throw new Error(`${MATRIX}: no active version`)
  editions.forEach(({ matrix, start }, index) => {
    if (editions[index + 1]?.start === start) throw new Error(`${MATRIX}|${matrix.version}: another version starts with it`)
  })
  return instant => {
    const edition = editions.findLast(({ start }) => start <= instant)
    return edition !== undefined && instant <= edition.end ? edition.matrix : closed
  }
}

function readEdition (map: ConceptMap): Edition {
  const name = `${map.url}|${map.version}`
  const period = map.extension?.find(({ url }) => url === EFFECTIVE_PERIOD)?.valuePeriod
  const start = instantOf(name, period?.start)
  const end = period?.end === undefined ? Infinity : instantOf(name, period.end)
  return { matrix: createMatrix(map.version ?? '', readCells(map, name)), start, end }
}

function readCells (map: ConceptMap, name: string): ReadonlyMap<string, ReadonlySet<string>> {
  const readable = new Map<string, string[]>()
  const seen = new Set<string>()
  for (const { source, target: typeSystem, element } of map.group ?? []) {
    for (const { code, target } of element ?? []) {
      const profession = `${source}|${code}`
      const types = readable.get(profession) ?? []
      for (const cell of target ?? []) {
        const type = `${typeSystem}|${cell.code}`
        const key = `${profession} ${type}`
        if (cell.equivalence !== 'relatedto' && cell.equivalence !== 'disjoint') throw new Error(`${name}: ${key}: ${cell.equivalence} is no answer`)
        if (seen.has(key)) throw new Error(`${name}: ${key} has two cells`)
        seen.add(key)
        if (cell.equivalence === 'relatedto') types.push(type)
      }
      readable.set(profession, types)
    }
  }
  return new Map([...readable].map(([profession, types]) => [profession, freezeSet(types)]))
}

function createMatrix (version: string, readable: ReadonlyMap<string, ReadonlySet<string>>): Matrix {
  const readableTypes = (profession: string) => readable.get(profession) ?? nothing
  return Object.freeze({
    version,
    professions: Object.freeze([...readable.keys()]),
    readableTypes,
    isReadable: (profession: string, types: readonly string[]) => {
      const allowed = readableTypes(profession)
      return types.length > 0 && types.every(type => allowed.has(type))
    }
  })
}

/** A day without a zone would begin at another instant elsewhere: only full instants are taken. */
function instantOf (name: string, text: string | undefined): number {
  const instant = text !== undefined && INSTANT.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(instant)) throw new Error(`${name}: its effective period has no instant ${text ?? ''}`)
  return instant
}

function freezeSet (values: readonly string[]): ReadonlySet<string> {
  const refuse = (): never => { throw new TypeError('The matrix does not change') }
  return Object.freeze(Object.assign(new Set(values), { add: refuse, delete: refuse, clear: refuse }))
}

/**
 * The types as which the matrix judges a resource that is no document; all of them must be readable.
 * @param maps those of the terminology
 * @returns for the name of a resource type its `system|code`s; none for a type that the table does not know
 */
export function createJudgedAs (maps: readonly ConceptMap[]): (resourceType: string) => readonly string[] {
  const active = maps.filter(({ url, status }) => url === RESOURCE_TO_DOCUMENT_TYPE && status === 'active')
  const [map] = active
  if (map === undefined || active.length > 1) throw new Error(`${RESOURCE_TO_DOCUMENT_TYPE}: one active version is needed`)
  const types = new Map<string, readonly string[]>()
  for (const { source, target: system, element } of map.group ?? []) {
    if (source !== RESOURCE_TYPES) throw new Error(`${RESOURCE_TO_DOCUMENT_TYPE}: ${source} is not ${RESOURCE_TYPES}`)
    for (const { code = '', target } of element ?? []) {
      types.set(code, Object.freeze([...types.get(code) ?? [], ...(target ?? []).map(cell => `${system}|${cell.code}`)]))
    }
  }
  const none = Object.freeze<string[]>([])
  return resourceType => types.get(resourceType) ?? none
}
