/** Searches by each declared parameter: what is searched by a value that a resource has must find it, and what excludes it must not. */
import type { CapabilityStatementRestResourceSearchParam } from '@medplum/fhirtypes'
import { inMode, issueOf, searchset } from './bundle.js'
import type { Json } from './client.js'
import type { Case, Reply } from './exam.js'
import { encoded } from './found.js'
import type { Subject } from './subject.js'
import { waysOf } from './value.js'
import type { Way } from './value.js'

export const STRICT = { headers: { prefer: 'handling=strict' } }
const KINDS_WITH_PREFIX: readonly (string | undefined)[] = ['date', 'number', 'quantity']

export async function parameters (subject: Subject): Promise<void> {
  for (const declared of subject.resource.searchParam ?? []) await parameter(subject, declared)
}

/** The query of a search bound to where the type is found. */
export function queryOf ({ found }: Subject, pairs: readonly (readonly [name: string, value: string])[]): string {
  const names = pairs.map(([name]) => name.replace(/[:.].*/, ''))
  return encoded([...found.within.filter(([name]) => !names.includes(name)), ...pairs])
}

async function parameter (subject: Subject, { name = '', type: kind, definition: url = '', documentation = '' }: CapabilityStatementRestResourceSearchParam): Promise<void> {
  const { exam, resource: { type }, definitions, found } = subject
  const definition = definitions.get(url)
  // Some servers say which modifiers they take: then these must work, and no others.
  const said = /Modifiers: ([^.]*)\./.exec(documentation)?.[1]?.split(', ')
  const resource = definition === undefined ? undefined : (found.resources as readonly Json[]).find(each => waysOf(definition, each, definitions).length > 2) ?? found.resources[0]
  const ways = definition === undefined || resource === undefined ? [] : waysOf(definition, resource as Json, definitions)
  await exam.case(type, `search by ${name}`, async check => {
    const mine = ways.filter(({ modifier }) => modifier === undefined)
    if (mine.length === 0) check.skip(resource === undefined ? 'nothing of this type was found' : definition === undefined ? 'its definition is not known' : 'nothing that was found has a value that can be asked for')
    for (const way of mine) await look(check, subject, { name, way, id: String(resource?.id) })
  })
  for (const modifier of new Set(ways.flatMap(way => way.modifier ?? []))) {
    const isType = /^[A-Z]/.test(modifier)
    const isSaid = said === undefined || said.includes(isType ? '[type]' : modifier)
    await exam.case(type, `search by ${name}:${modifier}`, async check => {
      for (const way of ways.filter(each => each.modifier === modifier)) {
        if (isSaid) await look(check, subject, { name, way, id: String(resource?.id), isOptional: said === undefined })
        else check.refused(await check.ask('GET', `/${type}?${queryOf(subject, [[`${name}:${modifier}`, way.value]])}`, STRICT), 400)
      }
    })
  }
  await exam.case(type, `search by ${name}: what makes no sense is refused`, async check => {
    const refuse = async (given: string, value: string) => { check.refused(await check.ask('GET', `/${type}?${queryOf(subject, [[given, value]])}`, STRICT), 400) }
    await refuse(`${name}:nonsense`, 'x')
    await refuse(`${name}:missing`, 'perhaps')
    if (KINDS_WITH_PREFIX.includes(kind)) await refuse(name, 'nonsense')
    if (KINDS_WITH_PREFIX.includes(kind)) await refuse(name, 'zz1')
  })
}

interface Look { readonly name: string, readonly way: Way, readonly id: string, readonly isOptional?: boolean }

async function look (check: Case, subject: Subject, { name, way: { modifier, value, isFound }, id, isOptional = false }: Look): Promise<void> {
  const { type } = subject.resource
  const asked = `${name}${modifier === undefined ? '' : `:${modifier}`}`
  const pairs = [[asked, value], ...name === '_id' ? [] : [['_id', id]]] as const
  // The id binds it to one page; that it goes together with the parameter is R4's own rule.
  const reply = await check.ask('GET', `/${type}?${queryOf(subject, pairs as readonly (readonly [string, string])[])}`, STRICT)
  if (isOptional && reply.status === 400) return
  if (reply.status === 400 && issueOf(reply) === 'too-costly') check.skip('too costly for this server')
  searchset(check, reply, type)
  check.that(holds(reply, id) === isFound, `${asked}=${value} ${isFound ? 'does not find' : 'finds'} what ${isFound ? 'has it' : 'it excludes'} (${id})`)
}

export const holds = (reply: Reply, id: string): boolean => inMode(reply, 'match').some((each: Json) => each?.id === id)
