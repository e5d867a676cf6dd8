import t from 'tap'
import { LANGUAGES, explain } from '../../../src/consent/explain.js'

/** What each rule of `consent.md` 4 can be seen to do. */
const PERMITS = [0, 3, 4, 5, 7, 9, 10, 14]
const DENIES = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13]

t.test('every rule has its sentence, in both languages, and no other rule has it', async t => {
  const said = [...PERMITS.map(rule => ({ permit: true, rule })), ...DENIES.map(rule => ({ permit: false, rule }))].map(decision => ({ ...decision, sentence: explain(decision, 'DocumentReference') }))
  for (const language of LANGUAGES) t.equal(new Set(said.map(({ sentence }) => sentence[language])).size, said.length, language)
  for (const { permit, rule, sentence } of said) {
    t.match(sentence.fr, new RegExp(`^${permit ? 'Permis' : 'Refusé'} \\(règle ${rule}\\) : [a-zéà]`))
    t.match(sentence.en, new RegExp(`^${permit ? 'Permitted' : 'Denied'} \\(rule ${rule}\\): [a-z]`))
  }
})

t.test('what no rule does has none', async t => {
  for (const rule of [1, 2, 6, 8, 11, 12, 13, 15]) t.throws(() => explain({ permit: true, rule }, 'DocumentReference'), /does not permit/)
  for (const rule of [0, 7, 14, 15]) t.throws(() => explain({ permit: false, rule }, 'DocumentReference'), /does not deny/)
})

t.test('a container is denied for what it holds too; a content that waits is its depositor’s', async t => {
  t.match(explain({ permit: false, rule: 13 }, 'List').fr, /\(cela, ou un élément de ce qu’il contient\)$/)
  t.notMatch(explain({ permit: true, rule: 14 }, 'List').en, /it holds/)
  t.match(explain({ permit: false, rule: 7 }, 'Binary').en, /its depositor only/)
})

t.test('no permit speaks of a choice of somebody, a block or a mask: it is told to professionals', async t => {
  for (const rule of [7, 9, 10, 14]) {
    const { fr, en } = explain({ permit: true, rule }, 'DocumentReference')
    t.notMatch(`${fr} ${en}`, /bloc|masqu|choix|choice|mask|deni|refus/i, `${rule}`)
  }
})
