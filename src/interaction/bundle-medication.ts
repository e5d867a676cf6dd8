/**
 * A Medication comes in the Bundle of the resource that uses it, and belongs to it for ever (`consent.md` 2): who may see
 * the one may see the other. It is created after it, for it is judged by it.
 */
import type { Medication } from '@medplum/fhirtypes'
import { OutcomeError } from '../outcome/outcome-error.js'
import { entryPlace } from './bundle.js'
import { entryOf, pointersIn, rootOf } from './bundle-link.js'
import type { Asked } from './entry.js'
import type { Step } from './transaction-target.js'

/** A medication that comes with what uses it, and which resource that is. */
export interface Use { readonly resource: Medication, readonly type: string, readonly id: string }

/** Says of each Medication that is created which entry uses it. @throws OutcomeError where several do */
export function takeMedications (steps: readonly Step[], byAddress: ReadonlyMap<string, Step>, { sight }: Asked): readonly Step[] {
  const users = new Map<number, Step>()
  for (const step of steps) {
    const { method, resource, fullUrl } = step.request
    if (method !== 'POST') continue
    for (const pointer of pointersIn(resource, `${entryPlace(step.index)}.resource`)) {
      if (!pointer.place.endsWith('.resource.medicationReference')) continue
      const target = byAddress.get(entryOf(pointer, rootOf(fullUrl), byAddress) ?? '')
      if (target === undefined || !isNew(target)) continue
      if (users.has(target.index)) throw new OutcomeError('business-rule', { diagnostics: 'A medication belongs to one resource that uses it: give each its own', expression: pointer.place })
      users.set(target.index, step)
    }
  }
  return steps.map(step => {
    const user = users.get(step.index)
    if (user === undefined) return step
    // What uses it was there already: nothing is written.
    return user.answer === undefined ? { ...step, user: user.index } : { ...step, answer: { status: 200, headers: {}, body: { kind: 'nothing' }, sight, accesses: [] } }
  })
}

function isNew ({ answer, request: { method, type } }: Step): boolean {
  return type === 'Medication' && method === 'POST' && answer === undefined
}

/** The medications of a transaction by their references. */
export function usesOf (steps: readonly Step[]): ReadonlyMap<string, Use> {
  return new Map(steps.flatMap(({ id, user, request: { resource } }) => {
    const { request: { type }, id: userId = '' } = steps.find(({ index }) => index === user) ?? { request: { type: '' } }
    return user === undefined ? [] : [[`Medication/${id ?? ''}`, { resource: resource as Medication, type, id: userId }] as const]
  }))
}
