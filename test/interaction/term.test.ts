/** How long something holds, where the operator set it: each is looked at from instants to come. */
import t from 'tap'
import { search } from '../../src/interaction/search.js'
import type { Principal } from '../../src/security/principal.js'
import { access, actor, consent, document, label, person } from '../helper/resource.js'
import { GP, GP2, PRACTICE, openScene } from './scene.js'

const DAY = 24 * 3600_000
const GENERAL_PRACTITIONER = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante|10'
const INS = 'urn:oid:1.2.250.1.213.1.4.10'

const scene = await openScene(t, { WITHHELD_MONTHS: '3', RECORDED_TEAM_DAYS: '2' })
const { app, gp, hospital, made, open, post } = scene
const caller = (kind: Principal['kind'], more: Partial<Principal>): Principal =>
  ({ kind, subject: kind, scopes: [{ type: '*', permissions: 'cruds' }], mode: 'normal', isSecret: false, expires: 0, ...more })

/** How many documents of a record somebody finds, so many days from now. */
async function found (as: Principal, patient: string, days: number): Promise<number> {
  const { body } = await search(app.context, { sight: await app.sightOf(as, Date.now() + days * DAY), type: 'DocumentReference', parameters: [['patient', patient]], lenient: false })
  return body.kind === 'searchset' ? body.entries.length : NaN
}

t.test('what waits to be announced opens to the holder after so many months', async t => {
  const { id, ins } = await open()
  await made(hospital, document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const holder = caller('holder', { ins: `${INS}|${ins}` })
  t.strictSame([await found(holder, id, 32), await found(holder, id, 85), await found(holder, id, 94)], [0, 0, 1])
})

t.test('a team that a professional recorded sees for so many days, and longer once the holder confirms it', async t => {
  const { id, holder } = await open()
  await made(hospital, document(id))
  await made(holder, access(id, GP))
  const team = await made(holder, { resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${id}` }, participant: [{ member: person(GP2) }] })
  const attested = { verification: [{ verified: true, verifiedWith: { reference: `Patient/${id}` }, verificationDate: new Date().toISOString() }] }
  const agreed = consent(id, 'equipe-soins', { type: 'permit', actor: actor({ reference: `CareTeam/${team['id'] as string}` }) }, attested)
  const recorded = await post(gp, agreed)
  t.equal(recorded.status, 201, recorded.text)
  const member = caller('professional', { person: `person:${GP2}`, structure: `structure:${PRACTICE}`, profession: GENERAL_PRACTITIONER })
  t.strictSame([await found(member, id, 0), await found(member, id, 1.9), await found(member, id, 2.1)], [1, 1, 0])
  t.equal((await scene.put(holder, { ...agreed, id: recorded.headers['location']?.split('/').at(-3) })).status, 200)
  t.strictSame([await found(member, id, 2.1), await found(member, id, 100)], [1, 1])
})
