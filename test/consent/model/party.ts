import { APPLICATION, keysOf, resolve } from '../scenario.js'
import type { Party } from '../scenario.js'
import { meet } from './question.js'
import type { Question } from './question.js'
import { namesIn } from './resource.js'

// Who the caller is, and whether they are author.

export const isCare = ({ caller }: Question): boolean => caller.kind === 'professional' || caller.kind === 'structure'
export const isHolder = ({ caller, world }: Question): boolean => caller.kind === 'holder' && caller.ins === world.ins
export const isOwn = ({ caller, document: { depositor } }: Question): boolean => caller.kind === 'application' && depositor.kind === 'application' && depositor.client === caller.client

export function keysOfCaller (q: Question): readonly string[] {
  const { kind, person, structure, client, relatedPerson } = q.caller
  if (kind === 'application') return [`${APPLICATION}|${client}`]
  if (kind === 'representative') return [`RelatedPerson/${relatedPerson}`]
  return [...kind === 'professional' ? keysOf(q, person) : [], ...keysOf(q, structure)]
}

/** The depositor wherever they read; a named person only under a token of exactly the depositor's structure. */
export function isAuthorInPerson (q: Question): boolean {
  const { caller, document: { depositor } } = q
  if (caller.kind !== 'professional' || depositor.kind === 'holder') return false
  const persons = [keysOf(q, depositor.person), ...isAuthorStructure(q) ? named(q).filter(({ type }) => type === 'person').map(({ keys }) => keys) : []]
  return persons.some(keys => meet(keys, keysOf(q, caller.person)))
}

/** READING: a named structure that is not the depositor's own is a stranger, and gets nothing by being named. */
export function isAuthorStructure (q: Question): boolean {
  const { caller, document: { depositor } } = q
  return isCare(q) && depositor.kind !== 'holder' && meet(keysOf(q, caller.structure), keysOf(q, depositor.structure))
}

/** Whom the document names as author or custodian, the observation as performer, the list as source. */
export function named (q: Question): Party[] {
  const { resource } = q.document
  return namesIn(resource).flatMap(reference => resolve(q, reference, resource.contained) ?? [])
}
