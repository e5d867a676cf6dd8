import t from 'tap'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { parseJson } from '../../../src/json/parse.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

function faultOf (body: string | Uint8Array): { diagnostics: string, expression?: string } {
  try {
    parseJson(typeof body === 'string' ? encode(body) : body)
  } catch (error) {
    if (error instanceof OutcomeError && error.kind === 'unparsable' && error.faults[0] !== undefined) return error.faults[0]
    throw error
  }
  throw new Error('was read')
}

t.test('reads what JSON.parse reads', async t => {
  for (const text of ['{}', '[]', '"x"', 'null', '1', '1.0', '{"a":[{"b":[1,2.5,-3]},true,null,"\\u00e9\\ud83d\\ude00\\t\\r\\n\\"\\\\"]}', ' {\r\n\t"é" : "π" } ']) {
    t.strictSame(parseJson(encode(text)), JSON.parse(text))
  }
})

t.test('refuses a key that is given twice, at its place', async t => {
  t.match(faultOf('{"resourceType":"DocumentReference","status":"current","status":"superseded"}'), { expression: 'DocumentReference.status' })
  t.match(faultOf('{"resourceType":"DocumentReference","content":[{},{"attachment":{"url":1,"\\u0075rl":2}}]}'), { expression: 'DocumentReference.content[1].attachment.url' })
  t.match(faultOf('{"a":{"b":1.0},"a":3}'), { diagnostics: 'An element is given twice', expression: 'Resource.a' })
  t.same(parseJson(encode('{"a":{"b":1},"b":{"b":2}}')), { a: { b: 1 }, b: { b: 2 } })
})

t.test('refuses keys of JavaScript prototypes, however they are written', async t => {
  for (const key of ['__proto__', '\\u005f_proto__', 'constructor', 'prototype']) {
    t.match(faultOf(`{"resourceType":"Patient","name":[{"${key}":{"x":1}}]}`), { diagnostics: 'This name is not allowed' })
  }
})

t.test('refuses what is too deep, without recursion', async t => {
  t.match(faultOf('{"a":'.repeat(600_000) + '1' + '}'.repeat(600_000)), { diagnostics: 'The body has more than 64 levels' })
  t.match(faultOf('['.repeat(600_000)), { diagnostics: 'The body has more than 64 levels' })
  t.ok(parseJson(encode('['.repeat(64) + ']'.repeat(64))))
})

t.test('refuses what has too many values or too many names', async t => {
  t.match(faultOf('[' + '1,'.repeat(1_000_001) + '1]'), { diagnostics: 'The body has more than 1000000 values' })
  t.match(faultOf('{' + Array.from({ length: 1001 }, (_, i) => `"k${i}":1`).join() + '}'), { diagnostics: 'An element has more than 1000 parts' })
})

t.test('refuses numbers that a double cannot hold', async t => {
  for (const number of ['1e400', '-1e400', '1e-400', '0e9999', '1'.repeat(129), '1' + '0'.repeat(400)]) {
    t.match(faultOf(`{"resourceType":"Observation","valueQuantity":{"value":${number}}}`),
      { diagnostics: 'A number is out of range', expression: 'Observation.valueQuantity.value' }, number)
  }
})

t.test('refuses characters that no FHIR string has', async t => {
  for (const escape of ['\\u0000', '\\b', '\\f', '\\u001f', '\\ud800', '\\udc00', '\\udc00\\ud800', 'x\\ud83dx']) {
    t.match(faultOf(`{"resourceType":"Patient","id":"${escape}"}`), { expression: 'Patient.id' }, escape)
    t.match(faultOf(`{"resourceType":"Patient","name":{"${escape}":1}}`), { expression: 'Patient.name' }, escape)
  }
  for (const raw of ['\u0000', '\u0001', '\n']) t.match(faultOf(`{"a":"${raw}"}`), { diagnostics: 'The body is not JSON' })
})

t.test('refuses bytes that are not UTF-8, and a byte order mark', async t => {
  t.match(faultOf(Uint8Array.of(0x22, 0xC0, 0xAF, 0x22)), { diagnostics: 'The body is not UTF-8' }, 'overlong')
  t.match(faultOf(Uint8Array.of(0x22, 0xED, 0xA0, 0x80, 0x22)), { diagnostics: 'The body is not UTF-8' }, 'surrogate')
  t.match(faultOf(Uint8Array.of(0x22, 0xFF, 0x22)), { diagnostics: 'The body is not UTF-8' })
  t.match(faultOf('\uFEFF{}'), { diagnostics: 'The body starts with a byte order mark' })
})

t.test('refuses text that is no JSON, with line and column', async t => {
  t.match(faultOf('{\n  "a": 1,\n  b: 2 }'), { diagnostics: 'The body is not JSON', expression: 'line 3, column 3' })
  t.match(faultOf('{"a":1,}'), { expression: 'line 1, column 8' })
  t.match(faultOf('// x\n{}'), { expression: 'line 1, column 1' })
  t.match(faultOf('{"a":01}'), { expression: 'line 1, column 7' })
  t.match(faultOf('{"a":"\\x"}'), { expression: 'line 1, column 6' })
  for (const text of ['', '{', '{"a', '{"a":"\\', '[1,]', '{}{}', '}', ']]', ',', 'NaN', '{"a":+1}', '{"a":.5}', "{'a':1}", '\u00A0{}', '{"a":1.2.3}']) {
    t.type(faultOf(text).diagnostics, 'string', text)
  }
})

t.test('never repeats a value, nor a key that is no name of FHIR', async t => {
  for (const text of ['{"resourceType":"Dupont 2800175","x":"\\u0000"}', '{"Mme Dupont":{"x":1,"x":2}}', '{"x":Dupont}', '{"x":"Dupont\\u0000"}', '{"x":{"2800175116000":"\\u0000"}}']) {
    t.notMatch(JSON.stringify(faultOf(text)), /Dupont|2800175/)
  }
})

t.test('reads a large document in bounded time', async t => {
  const body = encode(`{"resourceType":"Binary","data":"${'QUJD'.repeat(3_250_000)}"}`)
  const hostile = [`{"a":"${'\\\\'.repeat(5_000_000)}"}`, `{"a":"${'\\"'.repeat(5_000_000)}"}`, `{${' '.repeat(10_000_000)}}`, `{"a":${'"'.repeat(999_999)}`, `{"a":"${'\\'.repeat(10_000_000)}`, '['.repeat(10_000_000)]
  for (const text of [body, ...hostile.map(encode)]) {
    const start = performance.now()
    try { parseJson(text) } catch {}
    t.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`)
  }
})
