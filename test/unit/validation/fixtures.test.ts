import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import type { Fault } from '../../../src/outcome/outcome-error.js'
import { parseJson } from '../../../src/json/parse.js'
import { createValidator } from '../../../src/validation/validate.js'
import { bindings, structureDefinitions } from './definitions.js'
import { inProject } from '../../helper/root.js'

/** Public resources that lie beside the repository, not in it. */
const folder = inProject('../shared/fixtures')
const options = existsSync(folder) ? {} : { skip: `${folder} is not there` }
const validator = createValidator(structureDefinitions, bindings)

function faultsOf (file: string): readonly Fault[] {
  try {
    return validator.validate(parseJson(readFileSync(file)))
  } catch (error) {
    if (error instanceof OutcomeError) return error.faults
    throw error
  }
}

function index<T> (kind: string): T {
  return JSON.parse(readFileSync(join(folder, kind, 'index.json'), 'utf8')) as T
}

/** Published as valid, and not. */
const faulty: Readonly<Record<string, readonly string[]>> = {
  // The template of a guide that was never filled in.
  'ihe-pcf/Binary-B-ink.json': ['Binary.data value'],
  // What they contain is a version of its own, and one is referred to by nothing.
  'ans-pdsm/DocumentReference-exemple-pdsm-documentreference.json': ['DocumentReference.contained[0] invariant', 'DocumentReference.contained[0] invariant'],
  'ans-pdsm/List-ExampleSubmissionSet.json': ['List.contained[0] invariant', 'List.contained[1] invariant']
}

t.test('published examples are valid', options, async t => {
  for (const { file } of index<ReadonlyArray<{ file: string }>>('valid')) {
    const found = faultsOf(join(folder, 'valid', file))
    t.same(found.map(({ expression, code }) => `${expression} ${code}`), faulty[file] ?? [], file)
  }
})

t.test('invalid resources are refused at their place', options, async t => {
  const places: Readonly<Record<string, readonly string[]>> = {
    'patient-extension-bad3.json': ['Patient.extension[0]'],
    'ext-context1.json': ['Bundle.entry[0].resource', 'Bundle.entry[1].resource'],
    'patient-id-only.json': ['Patient.implicitRules'],
    'json-no-quotes-1.json': ['line 2, column 3'],
    'versioned-extension.json': ['Patient.extension[2]'],
    'ai4.json': ['Patient.birthDate'],
    'list-xhtml-empty.json': ['List.text.div'],
    'ips-htmlrefs-forwards.json': ['Bundle.entry[0].resource.text.div', 'Bundle.entry[0].resource.section[0].text.div'],
    'Observation-ex-pain.xml.json': ['Observation'],
    'bad-json-close.json': ['line 15, column 11'],
    'bad-json-close-3.json': ['line 16, column 9'],
    'bundle-sig-2.json': ['Bundle.meta'],
    'aggregation-bundle-bad4.json': ['Bundle.entry[0].resource']
  }
  for (const { file } of index<ReadonlyArray<{ file: string }>>('invalid')) {
    const found = faultsOf(join(folder, 'invalid', file)).map(({ expression }) => expression)
    t.same([...new Set(found)], places[file.replace('files/', '')] ?? 'a place', file)
  }
})
