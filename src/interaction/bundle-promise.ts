/**
 * References of a transaction to what it creates later, where entries refer to each other. They are taken on trust until
 * all is done, and then looked at like any other, before the one commit: whatever is not of the same record, or not the
 * writer's to read, refuses the whole.
 */
import { unresolved } from './admit/admission.js'
import { isThere } from './admit/reference.js'
import type { Context } from './context.js'
import type { Sight } from './sight.js'
import type { Step } from './transaction-target.js'

/** A reference out of the record of a patient, and where it stands. */
export interface Promised { readonly patient: string, readonly type: string, readonly id: string, readonly expression: string }

export interface Promises {
  /** Takes a reference of an entry on trust, if its target is created later. */
  readonly of: (step: Step) => NonNullable<Context['promise']>
  /** The first that was not kept, and why it is refused. */
  readonly broken: (context: Context, sight: Sight) => Promise<{ readonly step: Step, readonly error: ReturnType<typeof unresolved> } | undefined>
}

/** @param isDone whether the resource was written */
export function createPromises (steps: readonly Step[], isDone: (type: string, id: string) => boolean): Promises {
  const created = new Set(steps.flatMap(({ id, answer, owner, request: { method, type } }) =>
    method === 'POST' && id !== undefined && answer === undefined && owner === undefined ? [`${type}/${id}`] : []))
  const taken: (Promised & { readonly step: Step })[] = []
  return {
    of: step => promised => {
      const isLater = created.has(`${promised.type}/${promised.id}`) && !isDone(promised.type, promised.id)
      if (isLater) taken.push({ ...promised, step })
      return isLater
    },
    broken: async (context, sight) => {
      for (const { step, patient, type, id, expression } of taken) {
        if (!await isThere(context, sight, patient, type, id)) return { step, error: unresolved(expression) }
      }
      return undefined
    }
  }
}
