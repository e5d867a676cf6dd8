/** The OpenAPI document and its page: valid, all of what is routed and nothing else, and a page that needs nobody else. */
import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { declaredRows } from '../../src/http/rows.js'
import { readFileSync } from 'node:fs'
import { ROOT } from '../helper/root.js'
import type { Method, TestResponse } from '../helper/app.js'
import { openScene } from '../interaction/scene.js'

const { app, request, operator } = await openScene(t)
const { status, headers, json: document } = await request(undefined, 'GET', '/openapi.json')
type Json = TestResponse['json']
const operations = Object.entries(document.paths as { readonly [path: string]: Json }).flatMap(([path, item]) =>
  Object.keys(item).filter(method => method !== 'servers').map(method => ({ path, method: method.toUpperCase() as Method, operation: item[method] as Json })))

t.test('it is OpenAPI 3.1, and refers to nothing that is not in it', async t => {
  t.strictSame([status, headers['content-type'], document.openapi], [200, 'application/json; charset=utf-8', '3.1.0'])
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>)
  t.ok(valid, JSON.stringify(errors))
  const refs = new Set([...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, ref = '']) => ref))
  t.ok(refs.size > 500)
  for (const ref of refs) t.ok(ref.split('/').reduce((at: Json, name) => at?.[name], document), ref)
  const ids = operations.map(({ operation }) => operation.operationId as string)
  t.equal(new Set(ids).size, ids.length, 'each operation has a name of its own')
})

t.test('it has each route that is declared, and no other', async t => {
  const [rest] = JSON.parse(readFileSync(new URL('capability-statement.json', ROOT), 'utf8')).rest
  const rows = declaredRows(rest, app.context).map(({ method, path }) => `${String(method)} ${path === '' ? '/fhir' : path.replace(/:all\([^)]*\)/, '*').replace(/:(\w+)/g, '{$1}')}`)
  const open = ['GET /metadata', ...['OperationDefinition', 'SearchParameter', 'StructureDefinition'].map(type => `GET /${type}/{id}`)]
  t.ok(rows.length > 300)
  t.same(operations.map(({ method, path }) => `${method} ${path}`).sort(), [...rows, ...open].sort())
  t.strictSame(operations.filter(({ operation }) => operation.security !== undefined).map(({ method, path }) => `${method} ${path}`).sort(), open.sort(), 'without a token only what is public')
  t.strictSame(document.paths['/fhir'].servers, [{ url: 'http://127.0.0.1:8080' }], 'the base has no slash at its end')
})

t.test('a search has its parameters and inclusions, an operation those of its definition', async t => {
  const names = (path: string) => (document.paths[path].get.parameters as Json[]).map(({ $ref, name }) => name ?? $ref.split('/').at(-1))
  t.ok(['DocumentReference.type', 'DocumentReference._include', '_sort'].every(name => names('/DocumentReference').includes(name)))
  t.ok(names('/Patient/{id}/$why').includes('actor'))
  t.match(document.components.parameters['DocumentReference.type'], { name: 'type', in: 'query', description: /Modifiers/ })
  t.strictSame(Object.keys(document.paths['/Patient/{id}'].patch.requestBody.content), ['application/json-patch+json', 'application/fhir+json'])
})

t.test('the page asks nobody but this server, and holds no script', async t => {
  const page = await request(undefined, 'GET', '/openapi')
  t.match(page, { status: 200, headers: { 'content-type': /^text\/html/, 'content-security-policy': /^default-src 'none'; script-src 'self';/ } })
  t.notMatch(page.text, /<script>|<style|\bon\w+=|https?:/)
  const parts = [...page.text.matchAll(/(?:src|href)="([^"d][^"]*)"/g)].map(([, part = '']) => part)
  t.equal(parts.length, 3)
  for (const part of parts) {
    const answer = await request(undefined, 'GET', `/${part}`)
    t.match(answer, { status: 200, headers: { 'content-type': /^text\/(?:javascript|css)/, 'x-content-type-options': 'nosniff' } }, part)
    t.notMatch(answer.headers['content-security-policy'], /unsafe|https?:/, part)
  }
  t.notMatch((await request(undefined, 'GET', '/openapi/swagger-ui.css')).text, /url\(["']?https?:|@import/)
  for (const path of ['/openapi/', '/openapi/package.json', '/openapi/..%2fpackage.json']) t.equal((await request(operator, 'GET', path)).status, 404, path)
})
