/** Who calls (security.md A1–A6; adversary F20): a token is believed when all of it is right, and before a body is read. */
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import t from 'tap'
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose'
import { LOCAL_AUDIENCE, LOCAL_ISSUER, createAuthenticate, localTrust } from '../../src/http/authenticate.js'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { INS_TEST, as } from '../helper/app.js'
import type { Claims } from '../helper/app.js'
import { document, emergency } from '../helper/resource.js'
import { face, newPerson, newStructure, openScene } from './scene.js'

const scene = await openScene(t)
const now = () => Math.floor(Date.now() / 1000)
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const { holder, physician, id } = await scene.cast()

/** Claims of a right token, and what is wrong with it. */
const claims = (more: object = {}) => ({ ...as.holder(holder.ins), scope: 'user/*.cruds', jti: randomUUID(), iss: LOCAL_ISSUER, aud: LOCAL_AUDIENCE, iat: now(), exp: now() + 600, ...more })

t.test('A1 without a token every address answers the same, and says which token', async t => {
  const expected = face(await scene.request(undefined, 'GET', `/Patient/${holder.id}`))
  t.match(expected, /^\[\s*401/)
  t.match(expected, '"www-authenticate",\n   "Bearer"')
  t.match(expected, 'MSG_AUTH_REQUIRED')
  for (const [method, url] of [['GET', '/Patient/none'], ['GET', '/Unknown/x'], ['GET', '/'], ['GET', `/DocumentReference/${id}`], ['GET', '/DocumentReference?x=y'], ['POST', '/DocumentReference'], ['PUT', '/DocumentReference/x'], ['DELETE', '/DocumentReference/x'], ['PATCH', '/DocumentReference/x'], ['DELETE', '/AuditEvent/x'], ['OPTIONS', '/Patient/x']] as const) {
    t.equal(face(await scene.request(undefined, method, url)), expected, `${method} ${url}`)
  }
  for (const authorization of ['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearer a b.c.d', 'Bearer a.b', 'Bearer a.b.c.d']) {
    t.equal((await scene.request(undefined, 'GET', '/Patient/x', { headers: { authorization } })).status, 401, authorization)
  }
})

t.test('A1 A11 what is public is public, nothing else is', async t => {
  for (const url of ['/livez', '/readyz', '/fhir/metadata']) {
    const answer = await scene.request(undefined, 'GET', url.startsWith('/fhir') ? url : `http://x${url}`)
    t.equal(answer.status, 200, url)
    t.notMatch(answer.text, holder.id)
  }
})

t.test('A2 A3 a token with one thing wrong is no token', async t => {
  const { privateKey } = await generateKeyPair('ES256')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const right = await scene.token(as.holder(holder.ins))
  const [head = '', payload = '', signature = ''] = right.split('.')
  const unsigned = (header: object, more: object = {}) => `${base64(header)}.${base64(claims(more))}`
  const bySecret = (secret: string) => {
    const text = unsigned({ alg: 'HS256', kid: 'test' })
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const signed = async (header: { alg: string, kid?: string }, key = privateKey) => await new SignJWT(claims()).setProtectedHeader(header).sign(key)
  const cases: Readonly<Record<string, string>> = {
    'alg none': `${unsigned({ alg: 'none' })}.`,
    'alg none with a signature': `${unsigned({ alg: 'none', kid: 'test' })}.${signature}`,
    'alg None': `${unsigned({ alg: 'None', kid: 'test' })}.${signature}`,
    'HS256 with the key id': bySecret('test'),
    'HS256 with nothing': bySecret('\0'),
    'another key, our key id': await signed({ alg: 'ES256', kid: 'test' }),
    'another key, an unknown key id': await signed({ alg: 'ES256', kid: '../../etc/passwd' }),
    'another key, no key id': await signed({ alg: 'ES256' }),
    'another algorithm': await signed({ alg: 'RS256', kid: 'test' }, rsa.privateKey as never),
    'changed claims': `${head}.${base64(claims({ actor: 'operator' }))}.${signature}`,
    'signature cut': right.slice(0, -2),
    'signature gone': `${head}.${payload}.`
  }
  for (const [name, token] of Object.entries(cases)) {
    const answer = await scene.request(token, 'GET', `/Patient/${holder.id}`)
    t.equal(answer.status, 401, name)
    t.match(answer.headers['www-authenticate'], /^Bearer/, name)
  }
  t.equal(await scene.status(right, `/Patient/${holder.id}`), 200, 'the right one is')
})

t.test('A2 A3 wrong issuer, audience, time, and the public key as a secret: the verifier alone', async t => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const authenticate = createAuthenticate(localTrust({ keys: [{ ...await exportJWK(publicKey), kid: 'k', alg: 'ES256' }] }), { systemOf: () => undefined, mayDeclareEmergency: () => false })
  const token = async (more: object) => await new SignJWT(JSON.parse(JSON.stringify(claims(more)))).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey)
  const who = async (text: string) => await authenticate(`Bearer ${text}`, Date.now()).then(principal => principal.subject, error => error instanceof OutcomeError ? error.kind : String(error))
  const pem = await exportSPKI(publicKey)
  const text = `${base64({ alg: 'HS256', kid: 'k' })}.${base64(claims())}`
  t.equal(await who(await token({})), `holder:${INS_TEST}|${holder.ins}`)
  t.equal(await who(`${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`), 'unauthenticated', 'HS256 with the public key')
  const wrong: readonly object[] = [
    { iss: 'urn:other' }, { iss: undefined }, { aud: 'urn:other' }, { aud: undefined }, { exp: now() - 120 }, { exp: undefined }, { exp: 'soon' },
    { iat: undefined }, { nbf: now() + 120 }, { actor: undefined }, { actor: 'root' }, { actor: 'constructor' }, { actor: '__proto__' }, { actor: ['operator'] },
    { ins: undefined }, { ins: holder.ins }, { ins: `urn:oid:1.2.3|${holder.ins}` }, { ins: [`${INS_TEST}|${holder.ins}`] }
  ]
  for (const more of wrong) t.equal(await who(await token(more)), 'unauthenticated', JSON.stringify(more))
})

t.test('F20 C12 an emergency lives one hour at most, whatever its own iat says', async t => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const authenticate = createAuthenticate(localTrust({ keys: [{ ...await exportJWK(publicKey), kid: 'k', alg: 'ES256' }] }),
    { systemOf: oid => oid === '1.2.250.1.71.1.2.7' ? 'urn:profession' : undefined, mayDeclareEmergency: profession => profession.startsWith('urn:profession|') })
  const outcome = async (iat: number, exp: number) => {
    const who = { ...claims(), ...as.emergency(newPerson(), newStructure(), holder.ins, 'bris_de_glace'), iat: now() + iat, exp: now() + exp }
    const token = await new SignJWT(who).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey)
    return await authenticate(`Bearer ${token}`, Date.now()).then(() => 'taken', error => error instanceof OutcomeError ? error.kind : String(error))
  }
  t.equal(await outcome(0, 3600), 'taken')
  t.equal(await outcome(-1800, 1800), 'taken')
  t.equal(await outcome(0, 3601), 'emergency-refused')
  t.match(await outcome(36_000, 39_000), /emergency-refused|unauthenticated/)
  t.match(await outcome(3600, 7200), /emergency-refused|unauthenticated/)
})

t.test('A4 a token that brings its own keys is refused, and nothing is fetched', async t => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  let calls = 0
  const server = createServer((_request, response) => { calls += 1; response.end('{}') })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const url = `http://127.0.0.1:${port}/jwks`
  for (const header of [{ jku: url }, { x5u: url }, { jwk: await exportJWK(publicKey) }, { jku: url, kid: 'test' }]) {
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', ...header } as never).sign(privateKey)
    t.equal(await scene.status(token, `/Patient/${holder.id}`), 401)
  }
  t.equal(calls, 0)
})

t.test('A5 who is not known has no body read', async t => {
  for (const body of ['{', 'x'.repeat(16 * 1024 * 1024), '{"a":1,"a":2}']) {
    t.equal((await scene.request(undefined, 'POST', '/DocumentReference', { body })).status, 401)
  }
  t.equal((await scene.request(undefined, 'POST', '/DocumentReference', { body: 'x', headers: { 'content-type': 'text/x-unknown' } })).status, 401)
})

t.test('A6 a scope narrows, and says nothing of what exists', async t => {
  const withScope = async (scope: string) => await scene.token({ ...as.professional(physician.person, physician.structure), scope })
  const narrow = await withScope('user/Consent.rs user/DocumentReference.s')
  for (const url of [`/DocumentReference/${id}`, '/DocumentReference/none', `/Patient/${holder.id}`, '/Patient/none', `/DocumentReference/${id}/_history`]) {
    const answer = await scene.request(narrow, 'GET', url)
    t.equal(answer.status, 403, url)
  }
  t.equal(face(await scene.request(narrow, 'GET', `/DocumentReference/${id}`)), face(await scene.request(narrow, 'GET', '/DocumentReference/none')))
  t.equal(await scene.status(narrow, `/DocumentReference?patient=${holder.id}`), 200)
  const found = await scene.request(narrow, 'GET', `/DocumentReference?patient=${holder.id}&_include=DocumentReference:patient`)
  t.same(found.json.entry.map(({ resource }: { resource: { resourceType: string } }) => resource.resourceType), ['DocumentReference'], 'nor is it included')
  t.equal((await scene.post(narrow, document(holder.id))).status, 403)
  const rows: readonly (readonly [scope: string, status: number])[] = [
    ['user/*.r', 200], ['patient/DocumentReference.rs', 200], ['user/DocumentReference.read', 200], ['user/DocumentReference.*', 200],
    ['', 403], ['user/DocumentReference.write', 403], ['user/DocumentReference.cud', 403], ['user/DocumentReference.sr', 403], ['user/documentreference.r', 403],
    ['user/DocumentReference.rs?category=x', 403], ['openid profile', 403], ['*', 403], ['*/*.*', 403], ['user/DocumentReference', 403], ['user/Document*.r', 403]
  ]
  for (const [scope, status] of rows) t.equal(await scene.status(await withScope(scope), `/DocumentReference/${id}`), status, scope)
})

t.test('F20 C12 an emergency that lacks a thing is refused before any record is touched, and told to the holder', async t => {
  const named = await scene.holder()
  await scene.make(named.token, emergency(named.id, 'urgence-ps', 'BTG'))
  await scene.make(named.token, emergency(named.id, 'urgence-samu', 'ETREAT'))
  const document1 = await scene.make((await scene.hospital()).token, document(named.id))
  const events = async () => (await scene.request(named.token, 'GET', '/AuditEvent?_summary=count')).json.total as number
  const rows: readonly (readonly [name: string, mode: string, more: Claims])[] = [
    ['no reason', 'bris_de_glace', { Mode_Acces_Raison: undefined }],
    ['an empty reason', 'bris_de_glace', { Mode_Acces_Raison: '  ' }],
    ['no regulation', 'centre_15', { Acces_Regulation_Medicale: undefined }],
    ['regulation false', 'centre_15', { Acces_Regulation_Medicale: 'FAUX' }],
    ['no profession', 'bris_de_glace', { SubjectRole: undefined }],
    ['a profession of the social sector', 'bris_de_glace', { SubjectRole: ['10^1.2.250.1.213.1.6.1.1'] }],
    ['ten hours', 'bris_de_glace', { life: '10h' }]
  ]
  for (const [name, mode, more] of rows) {
    const token = await scene.token(JSON.parse(JSON.stringify(as.emergency(newPerson(), newStructure(), named.ins, mode, more))))
    const before = await events()
    const answer = await scene.request(token, 'GET', `/DocumentReference/${document1}`)
    t.equal(answer.status, 403, name)
    t.notMatch(answer.text, document1)
    t.equal(await events() - before - 1, 1, `${name} is told`)
    t.equal(face(await scene.request(token, 'GET', '/DocumentReference/none')), face(answer), `${name}, whatever is asked`)
  }
  const journal = await scene.request(named.token, 'GET', '/AuditEvent?_count=200')
  t.match(journal.text, 'bris_de_glace')
  const nobody = await scene.token(JSON.parse(JSON.stringify(as.emergency(newPerson(), newStructure(), named.ins, 'bris_de_glace', { ins: undefined }))))
  t.equal(await scene.status(nobody, `/DocumentReference/${document1}`), 403, 'an emergency of no patient')
  for (const mode of ['bris_de_glace', 'centre_15']) {
    const token = await scene.token(as.emergency(newPerson(), newStructure(), named.ins, mode))
    t.equal(await scene.status(token, `/DocumentReference/${document1}`), 200, `${mode}, with all`)
  }
})
