/**
 * A primary that was deposed and does not know it: it goes on answering from the past, and a server process that hears
 * of nothing else goes on asking it. What is read there is never told (decision 0031, `security.md` (b) 2 and 4).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createHospital } from './hospital.js'
import { openRig } from './rig.js'
import type { Member } from './rig.js'

const rig = await openRig({ count: 2, log: line => { t.comment(line) } })
t.teardown(rig.close)
const [there, elsewhere] = rig.servers
const here = createHospital(rig, () => there as NonNullable<typeof there>)
const afar = createHospital(rig, () => elsewhere as NonNullable<typeof elsewhere>)

/** Whether a trace is on its way at a member. */
async function isTracing (member: Member): Promise<boolean> {
  const { inprog } = await member.ask({ currentOp: 1, ns: 'fault.AuditEvent' }) as { inprog: readonly unknown[] }
  return inprog.length > 0
}

/** One of the members becomes primary: who has not heard yet of what the old one wrote last is not voted for. */
async function elect (members: typeof rig.members): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    if (await members[tries % members.length]?.ask({ replSetStepUp: 1, skipDryRun: true }).then(() => true, () => false) === true) return
    await sleep(250)
  }
}

t.test('a choice that was acknowledged by the new primary holds against reads of the old one', async t => {
  const charts = [await here.open(), await here.open(), await here.open()]
  const [first, second, third] = charts
  if (first === undefined || second === undefined || third === undefined) throw new Error('not opened')
  const questions = [`DocumentReference/${first.document}`, `DocumentReference?patient=Patient/${second.id}`, `DocumentReference/${third.document}/_history`]
  for (const [index, question] of questions.entries()) {
    const before = await here.ask(here.doctor, 'GET', question)
    t.equal(before.status, 200, question)
    t.match(before.text, charts[index]?.document ?? 'x')
  }

  // It has a minute before it must ask itself whether it still is one; the new one does not look for what it missed.
  const old = await rig.primary()
  const { config } = await old.ask({ replSetGetConfig: 1 }) as { config: { version: number, settings: object } }
  await old.ask({ replSetReconfig: { ...config, version: config.version + 1, settings: { ...config.settings, electionTimeoutMillis: 60_000, catchUpTimeoutMillis: 0 } } })
  const side = [old.name, 's0']
  rig.roads.cut((from, to) => side.includes(from) !== side.includes(to))
  await elect(rig.members.filter(member => member !== old))
  t.not((await rig.primary([old.name])).name, old.name, 'another one was elected')
  t.equal((await old.ask({ hello: 1 }))['isWritablePrimary'], true, 'and the old one does not know')
  for (const chart of charts) {
    const status = async () => (await afar.shutOut(chart)).status
    let last = await status()
    for (let tries = 0; tries < 10 && last === 503; tries++) last = await status()
    t.equal(last, 201, 'acknowledged elsewhere')
  }

  // They are read, and wait for a majority that does not come.
  const late = questions.map(async question => await here.ask(here.doctor, 'GET', question))
  for (let tries = 0; tries < 100 && !await isTracing(old); tries++) await sleep(100)
  await sleep(1500)
  rig.roads.mend()
  const answers = await Promise.all(late)
  for (const [index, { text }] of answers.entries()) t.notMatch(text, charts[index]?.document ?? 'x', questions[index] ?? '')
  t.comment(answers.map(({ status, began, ended }) => `${status} after ${Math.round(ended - began)} ms`).join(', '))
  t.ok(answers.some(({ status }) => status === 503), 'what was read of the past is not told')
  t.ok(answers.every(({ status }) => [200, 404, 503].includes(status)))

  // And once it knows better.
  for (const [index, question] of questions.entries()) {
    let answer = await here.ask(here.doctor, 'GET', question)
    for (let tries = 0; tries < 20 && answer.status === 503; tries++) {
      await sleep(500)
      answer = await here.ask(here.doctor, 'GET', question)
    }
    t.equal(answer.status, question.includes('?') ? 200 : 404, question)
    t.notMatch(answer.text, charts[index]?.document ?? 'x')
  }
})
