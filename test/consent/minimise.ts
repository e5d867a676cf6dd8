/** A scenario that disagrees, made small: by fast-check from how it was drawn, then by leaving out what does not matter. */
import fc from 'fast-check'
import type { Db } from 'mongodb'
import { asked as anyAsked } from './draw.js'
import type { Asked } from './engine.js'
import { disagrees, judge, sentenceOf } from './judge.js'

export interface Minimised { readonly asked: Asked, readonly why: string }

/** @param index of the scenario in the batch of `seed` */
export async function minimise (db: Db, seed: number, index: number, drawn: Asked): Promise<Minimised> {
  const wrongOf = async (asked: Asked) => (await judge(db, [asked]))[0]?.find(disagrees)
  const property = fc.asyncProperty(anyAsked, async asked => await wrongOf(asked) === undefined)
  const { counterexample } = await fc.check(property, { seed, path: String(index), numRuns: 1, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false })
  const small = await without(counterexample?.[0] ?? drawn, async asked => await wrongOf(asked) !== undefined)
  const wrong = await wrongOf(small)
  return { asked: small, why: wrong === undefined ? 'it did not disagree again' : sentenceOf(wrong) }
}

const LISTS = ['consents', 'documents', 'relatedPersons', 'careTeams', 'groups', 'encounters', 'practitioners', 'organizations'] as const

/** Leaves out, one at a time, all of the world without which it still disagrees. */
async function without (asked: Asked, isWrong: (asked: Asked) => Promise<boolean>): Promise<Asked> {
  let small = asked
  for (const name of LISTS) {
    for (let index = small.world[name].length - 1; index >= 0; index--) {
      const fewer: Asked = { ...small, world: { ...small.world, [name]: (small.world[name] as readonly unknown[]).toSpliced(index, 1) } }
      if (await isWrong(fewer)) small = fewer
    }
  }
  return small
}
