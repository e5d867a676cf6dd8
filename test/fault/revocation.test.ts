/** A short night (`npm run test:fault` is a longer one): whoever is shut out stays shut out, whatever happens to the database. */
import t from 'tap'
import { FAULTS } from './faults.js'
import { spend } from './night.js'
import { openRig } from './rig.js'

const log = (line: string) => { t.comment(line) }
const rig = await openRig({ count: 3, log })
t.teardown(rig.close)

const SHORT = ['2 the primary is frozen, and woken', '1 the primary dies', '4 the primary is cut off with one server']

t.test('the primary frozen, killed and cut off under load: nothing is told that was revoked, nothing is lost or half there', async t => {
  const faults = SHORT.map(name => ({ name, fault: FAULTS[name] as NonNullable<typeof FAULTS[string]>, lasts: 4000, rest: 4000 }))
  const { disclosed, lost, halves, untraced, odd, answers, revocations, deposits, longest } = await spend(rig, { clients: 10, charts: 24, faults, log })
  log(`${JSON.stringify(answers)}, ${revocations} revocations, ${deposits} deposits, ${longest} ms without an answer but 503`)
  t.strictSame(disclosed, [])
  t.strictSame(lost, [])
  t.strictSame(halves, [])
  t.strictSame(untraced, [])
  t.strictSame(odd, [])
  t.ok(revocations > 0 && deposits > 0 && (answers['200'] ?? 0) > 0, 'something happened')
})
