/**
 * `Patient/[id]/$everything` (R4 patient-operation-everything.html): the search over all of a patient's compartment, in other words,
 * with what it refers to in the directory, and medications. To whom a read of the patient shows nothing, it answers as that does.
 *
 * Traces come where `_type` names them: what was done with a record is no part of it, and `$activity` tells it. The content of a
 * document is read at its address.
 */
import { intervalOf } from '../filter/interval.js'
import type { Answer } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { absent, refuse, tracingRefusal } from '../interaction/read.js'
import { searchAll } from '../interaction/search-all.js'
import type { Worded } from '../interaction/search.js'
import { invalidParameter, unknownParameters } from '../search/fault.js'
import type { PageToken } from '../search/page.js'
import type { Include } from '../search/request.js'
import { HOW_TO_ANSWER } from './input.js'
import { traced } from './why.js'

export interface Everything extends Asking { readonly id: string, readonly parameters: PageToken['parameters'] }

const OPERATION = '$everything'
const NAMES: readonly string[] = ['_since', '_type', '_count']
/** What comes with the resources of the compartment that refer to it. */
const BESIDE: readonly string[] = ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService', 'Device', 'Medication']

export async function everything (context: Context, asking: Everything): Promise<Answer> {
  const { sight, id } = asking
  needScope(asking, 'Patient', 'r')
  const patient = await context.store.read('Patient', id)
  const refused = await refuse(context, { sight, type: 'Patient', id }, 'operation', patient)
  if (refused !== undefined || patient === undefined) return traced(refused ?? absent(sight, 'Patient', 'operation'), OPERATION)
  return await tracingRefusal(sight, 'operation', patient, async () => await searchAll(context, {
    sight,
    types: typesOf(context),
    parameters: asking.parameters.filter(([name]) => !HOW_TO_ANSWER.includes(name)),
    lenient: false,
    compartment: id,
    wording: { name: OPERATION, path: `Patient/${id}/${OPERATION}`, words: given => words(context, given) }
  }))
}

/** @throws OutcomeError for parameters that say nothing here */
function words (context: Context, given: PageToken['parameters']): Worded {
  const unknown = given.map(([name]) => name).filter(name => !NAMES.includes(name))
  if (unknown.length > 0) throw unknownParameters([...new Set(unknown)])
  const all = (name: string) => given.filter(each => each[0] === name).map(([, value]) => value)
  const [since, ...others] = all('_since')
  if (others.length > 0 || (since !== undefined && intervalOf(since) === undefined)) throw invalidParameter('_since', 'is one instant')
  const types = typesOf(context)
  // As R4 has it, each of them names types: a resource is of any of them.
  const named = all('_type').flatMap(value => value.split(','))
  const asked = named.filter(type => !BESIDE.includes(type))
  if (named.length > 0 && asked.length === 0) throw invalidParameter('_type', 'names what others refer to: it takes types that refer to it, too')
  return {
    parameters: [
      ...since === undefined ? [] : [['_lastUpdated', `ge${since}`] as const],
      ...asked.length === 0 ? [] : [['_type', [...new Set(asked)].join()] as const],
      // All of it at once, as far as one page reaches.
      ...all('_count').length === 0 ? [['_count', String(context.limits.count)] as const] : given.filter(([name]) => name === '_count')
    ],
    types: named.length === 0 ? types.filter(type => type !== 'AuditEvent') : types,
    includes: includesOf(context, types, named.length === 0 ? BESIDE : BESIDE.filter(type => named.includes(type)))
  }
}

/** The types of the compartment that are searched. */
function typesOf ({ registry, compartment, declares }: Context): readonly string[] {
  return registry.types.filter(type => compartment(type) !== undefined && declares(type, 'search-type'))
}

/** Every reference of these types that may lead there. */
function includesOf ({ registry }: Context, types: readonly string[], targets: readonly string[]): readonly Include[] {
  return types.flatMap(source => registry.parametersOf(source).filter(({ type }) => type === 'reference').flatMap(({ code, targets: possible }) =>
    targets.filter(target => possible.includes(target)).map(target => ({ source, parameter: code, target }))))
}
