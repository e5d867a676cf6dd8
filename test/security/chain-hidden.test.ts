/**
 * Chains, `_has` and `_list` over what is hidden (consent.md 1 *hidden is absent*, 2 *identity*): each query answers the
 * same bytes, in as many commands to MongoDB, before what is hidden was deposited and after.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST } from '../helper/app.js'
import { access, document, label } from '../helper/resource.js'
import { costOf } from './cost.js'
import { newIns, openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id: seen } = await scene.cast()
const LOINC = 'http://loinc.org'
const secret = { type: { coding: [{ system: LOINC, code: '11502-2' }] }, securityLabel: [label('MASQUE_PS')] }
const organization = await scene.make(scene.operator, { resourceType: 'Organization', name: 'Secrets' })
const practitioner = await scene.make(scene.operator, { resourceType: 'Practitioner', name: [{ family: 'Curie' }] })
const toPatient = { subject: { reference: `Patient/${holder.id}` } }

const cost = async (token: string, url: string) => await costOf(scene, async () => await scene.request(token, 'GET', url))

t.test('B8 B9 P4 P11 what is hidden is on no end of a reference', async t => {
  const queries = (hidden: string, list: string) => [
    'Patient?_has:DocumentReference:patient:type=11502-2',
    `Patient?_has:DocumentReference:patient:_id=${hidden}`,
    'Patient?_has:DocumentReference:patient:custodian.name=secrets',
    'Patient?_has:List:patient:item.type=11502-2',
    'Patient?_has:DocumentReference:patient:_has:List:item:title:exact=Secrets',
    'List?item.type=11502-2',
    'List?item:DocumentReference.type=11502-2',
    `List?patient=${holder.id}&item.type=11502-2`,
    `List?item._id=${hidden}`,
    'DocumentReference?relatesto.type=11502-2',
    `DocumentReference?patient=${holder.id}&relatesto.type=11502-2`,
    'DocumentReference?relatesto.type:not=x',
    'DocumentReference?relatesto.description:missing=true',
    'DocumentReference?_has:DocumentReference:relatesto:type=11502-2',
    'DocumentReference?_has:DocumentReference:relatesto:type:not=x',
    `DocumentReference?patient.identifier=${INS_TEST}|${holder.ins}&_has:List:item:title:exact=Secrets`,
    'DocumentReference?patient._has:DocumentReference:patient:type=11502-2',
    'Organization?_has:DocumentReference:custodian:type=11502-2',
    'Organization?_has:DocumentReference:custodian:type:missing=false',
    'Practitioner?_has:DocumentReference:author:patient.identifier:missing=false',
    `Practitioner?_has:DocumentReference:author:patient=${holder.id}`,
    `List/${list}`,
    `DocumentReference/${hidden}`,
    `DocumentReference?_list=${list}`,
    `DocumentReference?_list=${list}&patient=${holder.id}`,
    `Practitioner?_list=${list}`,
    `Patient/${holder.id}/DocumentReference`,
    `Patient/${holder.id}/List?_total=accurate`,
    `Patient/${holder.id}/*?_type=DocumentReference,List`,
    `fhir?_type=DocumentReference,List&patient=${holder.id}`,
    `fhir?_type=DocumentReference,List&_id=${hidden},${list}`,
    `DocumentReference?patient=${holder.id}&_revinclude:iterate=DocumentReference:relatesto&_include:iterate=DocumentReference:relatesto&_revinclude=List:item`
  ]
  const [hidden, list] = [randomUUID(), randomUUID()]
  // Whose structure is which, and the keys of the record, are kept from the first request on.
  await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}`)
  const before = []
  for (const query of queries(hidden, list)) before.push({ query: query.replaceAll(hidden, 'ID').replaceAll(list, 'LIST'), ...await cost(physician.token, `/${query}`) })
  const masked = await scene.make(hospital.token, document(holder.id, { ...secret, custodian: { reference: `Organization/${organization}` }, author: [{ reference: `Practitioner/${practitioner}` }], relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${seen}` } }] }))
  await scene.make(hospital.token, document(holder.id, { relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${masked}` } }], securityLabel: [label('MASQUE_PS')] }))
  const container = await scene.make(hospital.token, { resourceType: 'List', status: 'current', mode: 'working', title: 'Secrets', ...toPatient, entry: [{ item: { reference: `DocumentReference/${masked}` } }] })
  for (const [index, query] of queries(masked, container).entries()) {
    const [old, now] = [before[index], await cost(physician.token, `/${query}`)]
    t.equal(now.look.replaceAll(masked, 'ID').replaceAll(container, 'LIST'), old?.look.replaceAll(hidden, 'ID').replaceAll(list, 'LIST'), old?.query ?? '')
    t.equal(now.commands, old?.commands, `${old?.query ?? ''}: as many commands`)
  }
  t.same(await scene.ids(holder.token, '/List?item.type=11502-2'), [container], 'the holder finds it')
  t.same(await scene.ids(holder.token, '/Organization?_has:DocumentReference:custodian:type=11502-2'), [organization])
  t.same(await scene.ids(holder.token, `/DocumentReference?_list=${container}`), [masked])
})

t.test('B9 P4 P6 a reference of what is seen leads to nothing that is hidden', async t => {
  const target = await scene.make(hospital.token, document(holder.id, secret))
  const pointing = await scene.make(hospital.token, document(holder.id, { relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${target}` } }] }))
  t.equal(await scene.status(physician.token, `/DocumentReference/${pointing}`), 200)
  for (const query of ['relatesto.type=11502-2', 'relatesto.type:not=x', 'relatesto._lastUpdated=ge2000', `relatesto._id=${target}`, 'relatesto.description:missing=true', `relatesto.patient.identifier=${holder.ins}`]) {
    t.same(await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}&${query}`), [], query)
    t.ok((await scene.ids(holder.token, `/DocumentReference?patient=${holder.id}&${query}`)).includes(pointing), `${query}, the holder`)
  }
})

const account = (status: string) => ({ extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: status }] })

t.test('B9 P24 P28 a patient who is not to be found by identifier is nobody, in bytes and in commands', async t => {
  const stranger = await scene.physician()
  await scene.ids(stranger.token, '/Organization?name=x')
  for (const parameter of ['patient.identifier', 'subject.identifier', 'subject:Patient.identifier']) {
    for (const type of ['DocumentReference', 'List']) {
      const ask = async (ins: string) => {
        const { look, commands } = await cost(stranger.token, `/${type}?${parameter}=${INS_TEST}|${ins}`)
        return `${commands} ${look.replaceAll(ins, 'INS')}`
      }
      const nobody = await ask(newIns())
      t.equal(await ask((await scene.holder(account('notified'))).ins), nobody, `${type} ${parameter} notified`)
      t.equal(await ask((await scene.holder(account('opposed'))).ins), nobody, `${type} ${parameter} opposed`)
    }
  }
})

t.test('who finds a patient by identifier alone finds what is their own by it, and nothing by any other trait', async t => {
  const [author, person] = [await scene.hospital(), await scene.holder()]
  const own = await scene.make(author.token, document(person.id))
  await scene.make(hospital.token, document(person.id))
  const by = async (query: string) => await scene.ids(author.token, `/DocumentReference?${query}`)
  t.same(await by(`patient.identifier=${INS_TEST}|${person.ins}`), [own])
  t.same(await by(`patient.identifier=${INS_TEST}|${person.ins},${INS_TEST}|${newIns()}`), [own])
  for (const query of ['patient.family=petit', 'patient.gender=female', 'patient.birthdate=1990-01-02', `patient._id=${person.id}`, 'patient.identifier:not=x', 'patient.death-date:missing=true', `patient.identifier=${INS_TEST}|`, `patient.identifier=${person.ins}&patient.gender=female`]) {
    t.same(await by(query), [], query)
  }
  t.same(await scene.ids(author.token, '/Patient?_has:DocumentReference:patient:type=11488-4'), [])
  t.same(await scene.ids(author.token, `/Patient?identifier=${person.ins}&_has:DocumentReference:patient:type=11488-4`), [])
  const manager = await scene.make(scene.operator, { resourceType: 'Organization', name: 'Managing' })
  const managed = await scene.holder({ managingOrganization: { reference: `Organization/${manager}` } })
  const query = `/Organization?_has:Patient:organization:identifier=${INS_TEST}|${managed.ins}`
  t.same(await scene.ids(author.token, query), [], 'nor to whom they point')
  t.same(await scene.ids(scene.operator, query), [manager])
  await scene.make(person.token, access(person.id, physician.person))
  t.ok((await scene.ids(physician.token, '/Patient?_has:DocumentReference:patient:type=11488-4')).includes(person.id))
})

t.test('the trace of a chain is that of the patients whom it names', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const other = await scene.holder()
  const events = async (token: string) => (await scene.request(token, 'GET', '/AuditEvent?subtype=search-type&_count=200&_sort=_lastUpdated')).json.entry as { resource: { entity?: { query?: string }[] } }[]
  const queries = async (token: string) => (await events(token)).flatMap(({ resource: { entity = [] } }) => entity.flatMap(({ query }) => query === undefined ? [] : Buffer.from(query, 'base64').toString()))
  await scene.ids(physician.token, `/DocumentReference?patient.identifier=${INS_TEST}|${holder.ins}&status=current`)
  await scene.ids(physician.token, `/Practitioner?_has:DocumentReference:author:patient=${holder.id}`)
  await scene.ids(physician.token, '/Organization?_has:DocumentReference:custodian:status=current')
  await scene.ids(hospital.token, `/DocumentReference?patient.identifier=${holder.ins},${other.ins}`)
  const told = (await queries(holder.token)).join('\n')
  for (const name of ['patient.identifier', '_has%3ADocumentReference%3Aauthor%3Apatient', '_has%3ADocumentReference%3Acustodian%3Astatus']) t.match(told, name)
  t.notMatch(told, other.ins)
  t.equal((await events(other.token)).length, 1, 'the other whom it named')
  t.notMatch((await queries(other.token)).join('\n'), holder.ins)
})
