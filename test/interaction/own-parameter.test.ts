/** Search parameters of the guides (PDSm, IHE MHD, GAP) and of our own, over HTTP, on records. */
import t from 'tap'
import { document } from '../helper/resource.js'
import { openScene, refused } from './scene.js'

const scene = await openScene(t)
const { lab, ids, made, get } = scene
const ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'
const MHD = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-'

/** A document of the scene's laboratory, its author contained. */
function by (patient: string, contained: readonly object[], more: object = {}) {
  return document(patient, { contained, author: [{ reference: '#a' }], ...more })
}
const name = (family: string, ...given: readonly string[]) => [{ family, given }]

t.test('documents: what PDSm and MHD ask for', async t => {
  const { id: patient } = await scene.open()
  const first = await made(lab, by(patient, [{ resourceType: 'Practitioner', id: 'a', name: name('Le Clerc', 'Sophie', 'Zoé') }], {
    extension: [{ url: ARCHIVED, valueBoolean: true }],
    context: { period: { start: '2026-03-01T08:00:00+01:00', end: '2026-03-04T18:00:00+01:00' } }
  }))
  const second = await made(lab, by(patient, [
    { resourceType: 'Practitioner', id: 'p', name: name('Martin', 'Paul') }, { resourceType: 'PractitionerRole', id: 'a', practitioner: { reference: '#p' } }
  ], { extension: [{ url: ARCHIVED, valueBoolean: false }], context: { period: { start: '2026-05-01' } } }))
  const third = await made(lab, document(patient, { content: [{ attachment: { ...document(patient).content[0]?.attachment, creation: '2026-02-03T10:00:00Z' } }] }))
  const sophie = await made(scene.operator, { resourceType: 'Practitioner', name: name('Durand', 'Sophie') })
  const fourth = await made(lab, document(patient, { author: [{ reference: `Practitioner/${sophie.id}` }] }))
  const found = async (query: string) => (await ids(lab, `/DocumentReference?patient=${patient}&${query}`)).map(id => [first, second, third, fourth].findIndex(each => each.id === id)).sort()
  for (const [query, expected] of [
    ['isArchived=true', [0]], ['isArchived=false', [1]], ['isArchived:not=true', [1, 2, 3]], ['isArchived:missing=true', [2, 3]],
    ['period-start=2026-03-01', [0]], ['period-start=ge2026-03-01', [0, 1]], ['period-start=gt2026-04', [1]], ['period-end=2026-03-04', [0]],
    ['period-end:missing=true', [1, 2, 3]], ['creation=2026-02-03', [2]], ['creation=lt2026-02-03', []], ['creation:missing=false', [2]],
    ['author.given=sophie', [0, 3]], ['author.family=durand&author.given=sophie', [3]], ['author.given=zo%C3%A9', [0]], ['author.family=le%20cl', [0]], ['author.family:exact=Le%20Clerc', [0]],
    ['author.family=mart', [1]], ['author.given=paul,sophie', [0, 1, 3]], ['author.given=paul&author.family=le', []]
  ] as const) t.same(await found(query), expected, query)
  refused(t, await get(lab, `/DocumentReference?patient=${patient}&author.given:contains=oph`), 400, { code: 'not-supported', details: 'MSG_PARAM_INVALID', expression: 'author.given:contains' })
  refused(t, await get(lab, `/DocumentReference?patient=${patient}&author.given:missing=true`), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'author.given:missing' })
  refused(t, await get(lab, `/DocumentReference?patient=${patient}&author.nom=x`), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'author.nom' })
})

t.test('lists: what PDSm and MHD ask for', async t => {
  const { id: patient } = await scene.open()
  const organization = await made(scene.operator, { resourceType: 'Organization', active: true, name: 'Laboratoire', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1690000099' }] })
  const list = await made(lab, {
    resourceType: 'List',
    status: 'current',
    mode: 'working',
    code: { coding: [{ system: 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes', code: 'submissionset' }] },
    contained: [{ resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: '#p' } }, { resourceType: 'Practitioner', id: 'p', name: name('Durand', 'Anne') }],
    extension: [
      { url: `${MHD}designationType`, valueCodeableConcept: { coding: [{ system: 'urn:s', code: 'SA05' }] } },
      { url: `${MHD}sourceId`, valueIdentifier: { system: 'urn:oid:1.2.250.1.213.1.1.1', value: 'SRC-01' } },
      { url: ARCHIVED, valueBoolean: false }
    ],
    subject: { reference: `Patient/${patient}` },
    source: { reference: '#r', extension: [{ url: `${MHD}authorOrg`, valueReference: { reference: `Organization/${organization.id}` } }] }
  })
  for (const query of [
    'designationType=SA05', 'designationType=urn:s|SA05', 'sourceId=SRC-01', 'sourceId=urn:oid:1.2.250.1.213.1.1.1|SRC-01', 'isArchived=false',
    `authorOrg=Organization/${organization.id}`, `authorOrg=${organization.id}`, 'source.given=ann', 'source.family=DURAND'
  ]) t.same(await ids(lab, `/List?patient=${patient}&${query}`), [list.id], query)
  for (const query of ['designationType=SA06', 'designationType=urn:t|SA05', 'sourceId=SRC-02', 'isArchived=true', 'authorOrg=Organization/x', 'source.given=durand']) {
    t.same(await ids(lab, `/List?patient=${patient}&${query}`), [], query)
  }
  const bundle = (await get(lab, `/List?patient=${patient}&_include=List:authorOrg`)).json
  t.same(bundle.entry.map((entry: { resource: { id: string } }) => entry.resource.id), [list.id, organization.id])
})

t.test('appointments: what GAP asks for', async t => {
  const { id: patient, holder } = await scene.open()
  const appointment = async (more: object) => await made(holder, { resourceType: 'Appointment', status: 'proposed', participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }], ...more })
  const one = await appointment({ start: '2026-12-01T09:00:00+01:00', end: '2026-12-01T09:20:00+01:00', created: '2026-11-01', priority: 5, description: 'Contr\u00f4le annuel' })
  const two = await appointment({ start: '2026-12-03T09:00:00+01:00', end: '2026-12-03T09:20:00+01:00', created: '2026-11-20', priority: 1, comment: 'Controle de vue' })
  const found = async (query: string) => await ids(holder, `/Appointment?patient=${patient}&${query}`)
  for (const [query, expected] of [
    ['start=ge2026-12-02', [two.id]], ['start=2026-12-01', [one.id]], ['start=ge2026-12-01&start=le2026-12-02', [one.id]], ['created=lt2026-11-10', [one.id]],
    ['priority=5', [one.id]], ['priority=1', [two.id]], ['priority=2', []], ['description=controle%20a', [one.id]], ['description=contr%C3%B4le%20de', [two.id]]
  ] as const) t.same(await found(query), expected, query)
})
