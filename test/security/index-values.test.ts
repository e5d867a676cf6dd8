/** A resource with very many values to be found by is refused at its place, before it costs: no failure, and nobody waits for it. */
import t from 'tap'
import { document } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const { holder, hospital, id } = await scene.cast()
const many = <T> (count: number, make: (text: string) => T) => Array.from({ length: count }, (_, index) => make(`wort ${index} ${(index * 7919).toString(36)}`))
const coded = (text: string) => ({ text, coding: [{ system: 'urn:codes', code: text, display: text }] })
const observation = (count: number) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  subject: { reference: `Patient/${holder.id}` },
  component: many(count, text => ({ code: coded(text), valueQuantity: { value: 1, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' } }))
})

t.test('it is refused, whatever it is of', async t => {
  for (const [token, resource] of [
    [hospital.token, observation(30_000)],
    [hospital.token, document(holder.id, { category: many(30_000, coded) })],
    [scene.operator, { resourceType: 'Organization', name: 'x', alias: many(30_000, text => text.repeat(4)) }]
  ] as const) {
    const { status, json } = await scene.post(token, resource)
    t.equal(status, 422)
    t.match(json.issue, [{ severity: 'error', code: 'too-long', expression: [resource.resourceType] }])
  }
  const update = await scene.change(hospital.token, `/DocumentReference/${id}`, { extension: many(30_000, text => ({ url: 'urn:x', valueString: text })) })
  t.equal(update.status, 200, 'what nothing is found by is not counted')
})

t.test('one with as many as reports have is taken', async t => {
  t.equal((await scene.post(hospital.token, observation(200))).status, 201)
})
