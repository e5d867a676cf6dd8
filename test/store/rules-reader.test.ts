/** The rules of a record are those of this instant, also where a large body is not sent again. */
import t from 'tap'
import { createRulesReader } from '../../src/store/rules-reader.js'
import { rulesId } from '../../src/store/stored.js'
import type { StoredRules } from '../../src/store/stored.js'
import { openDatabase } from '../helper/database.js'

const db = await openDatabase(t, 'rules')
const rules = db.collection<StoredRules>('Rules')
const LARGE = 100_000
const stored = (actor: string, stamp: string, letter: string, size: number): StoredRules =>
  ({ _id: rulesId('p', actor), patient: 'p', actor, stamp, body: JSON.stringify({ choices: [], letter: letter.repeat(size) }), speaks: true, turn: 1 })
const write = async (each: StoredRules) => await rules.replaceOne({ _id: each._id }, each, { upsert: true })

t.test('a large body is sent once, and again when it has changed', async t => {
  const read = createRulesReader(db)
  // One write gives its stamp to several.
  const [one, other, small] = [stored('a', 's1', 'x', LARGE), stored('b', 's1', 'y', LARGE), stored('c', 's1', 'z', 1)]
  for (const each of [one, other, small]) await write(each)
  const all = async () => await Promise.all(['a', 'b', 'c', 'nobody'].map(async actor => await read(rulesId('p', actor))))
  const sent = async () => {
    await db.command({ profile: 2 })
    const found = await all()
    await db.command({ profile: 0 })
    const [profiled] = await db.collection<{ responseLength: number }>('system.profile').find({ op: 'query', ns: `${db.databaseName}.Rules` }).sort({ $natural: -1 }).limit(1).toArray()
    return [found, profiled?.responseLength ?? NaN] as const
  }
  const [first, long] = await sent()
  t.strictSame(first, [one, other, small, undefined])
  t.ok(long > 2 * LARGE)
  const [second, short] = await sent()
  t.strictSame(second, [one, other, small, undefined])
  t.ok(short < 2000, `${short} bytes`)

  const changed = stored('a', 's2', 'w', LARGE)
  await write(changed)
  t.strictSame((await sent())[0], [changed, other, small, undefined])
  await rules.updateOne({ _id: other._id }, { $inc: { turn: 1 } })
  t.strictSame((await sent())[0], [changed, { ...other, turn: 2 }, small, undefined], 'the turn is that of this instant')
  await rules.deleteOne({ _id: other._id })
  t.strictSame((await sent())[0], [changed, undefined, small, undefined])
})
