/** Chains, `_has` and `_list` (R4 search.html#chaining, #has, #list): what they find, what they refuse. */
import t from 'tap'
import { INS_TEST } from '../helper/app.js'
import { access, document } from '../helper/resource.js'
import { GP, HOSPITAL, link, matches, openScene, refused } from './scene.js'

const scene = await openScene(t, { MAX_CHAIN: '3' })
const { get, made, gp, hospital, operator, ids } = scene
const { id: patientId, holder, ins } = await scene.open()
const other = await scene.open()
await made(holder, access(patientId, GP))
const LOINC = 'http://loinc.org'
const curie = await made(operator, { resourceType: 'Practitioner', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: '899700000077' }], name: [{ family: 'Curie', given: ['Marie'] }], gender: 'female' })
const site = await made(operator, { resourceType: 'Organization', name: 'Hôpital', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: HOSPITAL }] })
const ward = await made(operator, { resourceType: 'Organization', name: 'Service', partOf: { reference: `Organization/${site.id}` } })
const typed = (code: string) => ({ type: { coding: [{ system: LOINC, code }] } })
const letter = await made(hospital, document(patientId, { ...typed('11488-4'), author: [{ reference: `Practitioner/${curie.id}` }], custodian: { reference: `Organization/${ward.id}` } }))
const report = await made(hospital, document(patientId, { ...typed('11502-2'), custodian: { reference: `Organization/${site.id}` }, relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${letter.id}` } }] }))
await made(hospital, document(other.id, typed('11488-4')))
const folder = await made(hospital, { resourceType: 'List', status: 'current', mode: 'working', title: 'Lettres', code: { coding: [{ system: LOINC, code: '11503-0' }] }, subject: { reference: `Patient/${patientId}` }, entry: [{ item: { reference: `DocumentReference/${letter.id}` } }] })
const names: Readonly<Record<string, string>> = { [letter.id]: 'letter', [report.id]: 'report', [folder.id]: 'folder', [patientId]: 'patient', [curie.id]: 'curie', [ward.id]: 'ward', [site.id]: 'site' }
const named = (list: readonly string[]) => list.map(id => names[id] ?? 'other').sort().join(' ')

const found: readonly (readonly [query: string, names: string])[] = [
  // chains
  ['DocumentReference?author.family=curie', 'letter'], ['DocumentReference?author:Practitioner.family=CUR', 'letter'], ['DocumentReference?author:Practitioner.family:exact=CUR', ''],
  ['DocumentReference?author:Practitioner.gender:not=male', 'letter'], ['DocumentReference?author:Practitioner.gender:missing=true', ''],
  ['DocumentReference?custodian.name=service', 'letter'], ['DocumentReference?custodian.name=service,hopital', 'letter report'], ['DocumentReference?custodian.partof.name=hopital', 'letter'],
  ['DocumentReference?custodian.partof:missing=true', 'report'], [`DocumentReference?custodian.identifier=${HOSPITAL}`, 'report'], ['DocumentReference?custodian.name=nobody', ''],
  [`DocumentReference?relatesto.type=${LOINC}|11488-4`, 'report'], ['DocumentReference?relatesto.custodian.name=service', 'report'], ['DocumentReference?relatesto.custodian.partof.name=hopital', 'report'],
  ['DocumentReference?custodian.name=service&type=11502-2', ''],
  // of the patient
  [`DocumentReference?patient.identifier=${INS_TEST}|${ins}`, 'letter report'], [`DocumentReference?subject:Patient.identifier=${ins}`, 'letter report'], [`DocumentReference?subject.identifier=${INS_TEST}|${ins}&type=11488-4`, 'letter'],
  ['DocumentReference?patient.family=petit', 'letter report'], ['DocumentReference?patient.gender:not=female', ''], [`List?patient.identifier=${INS_TEST}|${ins}`, 'folder'], [`DocumentReference?patient.identifier=${INS_TEST}|x`, ''],
  // lists
  ['List?item.type=11488-4', 'folder'], ['List?item:DocumentReference.type=11488-4', 'folder'], ['List?item.type=11502-2', ''], [`List?item.patient.identifier=${ins}`, 'folder'],
  [`DocumentReference?_list=${folder.id}`, 'letter'], [`DocumentReference?_list=${folder.id}&type=11502-2`, ''], [`Condition?_list=${folder.id}`, ''], ['DocumentReference?_list=x', ''],
  // _has
  ['Patient?_has:DocumentReference:patient:type=11502-2', 'patient'], ['Patient?_has:DocumentReference:patient:type=x', ''], ['DocumentReference?_has:List:item:code=11503-0', 'letter'],
  ['DocumentReference?_has:DocumentReference:relatesto:custodian.name=hopital', 'letter'], ['Patient?_has:DocumentReference:patient:_has:List:item:title:exact=Lettres', 'patient'],
  ['Organization?_has:Organization:partof:name=service', 'site'], ['Practitioner?_has:DocumentReference:author:type=11488-4', 'curie'], ['Practitioner?_has:DocumentReference:author:type=11502-2', ''],
  ['DocumentReference?patient._has:List:patient:code=11503-0', 'letter report'], ['DocumentReference?custodian._has:Organization:partof:name=serv', 'report'], ['DocumentReference?_has:List:item:code:not=11503-0', '']
]
for (const [query, expected] of found) {
  t.test(`${query} finds ${expected === '' ? 'nothing' : expected}`, async t => {
    const response = await get(gp, `/${query}`)
    t.strictSame([response.status, response.status === 200 && named(matches(response).map(({ id }) => id)), response.json.total], [200, expected, expected === '' ? 0 : expected.split(' ').length])
    t.equal(link(response, 'self'), `http://127.0.0.1:8080/fhir/${query.split('?')[0] ?? ''}?${new URLSearchParams(query.split('?')[1]).toString()}`, 'the self link says it')
    const [type = '', text = ''] = query.split('?')
    const posted = await scene.request(gp, 'POST', `/${type}/_search`, { body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    t.equal(posted.text, response.text)
  })
}

t.test('P26 a chain that leads nowhere is refused by its whole name, or left out for a lenient client', async t => {
  const unknown = { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN' }
  for (const name of ['subject.nonsense', 'subject:Organization.name', 'nonsense.name', 'type.name', 'custodian.partof.nonsense', '_has:Patient:link:name', '_has:Nonsense:subject:x', '_has:List:item', '_has:List:title:code', '_has:List:item:nonsense', '_list:x', 'patient.patient.name', '__proto__.x', 'custodian.__proto__', '_has:__proto__:x:y', 'custodian.', '.name', 'custodian:.name']) {
    refused(t, await get(gp, `/DocumentReference?patient=${patientId}&${name}=x`), 400, { ...unknown, expression: name })
    const lenient = await get(gp, `/DocumentReference?patient=${patientId}&${name}=x`, { prefer: 'handling=lenient' })
    t.equal(lenient.status, 200, name)
    t.strictSame(matches(lenient, 'outcome').map(({ issue }) => issue[0].expression), [[name]], name)
    t.equal(matches(lenient).length, 2)
  }
})

t.test('what cannot be asked at the end of a chain is refused by its whole name, even then', async t => {
  for (const [name, value, issue] of [
    ['custodian.name:below', 'x', { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN' }],
    ['_has:List:item:date', 'xx2020', { code: 'value', details: 'MSG_PARAM_INVALID' }],
    ['relatesto.date', 'yesterday', { code: 'value', details: 'MSG_PARAM_INVALID' }],
    ['custodian.name', '', { code: 'value', details: 'MSG_PARAM_INVALID' }],
    ['_list', '$current-problems', { code: 'value', details: 'MSG_PARAM_INVALID' }]
  ] as const) {
    for (const prefer of ['handling=strict', 'handling=lenient']) refused(t, await get(gp, `/DocumentReference?${name}=${value}`, { prefer }), 400, { ...issue, expression: name })
  }
})

t.test('a name that would mean several things asks for its type', async t => {
  refused(t, await get(gp, '/List?item.nonsense=1'), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'item.nonsense' })
  refused(t, await get(gp, '/List?item.location=x'), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: 'item.location' })
  t.equal((await get(gp, '/List?item:Encounter.location=Location/x')).status, 200)
})

t.test('a chain leads over so many references, and no more', async t => {
  t.equal((await get(gp, '/DocumentReference?custodian.partof.partof.name=x')).status, 200)
  refused(t, await get(gp, '/DocumentReference?custodian.partof.partof.partof.name=x'), 400, { code: 'too-costly', expression: 'custodian.partof.partof.partof.name' })
  const nested = `${'_has:Organization:partof:'.repeat(4)}name`
  refused(t, await get(gp, `/Organization?${nested}=x`), 400, { code: 'too-costly', expression: nested.slice(0, 64) })
})

t.test('a chain needs the scope of what it leads to', async t => {
  const narrow = await scene.professional(GP, undefined, { scope: 'user/DocumentReference.rs user/List.rs' })
  for (const query of ['DocumentReference?patient.identifier=x', 'DocumentReference?custodian.name=x']) refused(t, await get(narrow, `/${query}`), 403, { code: 'forbidden' })
  t.equal((await ids(narrow, `/DocumentReference?_has:List:item:code=11503-0&patient=${patientId}`)).length, 1)
  t.equal((await ids(narrow, '/List?item.type=11488-4')).length, 1, 'types out of reach are left out')
})
