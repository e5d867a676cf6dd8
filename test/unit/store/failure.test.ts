/** What a failure of MongoDB means: by its code and labels, never its words; none is a success, none says what it holds. */
import t from 'tap'
import { MongoError, MongoNetworkError, MongoServerError } from 'mongodb'
import { OutcomeError, toOperationOutcome } from '../../../src/outcome/outcome-error.js'
import { toOutcome, translated } from '../../../src/store/failure.js'

function failing (code: number, labels: readonly string[] = []): MongoServerError {
  const error = new MongoServerError({ message: 'E11000 dup key: CANARY', code })
  labels.forEach(label => error.addErrorLabel(label))
  return error
}

t.test('each failure is the outcome that says what a client may do', async t => {
  for (const [error, kind] of [
    [failing(11000), 'duplicate'], [failing(50), 'store-timeout'], [failing(112), 'contention'], [failing(251, ['TransientTransactionError']), 'contention'],
    [failing(91, ['UnknownTransactionCommitResult']), 'outcome-unknown'], [failing(112, ['UnknownTransactionCommitResult', 'TransientTransactionError']), 'outcome-unknown'],
    [failing(13), 'store-unavailable'], [failing(121), 'store-unavailable'], [new MongoNetworkError('CANARY'), 'store-unavailable'], [new MongoError('E11000'), 'store-unavailable']
  ] as const) {
    const outcome = toOutcome(error)
    if (!(outcome instanceof OutcomeError)) return t.fail('no outcome')
    t.equal(outcome.kind, kind)
    t.equal(outcome.cause, error)
    t.notMatch(JSON.stringify(toOperationOutcome(outcome)), /CANARY|E11000/)
  }
})

t.test('what is no failure of MongoDB stays what it is', async t => {
  const own = new OutcomeError('absent')
  const bug = new TypeError('x')
  t.equal(toOutcome(own), own)
  t.equal(toOutcome(bug), bug)
  t.equal(await translated(async () => 1), 1)
  t.match(await translated(async () => { throw failing(11000) }).catch((error: unknown) => error), { kind: 'duplicate' })
  await t.rejects(translated(async () => { throw bug }), TypeError)
})
