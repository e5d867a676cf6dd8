/** Random documents and patches: `SEED=…` repeats a run. */
import fc from 'fast-check'
import t from 'tap'
import { stringifyJson } from '../../../src/json/literal.js'
import { parseJson } from '../../../src/json/parse.js'
import { isSame } from '../../../src/json/same.js'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { applyFhirPathPatch } from '../../../src/patch/fhirpath-patch.js'
import { applyJsonPatch } from '../../../src/patch/json-patch.js'
import { touchedElements } from '../../../src/patch/touched.js'
import { createDefinitions } from '../../../src/validation/definitions.js'
import { structureDefinitions } from '../validation/definitions.js'
import { patched } from './reference.js'
import type { Json, Operation } from './reference.js'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const definitions = createDefinitions(structureDefinitions)

const parse = (text: string) => parseJson(new TextEncoder().encode(text)) as object
/** The text of a value whose numbers are strings with `#`. */
const textOf = (value: unknown) => JSON.stringify(value).replace(/"#([^"]*)"/g, '$1')

const name = fc.constantFrom('a', 'b', 'c', '~', '/', '0', '1', '', 'toString', 'length', '_a')
const token = fc.oneof(name.map(text => text.replaceAll('~', '~0').replaceAll('/', '~1')), fc.constantFrom('0', '1', '2', '-', '01', '-1'))
const leaf = fc.constantFrom('#1', '#1.0', '#1.00', '#2.50', '#-0', '#1e2', '#100', '1', 'x', '', true, false, null)
const { value, object } = fc.letrec<{ value: Json, object: Json }>(tie => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true })
}))
const pointer = fc.array(token, { maxLength: 3 }).map(list => list.map(one => `/${one}`).join(''))
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path: pointer, value }),
  fc.record({ op: fc.constant('remove' as const), path: pointer }),
  fc.record({ op: fc.constantFrom('move', 'copy'), path: pointer, from: pointer })
)

/** The result, or undefined for a refusal; anything else that is thrown is thrown on. */
function outcome<T> (apply: () => T): T | undefined {
  try {
    return apply()
  } catch (error) {
    if (error instanceof OutcomeError && [400, 422].includes(error.status) && error.faults.length > 0) return undefined
    throw error
  }
}

/** One operation that finds something, more often than chance. */
function pathsOf (document: unknown, at = ''): readonly string[] {
  if (typeof document !== 'object' || document === null) return [at]
  return [at, ...Object.entries(document).flatMap(([key, part]) => pathsOf(part, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`))]
}
const documentAndPatch = object.chain(document => {
  const known = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pathsOf(document)) }, { weight: 1, arbitrary: pointer })
  const aimed = fc.tuple(operation, known, known).map(([one, path, from]): Operation => 'from' in one ? { ...one, path, from } : { ...one, path })
  return fc.tuple(fc.constant(document), fc.array(aimed, { maxLength: 4 }))
})

t.test('JSON Patch gives what the naive reference gives, digit for digit', async t => {
  t.comment(`seed ${seed}`)
  const seen = { applied: 0, refused: 0 }
  fc.assert(fc.property(documentAndPatch, ([document, operations]) => {
    const expected = patched(document, operations)
    const given = parse(textOf(document))
    const result = outcome(() => applyJsonPatch(given, parse(textOf(operations))))
    seen[result === undefined ? 'refused' : 'applied'] += 1
    if ((result === undefined ? undefined : stringifyJson(result)) !== (expected === undefined ? undefined : textOf(expected))) throw new Error(`gave ${result === undefined ? 'a refusal' : stringifyJson(result)}, not ${textOf(expected ?? null)}`)
    if (stringifyJson(given) !== textOf(document)) throw new Error('the resource was changed')
  }), { seed, numRuns: 3000 })
  t.ok(seen.applied > 300 && seen.refused > 300, JSON.stringify(seen))
})

t.test('nothing is touched exactly when two versions are the same', async t => {
  t.comment(`seed ${seed}`)
  const pair = fc.oneof(fc.tuple(object, object), documentAndPatch.map(([document, operations]) => [document, patched(document, operations) ?? document] as const))
  fc.assert(fc.property(pair, ([one, other]) => {
    const [before, after] = [parse(textOf(one)), parse(textOf(other))]
    const names = (touched: ReturnType<typeof touchedElements>) => touched.map(({ element }) => element).toSorted().join()
    const touched = touchedElements(before, after)
    return (touched.length === 0) === isSame(before, after) && names(touched) === names(touchedElements(after, before))
  }), { seed, numRuns: 1000 })
})

t.test('lists of primitives move with what stands beside them, as rows do', async t => {
  t.comment(`seed ${seed}`)
  const row = fc.record({ value: fc.constantFrom('a', 'b', 'c'), sibling: fc.option(fc.constantFrom('i', 'j'), { nil: undefined }) })
  const step = fc.tuple(fc.constantFrom('add', 'insert', 'delete', 'replace', 'move'), fc.nat({ max: 4 }), fc.nat({ max: 4 }), row)
  const partOf = ({ value, sibling }: { value: string, sibling: string | undefined }) => ({ name: 'value', valueString: value, ...sibling === undefined ? {} : { _valueString: { id: sibling } } })
  const patient = (rows: ReadonlyArray<{ value: string, sibling: string | undefined }>) => ({
    resourceType: 'Patient',
    name: [{
      text: 'x',
      ...rows.length === 0 ? {} : { given: rows.map(one => one.value) },
      ...rows.every(one => one.sibling === undefined) ? {} : { _given: rows.map(one => one.sibling === undefined ? null : { id: one.sibling }) }
    }]
  })
  let applied = 0
  fc.assert(fc.property(fc.array(row, { maxLength: 4 }), step, (rows, [type, one, other, fresh]) => {
    const part = (...parts: object[]) => ({ resourceType: 'Parameters', parameter: [{ name: 'operation', part: [{ name: 'type', valueCode: type }, ...parts] }] })
    const path = (text: string) => ({ name: 'path', valueString: text })
    const [given, item] = [path('Patient.name.given'), path(`Patient.name.given[${one}]`)]
    const isIn = one < rows.length
    const [parameters, expected] = type === 'add'
      ? [part(path('Patient.name'), { name: 'name', valueString: 'given' }, partOf(fresh)), [...rows, fresh]]
      : type === 'insert'
        ? [part(given, { name: 'index', valueInteger: one }, partOf(fresh)), rows.length > 0 && one <= rows.length ? rows.toSpliced(one, 0, fresh) : undefined]
        : type === 'delete'
          ? [part(item), isIn ? rows.toSpliced(one, 1) : rows]
          : type === 'replace'
            ? [part(item, partOf(fresh)), isIn ? rows.with(one, fresh) : undefined]
            : [part(given, { name: 'source', valueInteger: one }, { name: 'destination', valueInteger: other }), isIn && other < rows.length ? rows.toSpliced(one, 1).toSpliced(other, 0, ...rows.slice(one, one + 1)) : undefined]
    const result = outcome(() => applyFhirPathPatch(patient(rows), parameters, definitions))
    if (result !== undefined) applied += 1
    return isSame(result, expected === undefined ? undefined : patient(expected))
  }), { seed, numRuns: 2000 })
  t.ok(applied > 300, `${applied} were applied`)
})

t.test('whatever comes in, nothing but a refusal with its place is thrown', async t => {
  t.comment(`seed ${seed}`)
  const anything = fc.anything({ withNullPrototype: true, withDate: true, withMap: true, withSparseArray: true, withBigInt: true })
  const json = fc.jsonValue()
  const resource = fc.oneof({ weight: 1, arbitrary: fc.dictionary(fc.string(), anything) }, { weight: 4, arbitrary: fc.record({ resourceType: fc.constantFrom<unknown>('Patient', 'Patient', 'Patient', 'Patient', 'Basic', '', 3, null), name: fc.oneof(json, fc.array(fc.record({ use: fc.constantFrom('a', 'b'), given: fc.oneof(json, fc.array(json)) }))), _birthDate: json, birthDate: json, extension: fc.oneof(json, fc.array(fc.record({ url: fc.constantFrom('u', 'v'), valueString: json }))), contained: json, deceasedBoolean: json }, { requiredKeys: ['resourceType'] }) }) as fc.Arbitrary<object>
  fc.assert(fc.property(resource, anything, (document, patch) => {
    outcome(() => applyJsonPatch(document, patch))
    outcome(() => applyFhirPathPatch(document, patch, definitions))
  }), { seed, numRuns: 1000 })

  /** A resource on which patches have something to do, more often than chance. */
  const patient = fc.record({ resourceType: fc.constant('Patient'), name: fc.constant([{ use: 'a', given: ['x', 'y'] }, { use: 'b', given: ['z'] }]), birthDate: fc.constantFrom('2000-01-01', '1999'), extension: fc.constant([{ url: 'u', valueString: 'x' }]) }, { requiredKeys: ['resourceType', 'name'] }) as fc.Arbitrary<object>
  const share = (what: string, applied: number, runs: number) => {
    t.comment(`${what}: ${Math.round(100 * applied / runs)} % were applied`)
    t.ok(applied > 0.2 * runs && applied < 0.8 * runs, `${applied} of ${runs} ${what} were applied`)
  }
  const RUNS = 2000

  const garbage = fc.record({ op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'), path: fc.oneof(pointer, fc.string(), anything), from: fc.oneof(pointer, anything), value: anything }, { requiredKeys: [] })
  const place = fc.constantFrom('/name/0/use', '/name/0/given/0', '/name/1', '/name', '/birthDate')
  const aimed = fc.record({ op: fc.constantFrom('add', 'replace', 'remove', 'copy'), path: place, from: fc.constantFrom('/name/0', '/name/0/given/1'), value: anything })
  const operations = fc.array(fc.oneof({ weight: 1, arbitrary: garbage }, { weight: 4, arbitrary: aimed }), { minLength: 1, maxLength: 3 })
  const seen = { json: 0, path: 0 }
  fc.assert(fc.property(fc.oneof({ weight: 1, arbitrary: resource }, { weight: 4, arbitrary: patient }), operations, (document, patch) => {
    if (outcome(() => applyJsonPatch(document, patch)) !== undefined) seen.json++
  }), { seed, numRuns: RUNS })
  share('JSON patches', seen.json, RUNS)

  const fragment = fc.constantFrom('Patient', 'name', 'given', 'birthDate', 'extension', 'contained', 'deceased', 'value', 'url', 'id', '.', '.', '.', '[0]', '[1]', ' ', '`', "'", '(', ')', ".where(use = 'a')", '.where($this = 1)', '.first()', '.last()', ".extension('u')", '.ofType(HumanName)', '\\')
  const text = fc.oneof(fc.array(fragment, { maxLength: 7 }).map(list => list.join('')), fc.constantFrom('Patient', 'Patient.name', 'Patient.name.given', 'Patient.name[0].given', 'Patient.birthDate', 'Patient.birthDate.extension', 'Patient.extension', 'Patient.extension.value', 'Patient.contained', 'Patient.contained.name', 'Patient.deceased'), fc.string())
  const integer = fc.integer({ min: -1, max: 3 })
  const brought = fc.constantFrom('valueString', '_valueString', 'valueHumanName', 'valueDate', 'valueExtension', 'resource', 'part')
  const parts = fc.tuple(
    fc.record({ name: fc.constant('type'), valueCode: fc.constantFrom('add', 'insert', 'delete', 'replace', 'move') }),
    fc.record({ name: fc.constant('path'), valueString: text }),
    fc.record({ name: fc.constant('name'), valueString: fc.constantFrom('given', 'name', 'extension', 'id', 'value', 'contained', 'deceased', '__proto__', 'toString') }),
    fc.tuple(brought, json).map(([key, one]) => ({ name: 'value', [key]: one })),
    ...['index', 'source', 'destination'].map(one => fc.record({ name: fc.constant(one), valueInteger: integer }))
  ) as fc.Arbitrary<readonly unknown[]>
  const spoilt = fc.tuple(parts, fc.option(fc.tuple(fc.nat({ max: 6 }), anything), { freq: 1 })).map(([list, spoil]) => spoil === null ? list : list.with(spoil[0], spoil[1]))
  const operationOf = (type: string, path: string, ...more: readonly object[]) => [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...more]
  const likely = fc.oneof(
    fc.constantFrom('Patient.name', 'Patient.name[0].given', 'Patient.name[1]', 'Patient.birthDate', 'Patient.extension').map(path => operationOf('delete', path)),
    json.map(value => operationOf('replace', 'Patient.name[0].use', { name: 'value', valueCode: value })),
    json.map(value => operationOf('add', 'Patient', { name: 'name', valueString: 'name' }, { name: 'value', valueHumanName: value })),
    fc.tuple(integer, integer).map(([one, other]) => operationOf('move', 'Patient.name', { name: 'source', valueInteger: one }, { name: 'destination', valueInteger: other })),
    fc.tuple(integer, json).map(([at, value]) => operationOf('insert', 'Patient.name[0].given', { name: 'index', valueInteger: at }, { name: 'value', valueString: value }))
  ) as fc.Arbitrary<readonly unknown[]>
  const parameters = fc.array(fc.oneof({ weight: 1, arbitrary: spoilt }, { weight: 2, arbitrary: likely }).map(part => ({ name: 'operation', part })), { minLength: 1, maxLength: 2 })
  fc.assert(fc.property(fc.oneof({ weight: 1, arbitrary: resource }, { weight: 4, arbitrary: patient }), parameters, (document, parameter) => {
    if (outcome(() => applyFhirPathPatch(document, { resourceType: 'Parameters', parameter }, definitions)) !== undefined) seen.path++
  }), { seed, numRuns: RUNS })
  share('FHIRPath patches', seen.path, RUNS)
})
