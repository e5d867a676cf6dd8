import { mock } from 'node:test'
import t from 'tap'
import { inTime } from '../../../src/http/deadline.js'

mock.timers.enable({ apis: ['setTimeout'] })
t.teardown(() => { mock.timers.reset() })
const never = new Promise<string>(() => {})

/** What became of a request that nothing answers, after a while, ms. */
async function after (ms: number, isRead: boolean, body?: unknown): Promise<string> {
  let said = 'waiting'
  inTime({ isRead, body }, never, () => {}).catch((error: { kind: string }) => { said = error.kind })
  mock.timers.tick(ms)
  await new Promise<void>(resolve => { setImmediate(resolve) })
  return said
}

t.test('what is not answered within 25 s is told so: a read may be asked again, of a write nothing is known', async t => {
  t.equal(await after(24_999, true), 'waiting')
  t.equal(await after(25_000, true), 'store-timeout')
  t.equal(await after(25_000, false, { resourceType: 'Patient' }), 'outcome-unknown')
})

t.test('a Bundle has more time, by its entries', async t => {
  const body = { resourceType: 'Bundle', entry: Array.from({ length: 100 }) }
  t.equal(await after(29_999, false, body), 'waiting')
  t.equal(await after(30_000, false, body), 'outcome-unknown')
})

t.test('what is answered in time is the answer, and what fails is its failure', async t => {
  t.equal(await inTime({ isRead: true, body: undefined }, Promise.resolve('found'), () => {}), 'found')
  await t.rejects(inTime({ isRead: true, body: undefined }, Promise.reject(new Error('gone')), () => {}), { message: 'gone' })
})

t.test('what comes too late is dropped, once, and nothing else is', async t => {
  const dropped: string[] = []
  let end = (_found: string): void => {}
  const work = new Promise<string>(resolve => { end = resolve })
  const answer = inTime({ isRead: true, body: undefined }, work, late => { dropped.push(late) })
  mock.timers.tick(25_000)
  t.equal(await answer.catch((error: { kind: string }) => error.kind), 'store-timeout')
  t.strictSame(dropped, [])
  end('late')
  await work
  t.strictSame(dropped, ['late'])
})
