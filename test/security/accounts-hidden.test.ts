/**
 * An account that was notified or opposed looks like none (consent.md 4, rule 1): so it does to whatever names its patient
 * by INS in a write, in bytes and in commands to MongoDB.
 */
import t from 'tap'
import { INS_TEST } from '../helper/app.js'
import { actor, consent, document, person } from '../helper/resource.js'
import { costOf } from './cost.js'
import { newIns, openScene } from './scene.js'
import type { TestResponse } from '../helper/app.js'

const scene = await openScene(t)
const account = (status: string) => ({ extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: status }] })
const known = await scene.holder()
const [physician, hospital] = [await scene.physician(), await scene.hospital()]
const byCondition = (ins: string) => ({ reference: `Patient?identifier=${INS_TEST}|${ins}` })

type Ask = (ins: string) => Promise<TestResponse>
const message = (recipient: object) => ({ resourceType: 'Communication', status: 'completed', subject: { reference: `Patient/${known.id}` }, sender: person(physician.person), recipient: [recipient] })
const observation = (more: object) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${known.id}` }, ...more })

const ASKED: Readonly<Record<string, Ask>> = {
  'a deposit by identifier': async ins => await scene.post(hospital.token, document('x', { subject: { identifier: { system: INS_TEST, value: ins } } })),
  'a deposit by condition': async ins => await scene.post(hospital.token, document('x', { subject: byCondition(ins) })),
  'a content': async ins => await scene.request(hospital.token, 'POST', '/Binary', { body: 'hello', headers: { 'content-type': 'text/plain', 'x-security-context': byCondition(ins).reference } }),
  'a reference of a deposit': async ins => await scene.post(hospital.token, observation({ performer: [byCondition(ins)] })),
  'the recipient of a message': async ins => await scene.post(physician.token, message(byCondition(ins))),
  'an appointment': async ins => await scene.post(physician.token, { resourceType: 'Appointment', status: 'booked', participant: [{ status: 'accepted', actor: person(physician.person) }, { status: 'accepted', actor: { identifier: { system: INS_TEST, value: ins } } }] }),
  'a choice': async ins => await scene.post(physician.token, { ...consent('x', 'acces-ponctuel', {}), patient: byCondition(ins) })
}

for (const [name, ask] of Object.entries(ASKED)) {
  t.test(`P24 ${name} tells no account that looks like none`, async t => {
    const costOfOne = async (ins: string) => {
      const { look, commands } = await costOf(scene, async () => await ask(ins))
      return `${commands} ${look.replaceAll(ins, 'INS')}`
    }
    await costOfOne(newIns())
    const nobody = await costOfOne(newIns())
    t.notMatch(nobody, '[\n 20')
    for (const status of ['notified', 'opposed']) t.equal(await costOfOne((await scene.holder(account(status))).ins), nobody, status)
  })
}

t.test('P24 what a choice names is written as it stands where nobody is found', async t => {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const provision = { type: 'permit', actor: actor(person(physician.person)), period: { start: at(-1000), end: at(3600_000) } }
  const performer = async (ins: string) => {
    const { status, json } = await scene.post(physician.token, consent(known.id, 'acces-ponctuel', provision, { performer: [byCondition(ins)] }))
    return JSON.stringify([status, json.performer]).replaceAll(ins, 'INS')
  }
  const nobody = await performer(newIns())
  t.match(nobody, '201')
  for (const status of ['notified', 'opposed']) t.equal(await performer((await scene.holder(account(status))).ins), nobody, status)
  const found = await scene.holder()
  t.match(await performer(found.ins), `Patient/${found.id}`, 'whom everybody finds by identifier is named')
})
