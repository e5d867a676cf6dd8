/**
 * model = decision = what MongoDB returns, for random records, choices, callers, modes (`consent.md` 8).
 * The model comes from the page alone; the decision and the filter are the server's. `npm run test:consent` asks for many
 * more scenarios; `SCENARIOS` and `SEED` ask for others here, `WITHOUT_MONGODB` for the filter in memory alone (as
 * `npm run mutants` does).
 */
import type { Db } from 'mongodb'
import t from 'tap'
import type { Test } from 'tap'
import { openDatabase } from '../helper/database.js'
import { ID_NAT_PS, ID_NAT_ST, identityKey } from '../../src/security/identity.js'
import { corpus } from './corpus.js'
import { cover, emptyCells, strangeCells, tableOf } from './coverage.js'
import type { Coverage } from './coverage.js'
import { BATCH, batchesOf, scenariosOf } from './draw.js'
import { disagrees, judge, prepareDatabase, sentenceOf } from './judge.js'

const SCENARIOS = Number(process.env['SCENARIOS'] ?? 3000)
const SEED = Number(process.env['SEED'] ?? 20261122)

async function database (t: Test, name: string): Promise<Db | undefined> {
  if (process.env['WITHOUT_MONGODB'] !== undefined) return undefined
  const db = await openDatabase(t, name)
  await prepareDatabase(db)
  return db
}

t.test('what once disagreed agrees now', async t => {
  const db = await database(t, 'corpus')
  const kept = corpus()
  const judged = await judge(db, kept.map(({ asked }) => asked))
  for (const [index, { file, why }] of kept.entries()) t.same((judged[index] ?? []).filter(disagrees).map(sentenceOf), [], `${file}: ${why}`)
})

t.test('C2 C8 C15 the model, the decision and MongoDB give one answer', async t => {
  t.comment(`seed ${SEED}, ${SCENARIOS} scenarios; to go on from here: npm run test:consent -- --seed ${SEED}`)
  const db = await database(t, 'differential')
  const coverage: Coverage = new Map()
  const said = { permit: 0, all: 0 }
  for (const { seed, count } of batchesOf(SEED, SCENARIOS)) {
    const scenarios = scenariosOf(seed, count)
    for (const [index, answers] of (await judge(db, scenarios)).entries()) {
      const asked = scenarios[index]
      if (asked === undefined) throw new Error('not drawn')
      const [wrong] = answers.filter(disagrees)
      if (wrong !== undefined) {
        t.fail(`seed ${seed}, scenario ${index}: ${sentenceOf(wrong)}`, { minimise: `npm run test:consent -- --seed ${seed} --scenarios ${BATCH}`, caller: asked.caller, document: wrong.document, consents: asked.world.consents })
        return
      }
      for (const answer of answers) cover(coverage, asked, answer)
      said.all += answers.length
      said.permit += answers.filter(({ expected }) => expected).length
    }
  }
  for (const line of tableOf(coverage)) t.comment(line)
  t.ok(said.permit > said.all * 0.1 && said.permit < said.all * 0.9, `neither all permitted nor all denied (${said.permit} of ${said.all})`)
  t.same(strangeCells(coverage), [], 'nothing decides that should not')
  if (SCENARIOS >= 3000) t.same(emptyCells(coverage), [], 'no cell of the coverage is empty')
})

t.test('identifiers of one person and of one structure are one key', async t => {
  t.equal(identityKey({ system: ID_NAT_PS, value: '810000000001' }), identityKey({ system: 'https://rpps.esante.gouv.fr', value: '10000000001' }))
  t.equal(identityKey({ system: ID_NAT_ST, value: '1750000001' }), identityKey({ system: 'https://finess.esante.gouv.fr', value: '750000001' }))
  t.equal(identityKey({ system: ID_NAT_ST, value: '320000000000002' }), identityKey({ system: 'https://sirene.fr', value: '20000000000002' }))
})
