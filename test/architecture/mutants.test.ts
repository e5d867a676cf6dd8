/** The mistakes of `npm run mutants` are mistakes in the engine as it stands: each is the change of a text that is there once. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { inProject } from '../helper/root.js'

interface Mutant { readonly file: string, readonly why: string, readonly from: string, readonly to: string }
const { MUTANTS } = await import(inProject('scripts/mutants/list.mjs')) as { MUTANTS: readonly Mutant[] }

t.test('the text that a mutant changes stands once in its file', async t => {
  t.ok(MUTANTS.length >= 30)
  const timesOf = ({ file, from }: Mutant) => readFileSync(inProject(file), 'utf8').split(from).length - 1
  t.same(MUTANTS.filter(mutant => mutant.from === mutant.to || timesOf(mutant) !== 1).map(({ file, why, from }) => `${file}: ${why}: ${from}`), [])
})
