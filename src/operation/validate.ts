/**
 * `$validate` (R4 resource-operation-validate.html): what is wrong with a resource by R4 and by the profiles that it claims, or
 * that is named, as a create, an update or a delete would say it. What is wrong is said with 200; nothing is written. It asks for
 * the scope of what it stands for, and on an instance for that of a read and the right to see it: to who may not, that is absent, and traced so.
 * What an admission asks (choices, rights, references that resolve, contents) is not asked.
 */
import type { Resource } from '@medplum/fhirtypes'
import type { Answer } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { newFaults } from '../interaction/faults.js'
import { access, absent, refuse, tracingRefusal } from '../interaction/read.js'
import type { Version } from '../interaction/store.js'
import { parseJson } from '../json/parse.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Fault } from '../outcome/outcome-error.js'
import { invalid, readInput, textIn } from './input.js'
import type { Asked, Given } from './input.js'
import { traced } from './why.js'

export interface Validate extends Asking { readonly type: string, readonly id?: string, readonly asked: Asked }

/** What is asked: R4 `resource-validation-mode`; `profile` looks at what is there. */
interface Question { readonly mode: Mode, readonly profiles: readonly string[], readonly resource: unknown }
type Mode = 'create' | 'update' | 'delete' | 'profile'

const OPERATION = '$validate'
const SCOPES = { create: 'c', update: 'u', delete: 'd', profile: 'r' } as const
const VALID: Fault = { diagnostics: 'Nothing is wrong with it' }

/** @throws OutcomeError for a question that cannot be asked; what is wrong with the resource is the answer */
export async function validate (context: Context, asking: Validate): Promise<Answer> {
  const { sight, type, id } = asking
  const question = readQuestion(context, asking)
  needScope(asking, type, SCOPES[question.mode])
  if (id === undefined) {
    const accesses = [{ interaction: 'operation', type, patient: null, outcome: '0' }] as const
    return traced({ ...told(asking, faultsOf(context, asking, question)), accesses }, OPERATION)
  }
  needScope(asking, type, 'r')
  const version = await context.store.read(type, id)
  const refused = await refuse(context, { sight, type, id }, 'operation', version)
  if (refused !== undefined || version === undefined) return traced(refused ?? absent(sight, type, 'operation'), OPERATION)
  return traced(await tracingRefusal(sight, 'operation', version, async () => {
    const before = await context.store.opened(version)
    if (before === undefined) return absent(sight, type, 'operation')
    return { ...told(asking, faultsOf(context, asking, question, before)), accesses: [access(sight, type, 'operation', version, '0')] }
  }), OPERATION)
}

function told ({ sight }: Asking, faults: readonly Fault[]): Answer {
  return {
    status: 200,
    headers: {},
    body: faults.length === 0 ? { kind: 'success', fault: VALID, warnings: [] } : { kind: 'refusal', error: new OutcomeError('invalid-resource', faults) },
    sight,
    accesses: []
  }
}

function faultsOf (context: Context, { type, id }: Validate, { mode, profiles, resource }: Question, before?: Version): readonly Fault[] {
  if (mode === 'delete') return context.declares(type, 'delete') ? [] : [{ diagnostics: 'Resources of this type are not deleted', code: 'not-supported' }]
  const asked = { asked: profiles }
  if (mode === 'profile') return context.validate(before === undefined ? undefined : parseJson(Buffer.from(before.text)), asked)
  const { resourceType, id: own } = (typeof resource === 'object' && resource !== null ? resource : {}) as Partial<Resource>
  if (resourceType !== type) return [{ diagnostics: `The resource must be a ${type}`, expression: 'resourceType', code: 'invalid' }]
  const isOther = mode === 'update' && (id === undefined ? own === undefined : own !== id)
  return [
    ...isOther ? [{ diagnostics: 'The id of an update must be that of the address', expression: `${type}.id`, code: 'invalid' }] : [],
    // A profile that is named is asked whatever was there before, and a create has nothing before it.
    ...before === undefined || mode === 'create' || profiles.length > 0 ? context.validate(resource, asked) : newFaults(context, resource, before)
  ]
}

function readQuestion (context: Context, { type, id, asked }: Validate): Question {
  const { hull, resource } = unpacked(asked.body)
  const input = readInput(context, { query: asked.query, body: hull }, ['resource', 'mode', 'profile'])
  const mode = modeOf(input.get('mode'), id !== undefined)
  const given = input.get('profile')
  const profile = given === undefined ? undefined : profileOf(context, given)
  const needsStored = mode === 'delete' || mode === 'profile'
  if (needsStored && id === undefined) throw new OutcomeError('invalid-parameter', { diagnostics: `What mode ${mode} is about is named by the address, ${type}/[id]/$validate`, expression: 'mode' })
  if (mode === 'profile' && profile === undefined) throw new OutcomeError('invalid-parameter', { diagnostics: 'Mode profile needs a profile', expression: 'profile' })
  if (mode === 'profile' && resource !== undefined) throw new OutcomeError('invalid-parameter', { diagnostics: 'Mode profile is about what is there, and takes no resource', expression: 'resource' })
  if (!needsStored && resource === undefined) throw new OutcomeError('invalid-parameter', { diagnostics: 'A resource is needed', expression: 'resource', code: 'required' })
  return { mode, profiles: profile === undefined ? [] : [profile], resource }
}

function modeOf (given: Given | undefined, isInstance: boolean): Mode {
  if (given === undefined) return isInstance ? 'update' : 'create'
  const mode = textIn(given)
  if (!Object.hasOwn(SCOPES, mode)) throw invalid(given, 'The mode is create, update, delete or profile')
  return mode as Mode
}

function profileOf ({ knowsProfile }: Context, given: Given): string {
  const { valueCanonical } = given.value
  const profile = typeof valueCanonical === 'string' ? valueCanonical : textIn(given)
  if (!knowsProfile(profile)) throw new OutcomeError('invalid-parameter', { diagnostics: 'This profile is not known here; those that are, are in the CapabilityStatement', expression: given.place, code: 'not-supported' })
  return profile
}

/** A body that is no Parameters is the resource. Of Parameters the resource is taken out: what is wrong with it is the answer. */
function unpacked (body: unknown): { readonly hull: unknown, readonly resource: unknown } {
  const { resourceType, parameter } = (typeof body === 'object' && body !== null ? body : {}) as { readonly resourceType?: unknown, readonly parameter?: unknown }
  if (resourceType !== 'Parameters') return { hull: undefined, resource: body }
  if (!Array.isArray(parameter)) return { hull: body, resource: undefined }
  let resource: unknown
  const rest = (parameter as readonly unknown[]).map(each => {
    if (typeof each !== 'object' || each === null || Reflect.get(each, 'name') !== 'resource') return each
    const { resource: one, ...others } = each as Readonly<Record<string, unknown>>
    resource ??= one
    return one === undefined ? each : { ...others, valueBoolean: true }
  })
  return { hull: { ...body as object, parameter: rest }, resource }
}
