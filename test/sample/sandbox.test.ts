/** The sandbox: its records are filled by the server's own API, and its guided cases are marked by what the record tells. */
import { pathToFileURL } from 'node:url'
import t from 'tap'
import type { Ask } from '../../scripts/sandbox/ask.js'
import { casesOf } from '../../scripts/sandbox/cases.js'
import type { Bearer } from '../../scripts/sandbox/cast.js'
import { fill } from '../../scripts/sandbox/fill.js'
import { pageOf } from '../../scripts/sandbox/page.js'
import { startApp } from '../helper/app.js'
import type { Claims, TestResponse } from '../helper/app.js'
import { ROOT, inProject } from '../helper/root.js'
import { block, document, label, person } from '../helper/resource.js'

const { request, token } = await startApp(t)
const { claimsOf } = await import(pathToFileURL(inProject('scripts/token-claims.mjs')).href) as { readonly claimsOf: (bearer: Bearer, warn: () => void) => Claims }

const as = async (bearer: Bearer, method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<TestResponse> =>
  await request(await token(claimsOf(bearer, () => {})), method, path === '' ? '' : `/${path}`, body === undefined ? {} : { body })
const ask: Ask = as

const filled = await fill(ask, ROOT.pathname)
const bearers = filled.personas.flatMap(({ tokens }) => tokens)
const bearer = (title: string): Bearer => bearers.find(each => each.title === title)?.bearer ?? { as: '' }
const [holder, gp, laboratory, doctor] = ['holder', 'general practitioner', 'laboratory', 'hospital doctor'].map(bearer) as [Bearer, Bearer, Bearer, Bearer]
const patient = filled.personas[0]?.patient ?? ''
const seen = async () => (await casesOf(ask, filled)).map(({ title, steps }) => `${title}: ${steps.map(({ isSeen }) => isSeen ? 'seen' : '-').join(' ')}`)
const all = async (who: Bearer, id: string) => (await as(who, 'GET', `DocumentReference?patient=Patient/${id}&_summary=count`)).json.total as number

t.test('each persona finds in their record what the page says', async t => {
  const counts = new Map(await Promise.all(filled.personas.map(async ({ key, patient, ins, tokens }) =>
    [key, { own: await all({ as: 'holder', ins }, patient), theirs: key === 'operator' ? 0 : await all(tokens[0]?.bearer ?? { as: '' }, patient) }] as const)))
  for (const key of ['holder', 'gp', 'treating', 'laboratory', 'hospital', 'pharmacy', 'application']) t.ok((counts.get(key)?.theirs ?? 0) > 0, `${key} reads`)
  for (const key of ['laboratory', 'hospital']) t.ok((counts.get(key)?.theirs ?? 0) < (counts.get(key)?.own ?? 0), `${key} reads its own deposits only`)
  t.ok((counts.get('operator')?.own ?? 0) > 0, 'there is something in the operator\'s')
  t.equal((await as({ as: 'operator' }, 'GET', `DocumentReference?patient=Patient/${filled.personas[7]?.patient ?? ''}`)).json.total, 0, 'the operator finds nothing')
})

t.test('a step is marked once the record tells of it, and not before', async t => {
  t.strictSame(await seen(), ['Deposit: -', 'Replace: -', 'Mask: - -', 'Block: - -', 'Emergency: - -', 'Trace: -'])
  const first = await as(laboratory, 'POST', 'DocumentReference', document(patient))
  await as(laboratory, 'POST', 'DocumentReference', document(patient, { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${first.json.id as string}` } }] }))
  t.strictSame((await seen()).slice(0, 3), ['Deposit: seen', 'Replace: seen', 'Mask: - -'])
  const other = await as(laboratory, 'POST', 'DocumentReference', document(patient))
  t.equal((await as(holder, 'PUT', `DocumentReference/${other.json.id as string}`, { ...other.json, securityLabel: [label('MASQUE_PS')] })).status, 200)
  t.equal((await seen())[2], 'Mask: seen -')
  await as(gp, 'GET', `DocumentReference/${other.json.id as string}`)
  t.equal((await seen())[2], 'Mask: seen seen')
  await as(holder, 'POST', 'Consent', block(patient, person(filled.roles.doctor)))
  t.equal((await seen())[3], 'Block: seen -')
  await as(gp, 'GET', `DocumentReference?patient=Patient/${patient}`)
  t.equal((await seen())[3], 'Block: seen seen')
  await as(doctor, 'GET', `DocumentReference?patient=Patient/${patient}`)
  t.equal((await seen())[4], 'Emergency: seen -')
  await as(bearer('hospital doctor, breaking the glass of the holder\'s record'), 'GET', `DocumentReference?patient=Patient/${patient}`)
  t.strictSame((await seen()).slice(4), ['Emergency: seen seen', 'Trace: -'])
  await as(holder, 'GET', `AuditEvent?patient=Patient/${patient}`)
  t.equal((await seen())[5], 'Trace: seen')
})

t.test('what happened long ago stays marked, however often the page was drawn since', async t => {
  const inSmallPages: Ask = async (bearer, method, path) => await as(bearer, method, path.replace('_count=199', '_count=3'))
  t.ok((await casesOf(inSmallPages, filled)).every(({ steps }) => steps.every(({ isSeen }) => isSeen)))
})

t.test('the page shows each persona, token and case, and escapes what it is told', async t => {
  const html = pageOf({ ...filled, base: 'http://127.0.0.1:8080/fhir', cases: await casesOf(ask, filled), tokenOf: () => '<token>' })
  for (const { title } of filled.personas) t.match(html, title)
  t.equal(html.split('&lt;token&gt;').length - 1, bearers.length)
  t.equal(html.split('class="seen"').length - 1, 9)
  t.notMatch(html, /<script|<token>/)
})
