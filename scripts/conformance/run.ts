/**
 * Asks any FHIR R4 server whether it does what its CapabilityStatement declares, and refuses what it does not: all that is
 * asked is made of /metadata and of what the server itself has, found by searches first.
 */
import type { CapabilityStatement, SearchParameter } from '@medplum/fhirtypes'
import pLimit from 'p-limit'
import { jsonOf } from './client.js'
import type { Send } from './client.js'
import { Exam } from './exam.js'
import type { Result } from './exam.js'
import { seek } from './found.js'
import { manners } from './manner.js'
import { reads } from './read.js'
import { parameters } from './search.js'
import { definitionsOn, operations, undeclared, wholeServer } from './server.js'
import { codesOf } from './subject.js'
import type { Subject } from './subject.js'
import { readDefinitions } from './value.js'
import { writes } from './write.js'

export interface Run {
  readonly send: Send
  /** Only these types, where some are named. */
  readonly types?: readonly string[]
  /** The ids of patients in whose records it looks. */
  readonly patients?: readonly string[]
  readonly isWriting?: boolean
  readonly tell?: (result: Result) => void
}

const AT_ONCE = 3

/** @throws Error when there is no CapabilityStatement of R4 */
export async function run ({ send, types = [], patients = [], isWriting = false, tell }: Run): Promise<readonly Result[]> {
  const statement = jsonOf(await send('GET', '/metadata')) as CapabilityStatement | undefined
  if (statement?.resourceType !== 'CapabilityStatement' || !/^4\.0/.test(statement.fhirVersion ?? '')) throw new Error('There is no CapabilityStatement of FHIR R4 at /metadata')
  const exam = new Exam(send, tell)
  const declared = (statement.rest?.find(({ mode }) => mode === 'server')?.resource ?? []).filter(({ type }) => types.length === 0 || types.includes(type))
  const definitions = await definitionsFor(send, declared.flatMap(({ searchParam = [] }) => searchParam.map(({ definition = '' }) => definition)))
  const found = await seek(send, declared.filter(each => codesOf(each).includes('search-type')).map(({ type, searchParam = [] }) => [type, searchParam.map(({ name = '' }) => name)]), patients)
  const subjects = declared.map((resource): Subject => ({ exam, resource, codes: codesOf(resource), found: found.get(resource.type) ?? { resources: [], within: [] }, definitions }))
  const definitionOf = definitionsOn(send)
  const limit = pLimit(AT_ONCE)
  await Promise.all(subjects.map(async subject => await limit(async () => {
    await reads(subject)
    if (subject.codes.includes('search-type')) {
      await parameters(subject)
      await manners(subject)
    }
    await undeclared(subject)
    await operations(subject, definitionOf)
  })))
  await wholeServer(exam, statement, subjects)
  // Last: what is found is found before anything is written.
  if (isWriting) for (const subject of subjects) await writes(subject)
  return exam.results
}

/** R4's, and what the server has of those that it declares besides. */
async function definitionsFor (send: Send, urls: readonly string[]): Promise<ReadonlyMap<string, SearchParameter>> {
  const definitions = readDefinitions()
  for (const url of new Set(urls)) {
    const [, id] = /\/SearchParameter\/([\w.-]+)$/.exec(url) ?? []
    if (definitions.has(url) || id === undefined) continue
    const answer = await send('GET', `/SearchParameter/${id}`)
    const definition = answer.status === 200 ? jsonOf(answer) : undefined
    if (definition?.url === url) definitions.set(url, definition as SearchParameter)
  }
  return definitions
}
