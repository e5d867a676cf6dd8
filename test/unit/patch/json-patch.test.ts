import t from 'tap'
import { stringifyJson } from '../../../src/json/literal.js'
import { parseJson } from '../../../src/json/parse.js'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { applyJsonPatch } from '../../../src/patch/json-patch.js'

const parse = (text: string) => parseJson(new TextEncoder().encode(text)) as object

/** What is thrown: kind, status, place. */
function refusalOf (resource: object, operations: unknown): { kind: string, status: number, expression: string | undefined, diagnostics: string } {
  try {
    applyJsonPatch(resource, operations)
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    const { kind, status, faults } = error
    return { kind, status, expression: faults[0]?.expression, diagnostics: faults[0]?.diagnostics ?? '' }
  }
  throw new Error('was applied')
}

t.test('a patch that is none is 400 at its place', async t => {
  for (const [operations, expression] of [
    [undefined, undefined], [{}, undefined], ['x', undefined], [[null], '[0]'], [[[]], '[0]'], [[{ op: 'test', path: '', value: {} }, { op: 'ADD', path: '/a', value: 1 }], '[1].op'],
    [[{ path: '/a' }], '[0].op'], [[{ op: 'remove' }], '[0].path'], [[{ op: 'remove', path: 3 }], '[0].path'], [[{ op: 'remove', path: 'a' }], '[0].path'],
    [[{ op: 'remove', path: '/a~2' }], '[0].path'], [[{ op: 'remove', path: '/a~' }], '[0].path'], [[{ op: 'add', path: '/a' }], '[0].value'],
    [[{ op: 'copy', path: '/a' }], '[0].from'], [[{ op: 'move', path: '/a', from: null }], '[0].from'], [[{ op: 'remove', path: '/' + 'a'.repeat(2000) }], '[0].path'],
    [[{ op: 'remove', path: '/a'.repeat(65) }], '[0].path'], [Array.from({ length: 501 }, () => ({ op: 'test', path: '/a', value: 1 })), undefined]
  ] as const) {
    t.match(refusalOf({ a: 1 }, operations), { kind: 'invalid-request', status: 400, expression }, JSON.stringify(operations)?.slice(0, 80))
  }
})

t.test('names of prototypes are refused wherever they stand', async t => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    for (const path of [`/${name}`, `/a/${name}/x`, `/${name}/-`]) {
      for (const operation of [{ op: 'add', path, value: 1 }, { op: 'remove', path }, { op: 'test', path, value: 1 }, { op: 'copy', from: path, path: '/b' }, { op: 'move', from: '/a', path }]) {
        t.match(refusalOf({ a: { x: 1 } }, [operation]), { status: 400, diagnostics: 'This name is not allowed' })
      }
    }
    t.match(refusalOf({}, [{ op: 'add', path: '/a', value: JSON.parse(`{"b":[{"${name}":1}]}`) }]), { status: 400, expression: '[0].value' })
  }
  for (const name of ['toString', 'length', 'hasOwnProperty']) {
    for (const path of [`/${name}`, `/list/${name}`]) t.match(refusalOf({ list: [] }, [{ op: 'copy', from: path, path: '/b' }]), { status: 422, expression: '[0].from' }, 'what is inherited is not there')
  }
  t.equal(Reflect.get({}, 'x'), undefined)
})

t.test('what does not fit the resource is 422 at its place', async t => {
  const resource = { resourceType: 'Basic', id: 'x', a: { b: 1 }, list: [1, 2], text: 'abc', none: null }
  for (const [operation, expression] of [
    [{ op: 'test', path: '/a/b', value: 2 }, '[0]'], [{ op: 'test', path: '/c', value: 2 }, '[0].path'], [{ op: 'remove', path: '/c' }, '[0].path'], [{ op: 'replace', path: '/c', value: 1 }, '[0].path'],
    [{ op: 'add', path: '/c/d', value: 1 }, '[0].path'], [{ op: 'add', path: '/text/0', value: 1 }, '[0].path'], [{ op: 'add', path: '/none/a', value: 1 }, '[0].path'], [{ op: 'add', path: '/list/3', value: 1 }, '[0].path'],
    [{ op: 'add', path: '/list/01', value: 1 }, '[0].path'], [{ op: 'add', path: '/list/-1', value: 1 }, '[0].path'], [{ op: 'add', path: '/list/1e0', value: 1 }, '[0].path'], [{ op: 'remove', path: '/list/-' }, '[0].path'],
    [{ op: 'replace', path: '/list/2', value: 1 }, '[0].path'], [{ op: 'copy', from: '/list/2', path: '/c' }, '[0].from'], [{ op: 'move', from: '/a', path: '/a/b/c' }, '[0].path'], [{ op: 'move', from: '', path: '/a' }, '[0].path'],
    [{ op: 'remove', path: '' }, '[0].path'], [{ op: 'replace', path: '', value: [] }, '[0].path'], [{ op: 'add', path: '', value: {} }, 'Resource.resourceType'], [{ op: 'replace', path: '/id', value: 'y' }, 'Resource.id']
  ] as const) {
    t.match(refusalOf(resource, [operation]), { kind: 'inapplicable-patch', status: 422, expression }, JSON.stringify(operation))
  }
})

t.test('the pointer that the French guide prints is refused, and what to write instead is said', async t => {
  const refusal = refusalOf({ resourceType: 'DocumentReference' }, [
    { op: 'replace', path: '/extension[url:”https://interop.esante.gouv.fr/ig/fhir/pdsm/SearchParameter/PDSm-isArchived”]/valueBoolean', value: 'true' }
  ])
  t.match(refusal, { status: 400, expression: '[0].path' })
  t.match(refusal.diagnostics, "DocumentReference.extension('url').value")
  t.match(refusal.diagnostics, '/extension/0/valueBoolean')
})

t.test('nothing is changed in place: neither the resource nor the patch', async t => {
  const resource = { a: { list: [1] } }
  const operations = [{ op: 'add', path: '/b', value: { list: [] } }, { op: 'add', path: '/b/list/-', value: 1 }, { op: 'copy', from: '/a', path: '/c' }, { op: 'remove', path: '/c/list/0' }, { op: 'move', from: '/a', path: '/a' }]
  const [before, asked] = [JSON.stringify(resource), JSON.stringify(operations)]
  t.same(applyJsonPatch(resource, operations), { a: { list: [1] }, b: { list: [1] }, c: { list: [] } })
  t.equal(JSON.stringify(resource), before)
  t.equal(JSON.stringify(operations), asked)
})

t.test('decimals keep their digits', async t => {
  const resource = parse('{"a":1.00,"b":{"value":2.50},"list":[1.0,2,3.0]}')
  const patched = applyJsonPatch(resource, parse(`[
    {"op":"copy","from":"/a","path":"/c"}, {"op":"replace","path":"/a","value":1}, {"op":"move","from":"/b/value","path":"/list/1"}, {"op":"add","path":"/d","value":{"e":[0.10]}},
    {"op":"add","path":"/list/-","value":1e2}, {"op":"add","path":"/b/value","value":2.500}, {"op":"test","path":"/b/value","value":2.5}, {"op":"remove","path":"/list/0"}]`))
  t.equal(stringifyJson(patched), '{"a":1,"b":{"value":2.500},"list":[2.50,2,3.0,1e2],"c":1.00,"d":{"e":[0.10]}}')
  t.equal(stringifyJson(resource), '{"a":1.00,"b":{"value":2.50},"list":[1.0,2,3.0]}')
})

t.test('a patch that multiplies what it copies, nests or walks long lists ends soon', async t => {
  const copies = Array.from({ length: 200 }, (_, at) => ({ op: 'copy', from: '/a', path: `/a/x${at}` }))
  const nests = Array.from({ length: 200 }, () => ({ op: 'copy', from: '/a', path: '/a/b' }))
  const digs = Array.from({ length: 400 }, (_, at) => at % 2 === 0 ? { op: 'add', path: '/b', value: {} } : { op: 'move', from: '/a', path: '/b/a' }).flatMap((operation, at) => at % 2 === 0 ? [operation] : [operation, { op: 'move', from: '/b', path: '/a' }]).slice(0, 500)
  const long = Array.from({ length: 1_000_000 }, (_, at) => at)
  const inserts = Array.from({ length: 500 }, () => ({ op: 'add', path: '/list/0', value: 1 }))
  const start = process.cpuUsage()
  t.match(refusalOf({ a: { text: 'x'.repeat(1000) } }, copies), { kind: 'too-costly', status: 400 })
  t.match(refusalOf({ a: { b: 1 } }, nests), { status: 400 })
  t.match(refusalOf({ a: { b: 1 } }, digs), { status: 400 })
  t.match(refusalOf({ list: long }, inserts), { kind: 'too-costly' })
  t.match(refusalOf({ list: long }, Array.from({ length: 500 }, () => ({ op: 'copy', from: '/list', path: '/b' }))), { kind: 'too-costly' })
  t.match(refusalOf({ list: long }, [{ op: 'test', path: '/list', value: long.slice(1) }]), { status: 422 })
  const { user, system } = process.cpuUsage(start)
  t.ok(user + system < 5_000_000, `${(user + system) / 1000} ms of a processor`)
})
