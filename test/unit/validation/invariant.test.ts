/**
 * The invariants that are written by hand are those of R4: on whatever element, each says what the FHIRPath engine says of the
 * published expression, wherever that says anything.
 */
import fc from 'fast-check'
import t from 'tap'
import { createConditions } from '../../../src/validation/condition.js'
import { createHolder } from '../../../src/validation/holder.js'
import { invariants } from '../../../src/validation/invariant.js'
import type { Json } from '../../../src/validation/invariant.js'
import { structureDefinitions } from './definitions.js'

const holds = createConditions()
const seed = 35

/** The expression of each key, and the type and path of an element that it stands at. */
const published = structureDefinitions.flatMap(({ type, snapshot }) => (snapshot?.element ?? [])
  .flatMap(({ path, constraint = [] }) => constraint.map(({ key, expression = '' }) => ({ key, type, path, expression }))))
  .toSorted((one, other) => other.path.split('.').length - one.path.split('.').length)

const ext = fc.constantFrom({ url: 'urn:x', valueCode: 'x' }, { url: 'urn:x' })
const text = fc.constantFrom('a', 'b', 'home', 'C', 'CD', 'WAKE', 'named-event', 'periodic', 'data-added', '1')
// A day and an instant are compared only where no clock of any place could tell otherwise.
const date = fc.constantFrom('2026', '2025', '2026-01-05', '2025-12-30', '2026-01-02T10:00:00Z', '2026-01-02T09:00:00Z', '2026-01-02T10:30:00+01:00')
const quantity = fc.record({ value: fc.constantFrom(-1, 0, 1, 2, 2.5), code: text, system: fc.constantFrom('http://unitsofmeasure.org', 'urn:iso:std:iso:4217', 'urn:x'), comparator: fc.constant('<') }, { requiredKeys: [] })
const code = fc.record({ coding: fc.array(fc.record({ system: fc.constantFrom('urn:x', 'urn:y'), code: text }, { requiredKeys: ['code'] }), { minLength: 1, maxLength: 2 }) })
const reference = fc.constantFrom({ reference: '#a' }, { reference: '#b' }, { reference: 'Practitioner/1' }, { display: 'x' })
const conceptOf = (system: string, ...codes: string[]) => fc.record({
  coding: fc.array(fc.record({ system: fc.constantFrom(`http://terminology.hl7.org/CodeSystem/${system}`, 'urn:x'), code: fc.constantFrom(...codes, 'x') }, { requiredKeys: ['code'] }), { minLength: 1, maxLength: 2 })
})
/** Elements for each path that is not made of texts alone. */
const elements: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  Extension: { extension: fc.array(ext, { minLength: 1, maxLength: 2 }), valueString: text, valueBoolean: fc.boolean() },
  Reference: { reference: fc.constantFrom('#a', '#b', 'Patient/1'), display: text },
  Period: { start: date, end: date },
  Ratio: { numerator: quantity, denominator: quantity, extension: fc.array(ext, { minLength: 1, maxLength: 1 }) },
  'Timing.repeat': {
    duration: fc.constantFrom(-1, 0, 2),
    durationUnit: fc.constant('h'),
    durationMax: fc.constant(2),
    period: fc.constantFrom(-1, 0, 2),
    periodUnit: fc.constant('d'),
    periodMax: fc.constant(3),
    count: fc.constant(1),
    countMax: fc.constant(2),
    offset: fc.constant(10),
    when: fc.array(fc.constantFrom('C', 'CD', 'WAKE'), { minLength: 1, maxLength: 2 }),
    timeOfDay: fc.constant(['10:00:00'])
  },
  Bundle: {
    type: fc.constantFrom('batch', 'transaction', 'history', 'batch-response', 'searchset'),
    entry: fc.array(fc.record({
      fullUrl: fc.constantFrom('urn:a', 'urn:b'),
      resource: fc.constantFrom({ resourceType: 'Basic' }, { resourceType: 'Basic', meta: { versionId: '1' } }),
      request: fc.constant({ method: 'GET', url: 'Basic/1' }),
      response: fc.constant({ status: '200' })
    }, { requiredKeys: [] }).filter(each => Object.keys(each).length > 0), { minLength: 1, maxLength: 3 })
  },
  AllergyIntolerance: { clinicalStatus: conceptOf('allergyintolerance-clinical', 'active'), verificationStatus: conceptOf('allergyintolerance-verification', 'entered-in-error') },
  Condition: { clinicalStatus: conceptOf('condition-clinical', 'resolved', 'active'), verificationStatus: conceptOf('condition-ver-status', 'entered-in-error'), abatementString: text },
  'Organization.address': { use: fc.constantFrom('home', 'work'), text },
  'Organization.telecom': { use: fc.constantFrom('home', 'work'), value: text },
  Observation: { code, valueString: text, component: fc.array(fc.record({ code }), { minLength: 1, maxLength: 2 }) },
  'CareTeam.participant': { member: reference, onBehalfOf: reference },
  'Bundle.entry': { fullUrl: fc.constantFrom('urn:a', 'http://x.org/Basic/1/_history/1'), request: fc.constant({ method: 'GET', url: 'x' }), resource: fc.constant({ resourceType: 'Basic' }), response: fc.constant({ status: '200' }) }
}
const quantities: readonly string[] = ['Quantity', 'Age', 'Count', 'Distance', 'Duration']
/** R4 spells them so that they cannot be asked, or says with them what its text does not (`#`, months of a Period). */
const notAsked: Readonly<Record<string, string>> = {
  'rng-2': 'The engine compares quantities of UCUM by what they measure; here only those of one unit are compared',
  'ctm-1': 'It resolves references',
  'mqty-1': 'A profile of Quantity: no element of R4 claims it'
}

t.test('each is R4’s own', async t => {
  for (const [name, isRight] of Object.entries(invariants)) {
    const [key = '', at] = name.split(' ').toReversed()
    const found = published.filter(each => each.key === key && (at === undefined || each.path === at))
    t.equal(new Set(found.map(({ expression }) => expression)).size, 1, `${name} is published, and once`)
    const { type, path, expression } = found.at(-1) ?? { type: '', path: '', expression: '' }
    if (notAsked[key] !== undefined) continue
    const places = elements[path]
    const drawn = quantities.includes(type) && path === type ? quantity : fc.record(places ?? drawnFrom(path), { requiredKeys: path === 'Bundle' ? ['type'] : [] })
    let told = 0
    fc.assert(fc.property(drawn, value => {
      if (Object.keys(value as Json).length === 0) return
      const root = { resourceType: 'Basic', contained: [{ resourceType: 'Patient', id: 'a' }] }
      const one = type === path && structureDefinitions.some(each => each.type === type && each.kind === 'resource') ? { resourceType: type, ...value as Json } : value as Json
      const said = verdict(expression, one, path, root)
      if (said === undefined) return
      told += 1
      if (isRight(one, createHolder(path === type && 'resourceType' in one ? one : root, () => true)) !== said) throw new Error(`${key}: FHIRPath says ${said} of ${JSON.stringify(one)}`)
    }), { seed, numRuns: 60 })
    t.ok(told > 10, `${key} was compared ${told} times`)
  }
})

/** What the engine says, or nothing where it says nothing. */
function verdict (expression: string, value: Json, path: string, root: Json): boolean | undefined {
  const resource = 'resourceType' in value ? value : root
  const run = (sentence: string) => holds({ expression: sentence, base: path }, value, resource)
  return run(`(${expression}).exists()`) ? run(expression) : undefined
}

/** The elements of a part by their names, of each type one value and another. */
function drawnFrom (path: string): Readonly<Record<string, fc.Arbitrary<unknown>>> {
  return Object.fromEntries(elementsUnder(path).filter(({ path: child }) => !/\.(?:id|extension|modifierExtension)$/.test(child)).map(({ path: child, type = [], max }) => {
    const code = type[0]?.code ?? ''
    const name = child.slice(path.length + 1)
    const value = ['string', 'code', 'uri', 'markdown', 'canonical', 'url'].includes(code) ? text : code === 'base64Binary' ? fc.constant('QUJD') : /^[a-z]/.test(code) ? fc.constant(1) : fc.constant({ id: 'x', extension: [{ url: 'urn:x', valueCode: 'x' }] })
    return [name.replace('[x]', `${code.charAt(0).toUpperCase()}${code.slice(1)}`), max === '1' ? value : value.map(each => [each])]
  }))
}

function elementsUnder (path: string) {
  const definition = structureDefinitions.find(({ type, url }) => type === path.split('.')[0] && url.endsWith(`/${type}`))
  return (definition?.snapshot?.element ?? []).filter(child => child.path.startsWith(`${path}.`) && !child.path.slice(path.length + 1).includes('.'))
}
