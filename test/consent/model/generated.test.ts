import fc from 'fast-check'
import t from 'tap'
import { caller as anyCaller, options, scenario, world as anyWorld } from '../generators.js'
import { model } from '../model.js'
import type { World } from '../scenario.js'
import { choice, purpose } from './scene.js'

const SEED = 20260331

t.test('generated scenarios let every rule decide, both ways where there are two', async t => {
  const scenarios = fc.sample(scenario, { seed: SEED, numRuns: 1000 })
  const verdicts = scenarios.map(({ world, caller, document, now }) => model(world, caller, document, now, options))
  const count = (rule: number, permit: boolean): number => verdicts.filter(verdict => verdict.rule === rule && verdict.permit === permit).length
  const both = [3, 4, 5, 9]
  const permitting = [7, 14]
  for (let rule = 1; rule <= 14; rule++) {
    t.comment(`rule ${String(rule).padStart(2)}  permit ${String(count(rule, true)).padStart(4)}  deny ${String(count(rule, false)).padStart(4)}`)
    if (both.includes(rule) || permitting.includes(rule)) t.ok(count(rule, true) >= 3, `rule ${rule} permits`)
    if (!permitting.includes(rule)) t.ok(count(rule, false) >= 3, `rule ${rule} denies`)
  }
  const permitted = verdicts.filter(({ permit }) => permit).length
  t.comment(`seed ${SEED}: ${permitted} of 1000 permitted`)
  t.ok(permitted >= 250 && permitted <= 750, 'neither answer is the rule')
  for (const gone of [true, false]) t.ok(verdicts.some(verdict => verdict.gone === gone), `a deleted document is ${gone ? 'gone' : 'absent'}`)
  t.ok(scenarios.every(({ world }) => world.consents.length <= 8), 'worlds are small')
  t.ok(scenarios.some(({ world }) => world.consents.length === 0), 'some holders said nothing')
})

t.test('theorems of the model itself', async t => {
  const runs = { seed: SEED, numRuns: 200 }
  fc.assert(fc.property(anyWorld, anyCaller, ({ world, now }, caller): boolean => {
    const again: World = { ...world, consents: [...world.consents, ...world.consents].reverse() }
    const deny = choice('partage', { type: 'deny', purpose: ['TREAT', 'BTG', 'ETREAT'].flatMap(purpose) })
    for (const document of world.documents) {
      const { permit, rule } = model(world, caller, document, now, options)
      const denied = model({ ...world, consents: [...world.consents, deny] }, caller, document, now, options)
      if (model(again, caller, document, now, options).permit !== permit) return false
      if (denied.permit && (!permit || ![3, 4, 5, 7, 9].includes(rule))) return false
    }
    return true
  }), runs)
  t.pass('order and duplicates do not matter; a deny overrides permits outside rules 3 to 7 and 9')
})
