/** `Patient/[id]/$activity`: what was done with a record, for the people whose it is, as FHIR and as CSV. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { as, INS_TEST } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'
import { access, document, emergency, label } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, PRACTICE, isAbsent, link, look, matches, openScene, refused } from '../interaction/scene.js'

const scene = await openScene(t)
const { get, gp, hospital, made, open, operator, professional, put, request } = scene

/** A record in which a professional, a structure, the operator, somebody in an emergency and the holder acted. */
async function record () {
  const opened = await open()
  const { id, ins, holder } = opened
  await made(holder, access(id, GP))
  await made(holder, emergency(id, 'urgence-ps', 'BTG'))
  const deposit = await made(hospital, document(id))
  await get(gp, `/DocumentReference/${deposit.id}`)
  await get(gp, `/DocumentReference?patient=Patient/${id}`)
  await get(await scene.token(as.emergency(GP2, PRACTICE, ins, 'bris_de_glace')), `/DocumentReference/${deposit.id}`)
  isAbsent(t, await get(await professional(GP2), `/DocumentReference/${deposit.id}`))
  return { ...opened, deposit, url: `/Patient/${id}/$activity` }
}

const acts = (response: TestResponse) => matches(response).map(({ subtype, agent }) => {
  const who = agent.find(({ requestor }: TestResponse['json']) => requestor).who
  return `${who.identifier?.value ?? who.display ?? who.reference.split('/')[0]} ${subtype[0].code}`
})

t.test('it holds every trace, the newest first, with its decision', async t => {
  const { holder, url } = await record()
  const response = await get(holder, url)
  t.match(response.json, { resourceType: 'Bundle', type: 'searchset', total: 8 })
  t.strictSame(acts(response), [`${GP2} read`, `${GP2} read`, `${GP} search-type`, `${GP} read`, `${HOSPITAL} create`, 'Patient create', 'Patient create', 'operator create'])
  t.match(response.text, '"url":"permit","valueBoolean":false')
  const again = await get(holder, url)
  t.strictSame(acts(again)[0], 'Patient operation', 'and to have asked is an act of their own')
})

t.test('by kind of actor, by person, by period', async t => {
  const { holder, url } = await record()
  const by = async (query: string) => acts(await get(holder, `${url}?${query}`))
  t.strictSame(await by('by=structure'), [`${HOSPITAL} create`])
  t.strictSame((await by('by=professional')).length, 4)
  t.strictSame((await by('by=professional,structure')).length, 5)
  t.strictSame((await by('by=professional&by=structure')).length, 5)
  t.strictSame(await by('by=operator'), ['operator create'])
  t.strictSame(await by('by=application'), [])
  t.strictSame((await by('by=holder')).every(act => act.startsWith('Patient ')), true)
  t.strictSame(await by(`who=${GP}`), [`${GP} search-type`, `${GP} read`])
  t.strictSame(await by(`who=urn:oid:1.2.250.1.71.4.2.1|${GP}`), [`${GP} search-type`, `${GP} read`])
  t.strictSame(await by(`who=${GP}&by=structure`), [])
  const year = new Date().getFullYear()
  t.strictSame(await by(`start=${year + 1}`), [])
  t.strictSame(await by(`end=${year - 1}`), [])
  t.strictSame((await by(`start=${year - 1}&end=${year + 1}&by=structure`)).length, 1)
  for (const query of ['by=nobody', 'start=tomorrow', 'end=2026-13', '_count=x', `who=${GP}&who=${GP2}`]) refused(t, await get(holder, `${url}?${query}`), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: query.split('=')[0] ?? '' })
  refused(t, await get(holder, `${url}?nonsense=1`), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'nonsense' })
})

t.test('posted, it takes Parameters', async t => {
  const { holder, url } = await record()
  const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter })
  const response = await request(holder, 'POST', url, { body: parameters({ name: 'by', valueCode: 'structure' }, { name: '_count', valueInteger: 5 }) })
  t.strictSame(acts(response), [`${HOSPITAL} create`])
  t.equal((await request(holder, 'POST', url, { body: { resourceType: 'Parameters' } })).status, 200)
  t.strictSame(acts(await request(holder, 'POST', `${url}?by=structure`)), [`${HOSPITAL} create`], 'or the address says all')
  t.strictSame((await request(holder, 'POST', url, { body: parameters({ name: 'by', valueCode: 'structure' }, { name: 'by', valueCode: 'professional' }) })).json.total, 5, 'a parameter that repeats is given more than once')
  refused(t, await request(holder, 'POST', url, { body: { resourceType: 'Patient' } }), 400, { code: 'invalid', expression: 'resourceType' })
  refused(t, await request(holder, 'POST', url, { body: parameters({ valueCode: 'structure' }) }), 422, { code: 'required', expression: 'Parameters.parameter[0]' })
  refused(t, await request(holder, 'POST', url, { body: parameters({ name: 'by' }) }), 422, { code: 'invariant', expression: 'Parameters.parameter[0]' })
  for (const parameter of [{ name: 'by', valueBoolean: true }, { name: 'by', part: [{ name: 'by', valueCode: 'structure' }] }]) {
    refused(t, await request(holder, 'POST', url, { body: parameters(parameter) }), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: 'Parameters.parameter[0]' })
  }
  refused(t, await request(holder, 'PUT', url), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
})

t.test('page by page, each trace once', async t => {
  const { holder, url } = await record()
  const seen: string[] = []
  let pages = 0
  for (let next: string | undefined = `${url}?_count=3&by=professional,structure,operator`; next !== undefined; pages++) {
    const response = await get(holder, next)
    t.equal(response.json.total, 6)
    t.match(link(response, 'self'), '$activity')
    seen.push(...matches(response).map(({ id }) => id))
    next = link(response, 'next')
  }
  t.strictSame([pages, seen.length, new Set(seen).size], [2, 6, 6])
  const page = link(await get(holder, `${url}?_count=3`), 'next') ?? ''
  const stranger = await open()
  isAbsent(t, await get(stranger.holder, page))
  isAbsent(t, await get(holder, page.replace('$activity', 'AuditEvent')))
})

t.test('it is theirs alone: to others it is as absent as the record of nobody', async t => {
  const { id, url, ins } = await record()
  const others = [gp, hospital, operator, await professional('899700000017'), (await open()).holder, await scene.token(as.application('app', ins))]
  for (const other of others) {
    const [hidden, nothing] = [await get(other, url), await get(other, `/Patient/${randomUUID()}/$activity`)]
    isAbsent(t, hidden)
    t.strictSame(look(hidden, id), look(nothing, id))
  }
  t.equal((await get(undefined, url)).status, 401)
  const narrow = await scene.token({ ...as.holder(ins), scope: 'patient/DocumentReference.rs' })
  refused(t, await get(narrow, url), 403, { code: 'forbidden' })
})

t.test('what is hidden from them is in no trace; a representative sees what they may of traces', async t => {
  const child = await open({ birthDate: '2015-05-05' })
  const parent = await made(operator, { resourceType: 'RelatedPerson', patient: { reference: `Patient/${child.id}` }, name: [{ family: 'PETIT' }], extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/legal-representation', valueCode: 'minor' }] })
  const parentToken = await scene.token({ actor: 'representative', representative_id: parent.id, ins: `${INS_TEST}|${child.ins}`, sub: parent.id })
  const url = `/Patient/${child.id}/$activity`
  const plain = await made(hospital, document(child.id))
  const secret = await made(await scene.token(as.structure(HOSPITAL, { Connexion_Secrete: true })), document(child.id))
  const withheld = await made(hospital, document(child.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const [ofChild, ofParent] = [await get(child.holder, url), await get(parentToken, url)]
  t.match(ofChild.text, secret.id)
  t.notMatch(ofParent.text, secret.id)
  for (const response of [ofChild, ofParent, await get(child.holder, `${url}?_format=csv`)]) {
    t.match(response.text, plain.id)
    t.notMatch(response.text, withheld.id)
  }
  t.notMatch((await get(parentToken, `${url}?_format=csv`)).text, secret.id)
  t.equal((await put(hospital, { ...withheld, securityLabel: undefined })).status, 200)
  t.match((await get(child.holder, url)).text, withheld.id)
})

t.test('as CSV: a line for each, pages in the header, no formula', async t => {
  const { holder, url, id, ins } = await record()
  const rescuer = await scene.token(as.emergency(GP2, PRACTICE, ins, 'bris_de_glace', { Mode_Acces_Raison: '=HYPERLINK("http://x")' }))
  await get(rescuer, `/Patient/${id}`)
  for (const [query, headers] of [['?_format=csv', {}], ['?_format=text/csv', {}], ['', { accept: 'text/csv' }]] as const) {
    const response = await get(holder, `${url}${query}`, headers)
    t.match([response.status, response.headers['content-type']], [200, 'text/csv; charset=utf-8; header=present'])
    t.equal(response.text.split('\r\n')[0], 'date,acteur,identifiant,structure,profession,acte,objet,resultat,permis,regle,choix,motif')
  }
  const { text } = await get(holder, `${url}?_format=csv&by=professional&who=${GP2}&_count=2`)
  const lines = text.trimEnd().split('\r\n')
  t.equal(lines.length, 3)
  t.match(lines[1], /^\d{4}-[^,]+,professionnel,899700366240,1751234567,10,read,/)
  t.match(lines[1], '"\'=HYPERLINK(""http://x"")"')
  const paged = await get(holder, `${url}?_format=csv&_count=2`)
  const next = /<([^>]+)>; rel="next"/.exec(paged.headers['link'] ?? '')?.[1] ?? ''
  const second = await get(holder, next)
  t.match([second.status, second.headers['content-type']], [200, 'text/csv; charset=utf-8; header=present'])
  t.notMatch(second.text, (paged.text.split('\r\n')[1] ?? '').slice(0, 24) === '' ? '-' : paged.text.split('\r\n')[1])
  refused(t, await get(holder, `${url}?_format=xml`), 406, { code: 'not-supported', expression: '_format' })
  refused(t, await get(holder, `/Patient/${id}?_format=csv`), 406, { code: 'not-supported', expression: '_format' })
})
