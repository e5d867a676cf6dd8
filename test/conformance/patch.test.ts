/**
 * The public cases of FHIR/fhir-test-cases, which lie beside the repository: FHIRPath Patch (R4 fhirpatch.html) and JSON
 * Patch (RFC 6902, appendix A). `mode: both` also means that the patch is what leads from input to output.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { applyFhirPathPatch } from '../../src/patch/fhirpath-patch.js'
import { applyJsonPatch } from '../../src/patch/json-patch.js'
import { createDefinitions } from '../../src/validation/definitions.js'
import { structureDefinitions } from '../unit/validation/definitions.js'
import { inProject } from '../helper/root.js'

interface FhirPathCase {
  readonly name: string
  readonly input: object
  readonly patch: object
  readonly output: object | null
  readonly expect: 'output' | 'error'
}

interface JsonCase {
  readonly comment: string
  readonly doc: object
  readonly patch: readonly object[]
  readonly expected?: object
  readonly error?: string
}

const FOLDER = inProject('../shared/fixtures/patch')
const options = existsSync(FOLDER) ? {} : { skip: `${FOLDER} is not there` }
const read = (file: string) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as unknown

const isInapplicable = (error: unknown) => error instanceof OutcomeError && error.kind === 'inapplicable-patch'

/** That applying throws a 422, or gives `expected` and leaves what it was given as it was. */
function check (t: Test, name: string, given: readonly [object, unknown], expected: object | null, apply: () => object): void {
  const before = JSON.stringify(given)
  try {
    const patched = apply()
    t.strictSame(patched, expected, name)
  } catch (error) {
    t.ok(expected === null && isInapplicable(error), `${name}: ${String(error)}`)
  }
  t.equal(JSON.stringify(given), before, `${name}: what was given stays`)
}

t.test('FHIRPath Patch: the 36 cases', options, async t => {
  const definitions = createDefinitions(structureDefinitions)
  const cases = read('fhirpath-patch-cases.json') as readonly FhirPathCase[]
  t.equal(cases.length, 36)
  for (const { name, input, patch, output, expect } of cases) {
    check(t, name, [input, patch], expect === 'error' ? null : output, () => applyFhirPathPatch(input, patch, definitions))
  }
})

t.test('JSON Patch: the 16 cases', options, async t => {
  const cases = read('json-patch-tests.fhir-test-cases.r4.json') as readonly JsonCase[]
  t.equal(cases.length, 16)
  for (const { comment, doc, patch, expected, error } of cases) {
    check(t, comment, [doc, patch], error === undefined ? expected ?? {} : null, () => applyJsonPatch(doc, patch))
  }
})
