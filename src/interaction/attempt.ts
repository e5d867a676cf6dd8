import type { Access } from '../audit/event.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { refusal } from './answer.js'
import type { Answer } from './answer.js'
import type { Sight } from './sight.js'

/** How often a write begins anew that others overtake. */
const MOST_ATTEMPTS = 8

/**
 * One interaction, each time with a fresh sight. What it refuses is traced like what it answers; a write that another one
 * overtook begins anew.
 */
export async function attempt (
  sightOf: () => Promise<Sight>, named: Pick<Access, 'interaction' | 'type'>, work: (sight: Sight) => Promise<Answer>, left = MOST_ATTEMPTS
): Promise<Answer> {
  const sight = await sightOf()
  try {
    return await work(sight)
  } catch (error) {
    if (error instanceof OutcomeError && error.kind === 'contention' && left > 1) return await attempt(sightOf, named, work, left - 1)
    if (!(error instanceof OutcomeError) || error.status >= 500) throw error
    return refusal(sight, error, [{ ...named, patient: sight.caller.patient ?? null, outcome: '4' }])
  }
}
