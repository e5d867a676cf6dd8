/**
 * ITI-65 with the Bundles that IHE and ANS publish, their patients replaced by a test one: accepted, found by ITI-66 and
 * 67, contents equal by ITI-68; a replacement supersedes.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import { INS_TEST } from '../helper/app.js'
import { TRE_A07, document, label } from '../helper/resource.js'
import { placeOf, statuses } from '../interaction/bundle.js'
import { isAbsent, openScene, refused } from '../interaction/scene.js'
import { ROOT } from '../helper/root.js'

const FIXTURES = new URL('../shared/fixtures/valid/', ROOT)
const scene = await openScene(t)
const { get, hospital, lab, operator, request } = scene
const LIST_TYPES = 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes'

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any
interface Named { readonly id: string, readonly ins: string }

/** A published Bundle about a test patient. @param named what stands for resources that the guide takes to be there */
function published (file: string, { id, ins }: Named, named: Readonly<Record<string, string>> = {}): Json {
  const text = readFileSync(new URL(file, FIXTURES), 'utf8')
  const replaced = Object.entries({ 'Patient/ex-patient': `Patient/${id}`, 'urn:oid:1.2.250.1.213.1.4.8|123456789012345': `${INS_TEST}|${ins}`, ...named })
    .reduce((known, [from, to]) => known.replaceAll(from, to), text)
  return JSON.parse(replaced)
}
const send = async (body: object, token = hospital) => await request(token, 'POST', '/fhir', { body })
const entry = (bundle: Json, type: string) => bundle.entry.findIndex(({ request }: Json) => request.method === 'POST' && request.url === type)

/** What ITI-66, 67 and 68 find of an accepted Bundle. */
async function found (t: Test, bundle: Json, response: Json, { id, holder }: Named & { holder: string }): Promise<void> {
  t.match([response.status, response.json.type], [200, 'transaction-response'], response.text)
  t.same(statuses(response), bundle.entry.map(({ request }: Json) => request.method === 'POST' ? '201' : '200'))
  for (const [index, { request, resource }] of bundle.entry.entries()) {
    const place = placeOf(response, index)
    t.equal(place.split('/')[0], request.url.split('/')[0])
    if (request.url === 'DocumentReference') {
      const { masterIdentifier: { system, value } } = resource
      t.same(await scene.ids(hospital, `/DocumentReference?patient=Patient/${id}&status=current&identifier=${system}|${value}`), [place.split('/')[1]], 'ITI-67')
    }
    if (request.url === 'List') {
      const code = resource.code.coding[0].code
      const lists = await scene.ids(holder, `/List?patient=Patient/${id}&code=${LIST_TYPES}|${code}&status=current`)
      t.ok(lists.includes(place.split('/')[1] ?? ''), 'ITI-66')
      t.same((await get(holder, `/${place}`)).json.entry.map(({ item }: Json) => item.reference.split('/')[0]), resource.entry.map(({ item }: Json) => typeAt(bundle, item.reference)))
    }
    if (request.url === 'Binary') {
      const content = await get(hospital, `/${place}`)
      t.ok(content.bytes.equals(Buffer.from(resource.data, 'base64')), 'ITI-68')
      t.equal(content.headers['content-type'], resource.contentType)
    }
  }
}
const typeAt = (bundle: Json, fullUrl: string) => bundle.entry.find((one: Json) => one.fullUrl === fullUrl)?.request.url ?? fullUrl.split('/')[0]

for (const name of ['Complete', 'Simple', 'Multiple'] as const) {
  t.test(`the comprehensive Bundle of IHE: ${name}`, async t => {
    const patient = await scene.open()
    const appended = await scene.made(hospital, document(patient.id))
    const bundle = published(`ihe-mhd/Bundle-ex-comprehensiveProvideDocumentBundle${name}.json`, patient, { 'ex-DocumentReferenceComprehensive': appended.id })
    if (name === 'Multiple') {
      // Its two documents have one unique identifier.
      refused(t, await send(bundle), 409, { code: 'duplicate', expression: 'Bundle.entry[2]' })
      bundle.entry[2].resource.masterIdentifier.value += '.1'
    }
    await found(t, bundle, await send(bundle), patient)
  })
}

t.test('the uncontained Bundle of IHE', async t => {
  const patient = await scene.open()
  const [appended, practitioner, organization] = await Promise.all([
    scene.made(hospital, document(patient.id)), scene.made(operator, { resourceType: 'Practitioner', name: [{ family: 'X' }] }), scene.made(operator, { resourceType: 'Organization', name: 'X' })])
  const bundle = published('ihe-mhd/Bundle-ex-unContainedComprehensiveProvideDocumentBundleComplete.json', patient,
    { 'ex-DocumentReferenceComprehensive': appended.id, 'ex-practitioner': practitioner.id, 'ex-organization': organization.id })
  await found(t, bundle, await send(bundle), patient)
})

t.test('the submission of ANS, its patient by a conditional reference', async t => {
  const patient = await scene.open()
  const bundle = published('ans-pdsm4dmp/Bundle-example-td2-iti65-lot-soumission.json', patient)
  const response = await send(bundle)
  await found(t, bundle, response, patient)
  const { json } = await get(hospital, `/${placeOf(response, entry(bundle, 'DocumentReference'))}`)
  t.equal(json.subject.reference, `Patient/${patient.id}`)
})

t.test('the replacement of ANS supersedes, and keeps what was masked', async t => {
  const patient = await scene.open()
  const first = published('ans-pdsm4dmp/Bundle-example-td2-iti65-lot-soumission.json', patient)
  const old = placeOf(await send(first), entry(first, 'DocumentReference'))
  const masked = await request(patient.holder, 'PATCH', `/${old}`, {
    body: JSON.stringify([{ op: 'replace', path: '/securityLabel/0', value: label('MASQUE_PS') }]), headers: { 'content-type': 'application/json-patch+json' }
  })
  t.equal(masked.status, 200, masked.text)
  const bundle = published('ans-pdsm4dmp/Bundle-example-td2-1-remplacement.json', patient, { 'DocumentReference/doc-x-id': old })
  const response = await send(bundle)
  await found(t, bundle, response, patient)
  const fresh = placeOf(response, entry(bundle, 'DocumentReference'))
  t.equal((await get(hospital, `/${old}`)).json.status, 'superseded')
  t.same(await scene.ids(hospital, `/DocumentReference?patient=Patient/${patient.id}&status=current`), [fresh.split('/')[1]])
  t.equal((await get(hospital, `/${fresh}`)).json.relatesTo[0].target.reference, old, 'the chain is readable')
  const labels = (await get(patient.holder, `/${fresh}`)).json.securityLabel.flatMap(({ coding }: Json) => coding)
  t.ok(labels.some(({ system, code }: Json) => system === TRE_A07 && code === 'MASQUE_PS'), 'the mask holds on the new one')
})

t.test('the replacement of IHE, its size put right', async t => {
  const patient = await scene.open()
  const replaced = await scene.made(hospital, document(patient.id))
  const bundle = published('ihe-mhd/Bundle-ex-comprehensiveProvideDocumentBundleReplace.json', patient, { 'ex-documentreference': replaced.id })
  const place = entry(bundle, 'DocumentReference')
  refused(t, await send(bundle), 422, { code: 'business-rule', expression: `Bundle.entry[${place}].resource.content[0].attachment.size` })
  bundle.entry[place].resource.content[0].attachment.size = Buffer.from(bundle.entry[entry(bundle, 'Binary')].resource.data, 'base64').length
  await found(t, bundle, await send(bundle), patient)
  t.equal((await get(hospital, `/DocumentReference/${replaced.id}`)).json.status, 'superseded')
})

t.test('a document is added to a folder that is there', async t => {
  const patient = await scene.open()
  const kept = await scene.made(hospital, document(patient.id))
  const named = { 'ex-DocumentReferenceComprehensive': kept.id }
  const file = 'ihe-mhd/Bundle-ex-ProvideDocumentBundle-addToFolder.json'
  const { resource: { id: placeholder, ...there } } = published(file, patient, named).entry[2]
  const folder = await scene.made(hospital, { ...there, entry: there.entry.slice(0, 1) })
  const bundle = published(file, patient, { ...named, [placeholder]: folder.id })
  const own = await scene.made(lab, document(patient.id))
  for (const id of [folder.id, 'nothing-of-the-kind']) {
    const theirs = published(file, patient, { 'ex-DocumentReferenceComprehensive': own.id, [placeholder]: id })
    refused(t, await send(theirs, lab), 422, { code: 'not-found', expression: 'Bundle.entry[0].resource.entry[1].item' })
    theirs.entry[0].resource.entry.pop()
    refused(t, await send(theirs, lab), 404, { code: 'not-found', details: 'MSG_NO_EXIST', expression: 'Bundle.entry[2]' })
  }
  const response = await send(bundle)
  await found(t, bundle, response, patient)
  t.equal(placeOf(response, 2), `List/${folder.id}`)
  t.same((await get(hospital, `/List/${folder.id}`)).json.entry.map(({ item }: Json) => item.reference), [`DocumentReference/${kept.id}`, placeOf(response, 1)])
})

t.test('by another structure, nothing is there to be replaced', async t => {
  const patient = await scene.open()
  const first = published('ans-pdsm4dmp/Bundle-example-td2-iti65-lot-soumission.json', patient)
  const old = placeOf(await send(first), entry(first, 'DocumentReference'))
  const bundle = (target: string) => published('ans-pdsm4dmp/Bundle-example-td2-1-remplacement.json', patient, { 'DocumentReference/doc-x-id': target })
  const place = `Bundle.entry[${entry(bundle(old), 'DocumentReference')}].resource.relatesTo.target`
  refused(t, await send(bundle(old), lab), 422, { code: 'not-found', expression: place })
  refused(t, await send(bundle('DocumentReference/nothing'), lab), 422, { code: 'not-found', expression: place })
  isAbsent(t, await scene.remove(lab, `/${old}`))
})

t.test('what makes its own patient, names none, or is told wrongly is refused', async t => {
  const patient = await scene.open()
  for (const [file, status] of [
    ['ihe-mhd/Bundle-ex-minimalProvideDocumentBundleSimple.json', 403],
    ['ihe-mhd/Bundle-ex-minimalProvideDocumentBundleSimpleContained.json', 422],
    ['ihe-mhd/Bundle-ex-dummyBundleDocAndBinary.json', 422],
    ['ihe-mhd/Bundle-ex-ProvideDocumentBundle-addToFolder.json', 422],
    ['ihe-mhd/Bundle-ex-comprehensiveProvideDocumentBundleDocument.json', 404]
  ] as const) {
    const response = await send(published(file, patient))
    t.match([response.status, response.json.issue[0].expression[0]], [status, /^Bundle\.entry\[\d\]/], `${file} ${response.text}`)
  }
})
