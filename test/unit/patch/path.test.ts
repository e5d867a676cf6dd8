import t from 'tap'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { readPath } from '../../../src/patch/path.js'

function refusalOf (path: string): string {
  try {
    readPath(path, 'here')
  } catch (error) {
    if (error instanceof OutcomeError && error.status === 400 && error.faults[0]?.expression === 'here') return error.faults[0].diagnostics
    throw error
  }
  throw new Error(`was read: ${path.slice(0, 80)}`)
}
const member = (name: string) => ({ kind: 'member', name })

t.test('a path is names, items and the few functions that point', async t => {
  for (const [path, steps] of [
    ['Patient', [member('Patient')]],
    ['status', [member('status')]],
    ['Patient.contact[0].name.`text`', [member('Patient'), member('contact'), { kind: 'item', at: 0 }, member('name'), member('text')]],
    [' Patient . name [ 12 ] ', [member('Patient'), member('name'), { kind: 'item', at: 12 }]],
    ['Patient.name.first().given.last()', [member('Patient'), member('name'), { kind: 'first' }, member('given'), { kind: 'last' }]],
    ["a.extension('http://x.y/z').value.ofType(boolean)", [member('a'), { kind: 'extension', url: 'http://x.y/z' }, member('value'), { kind: 'ofType', type: 'boolean' }]],
    ['a.value.ofType(FHIR.Quantity)', [member('a'), member('value'), { kind: 'ofType', type: 'Quantity' }]],
    ["a.where(use = 'official')", [member('a'), { kind: 'where', conditions: [{ names: ['use'], value: 'official' }] }]],
    ["a.where(system='s' and coding.code='c' and rank=1 and active=true and x = false)", [member('a'), {
      kind: 'where',
      conditions: [
        { names: ['system'], value: 's' }, { names: ['coding', 'code'], value: 'c' }, { names: ['rank'], value: 1 }, { names: ['active'], value: true }, { names: ['x'], value: false }]
    }]],
    ["given.where($this = 'Jim')", [member('given'), { kind: 'where', conditions: [{ names: [], value: 'Jim' }] }]],
    ["a.where(android = 'x')", [member('a'), { kind: 'where', conditions: [{ names: ['android'], value: 'x' }] }]],
    ["a.where(b = 'it\\'s \\\\ \\u00e9\\n and (c = 1)')", [member('a'), { kind: 'where', conditions: [{ names: ['b'], value: "it's \\ é\n and (c = 1)" }] }]]
  ] as const) t.same(readPath(path, 'here'), steps, path)
})

t.test('what computes, and what is no path, is refused at its place', async t => {
  for (const path of [
    '', ' ', '.', 'a.', '.a', 'a..b', 'a[', 'a[]', 'a[-1]', 'a[1', 'a[1.5]', 'a[1e3]', 'a[12345678901]', 'a[b]', "a['b']", 'a]', 'a b', 'a.b c', '1', "'a'", '%context', '$this', 'a.$this', '`a', '``.b', '`a b`',
    'a()', 'a.where()', 'a.where(true)', "a.where('x')", "a.where(b != 'x')", "a.where(b ~ 'x')", 'a.where(b > 1)', "a.where(b = 'x' or c = 'y')", "a.where(b = 'x'", "a.where(b = 'x", 'a.where(b = x)', 'a.where(b = 1.5)', 'a.where(b = @2020)',
    "a.where(b.first() = 'x')", 'a.where(b.exists())', "a.where(b = 'x' andc = 'y')", "a.where(b = '\\x')", 'a.first(1)', 'a.extension(url)', 'a.ofType()', "a.ofType('x')", 'a.as(Quantity)', 'a | b', 'a + b', 'a = b', 'a is b', 'a as b',
    'a.resolve()', 'a.select(%context.a.select(%context.a)).count()', "a.matches('^(a+)+$')", 'a.repeat(b)', 'a.descendants()', 'a.children()', 'a.iif(true, b)', 'a.trace(1)', '// a', 'a // b', '/* */ a', 'a\u00a0.b', 'a\u0000'
  ]) t.type(refusalOf(path), 'string', path)
  for (const name of ['__proto__', 'constructor', 'prototype', '`__proto__`']) {
    for (const path of [name, `a.${name}`, `a.where(${name} = 'x')`]) t.match(refusalOf(path), 'This name is not allowed')
  }
  t.match(refusalOf('a.resolve()'), 'where, first, last, extension and ofType')
  t.match(refusalOf('a.b..c'), 'character 5')
})

t.test('a path is bounded, and read in linear time', async t => {
  const start = process.cpuUsage()
  for (const path of ['a'.repeat(1025), 'a.'.repeat(100) + 'a', `a.where(b = '${'\\\\'.repeat(490)}`, `a.where(${"b='' and ".repeat(110)}c`, 'a' + '[0]'.repeat(300), `a.where(${'b.'.repeat(490)}`, '`'.repeat(1000), ' '.repeat(1024), '('.repeat(1024)]) {
    for (let times = 0; times < 100; times += 1) refusalOf(path)
  }
  const { user, system } = process.cpuUsage(start)
  t.ok(user + system < 2_000_000, `${(user + system) / 1000} ms of a processor for 900 paths`)
})
