/** `npm run outbox`, as it is run: what waits, what is dead, and what becomes of it, without a word of anybody's record. */
import { execFile } from 'node:child_process'
import t from 'tap'
import { addDue, createOutbox } from '../../src/store/outbox-store.js'
import { openDatabase } from '../helper/database.js'
import { inProject } from '../helper/root.js'

const db = await openDatabase(t, 'command')
const outbox = createOutbox(db)
const collection = db.collection<{ _id: string, at?: number, attempts: number, died?: number, reason?: string, since: number }>('Outbox')
t.afterEach(async () => { await collection.deleteMany({}) })

const PATIENT = 'somebody-whose-record-it-is'
const HOUR = 3600_000

/** Runs it as npm does. */
async function command (...options: readonly string[]): Promise<{ readonly code: number, readonly out: string, readonly err: string }> {
  return await new Promise(resolve => {
    const env = { ...process.env, MONGODB_DB: db.databaseName, NODE_OPTIONS: '' }
    execFile(process.execPath, [inProject('scripts/outbox.mjs'), ...options], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

async function put (id: string, way: 'mail' | 'webhook', at: number): Promise<void> {
  await addDue(db, [{ id, way, patient: PATIENT, about: `Communication/about-${id}`, at }])
}

/** Two that wait, of which one failed before, and two that are dead. */
async function fill (): Promise<void> {
  const now = Date.now()
  for (const [id, way, at] of [['late', 'mail', now - 2 * HOUR], ['again', 'webhook', now - HOUR], ['dead1', 'mail', 0], ['dead2', 'webhook', 1]] as const) await put(id, way, at)
  for (const [id, reason] of [['dead1', 'Error EENVELOPE 550'], ['dead2', 'TypeError']] as const) {
    const taken = await outbox.take(10, 0)
    if (taken?.id !== id) throw new Error(`taken: ${taken?.id ?? 'nothing'}`)
    await outbox.bury({ ...taken, attempts: 9 }, reason)
  }
  await outbox.postpone({ id: 'again', way: 'webhook', patient: PATIENT, about: '', at: 0, attempts: 0 }, now + HOUR, 0, 'Error ECONNREFUSED')
  await collection.updateOne({ _id: 'dead1' }, { $set: { since: now - 50 * HOUR, died: now - 26 * HOUR } })
}

t.test('it says what waits and what is dead: how many, since when, and what failed last', async t => {
  await fill()
  const { code, out, err } = await command()
  t.equal(code, 0, err)
  t.match(out, /^2 wait: 1 mail, 1 webhook\n {2}late +mail +0 tries +there for \d+ s +due for 2 h 0 min\n {2}again +webhook +0 tries +there for \d+ s +due in (?:59 min|1 h 0 min) +Error ECONNREFUSED\n/)
  t.match(out, /2 dead: 1 mail, 1 webhook\n {2}dead1 +mail +9 tries +there for 2 d 2 h +dead for 1 d 2 h +Error EENVELOPE 550\n {2}dead2 +webhook +9 tries +there for \d+ s +dead for \d+ s +TypeError\n$/)
  t.match((await command('--most', '1')).out, /… and 1 more/)
  const json = await command('--json')
  t.match(JSON.parse(json.out), {
    waiting: { counts: { mail: 1, webhook: 1 }, letters: [{ id: 'late', way: 'mail', attempts: 0, since: Number, at: Number }, { id: 'again', reason: 'Error ECONNREFUSED' }] },
    dead: { counts: { mail: 1, webhook: 1 }, letters: [{ id: 'dead1', way: 'mail', attempts: 9, died: Number, reason: 'Error EENVELOPE 550' }, { id: 'dead2' }] }
  })
  for (const said of [out, json.out]) t.notMatch(said, /somebody-whose|about-/, 'neither whose it is nor of what it tells')
})

t.test('what is dead is tried again, or dropped, by its id or all of it; what waits is left alone', async t => {
  await fill()
  const retried = await command('--retry', 'dead1', '--json')
  t.match([retried.code, JSON.parse(retried.out)], [0, { retried: 1, dead: { counts: { webhook: 1 } } }], retried.err)
  const again = await collection.findOne({ _id: 'dead1' })
  t.match(again, { attempts: 0, reason: 'Error EENVELOPE 550' })
  t.ok((again?.at ?? Infinity) <= Date.now() && again?.died === undefined, 'due now, as if for the first time')
  t.match(await outbox.take(Date.now(), 0), { id: 'late' })
  const waiting = await command('--drop', 'late', '--drop', 'dead2')
  t.match([waiting.code, waiting.out], [1, /^1 dropped\nThe others are not dead, or not there\./])
  t.strictSame((await collection.find().toArray()).map(({ _id }) => _id).toSorted(), ['again', 'dead1', 'late'])
  await collection.deleteMany({})
  await fill()
  t.match(await command('--retry', 'all'), { code: 0, out: /^2 tried again\n4 wait/ })
  t.match(await command('--drop', 'all'), { code: 0, out: /^0 dropped\n4 wait/ })
  await collection.deleteMany({})
  t.match(await command(), { code: 0, out: '0 wait\n0 dead\n' })
})

t.test('what cannot be understood begins nothing', async t => {
  await fill()
  for (const options of [['--nonsense'], ['--most', 'x'], ['--retry', 'all', '--drop', 'all'], ['all']]) t.match(await command(...options), { code: 2, out: '', err: /Usage: npm run -s outbox/ }, options.join(' '))
  t.equal(await collection.countDocuments({ at: { $exists: false } }), 2)
  t.match(await command('--help'), { code: 0, out: /^Usage/ })
})
