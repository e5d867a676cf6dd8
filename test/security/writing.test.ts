/** What nobody may write (adversary F18 F19 F24 F25 F26 F27 F31 F32; security.md C10). */
import t from 'tap'
import { INS_TEST, as } from '../helper/app.js'
import { access, actor, block, consent, document, emergency, label, patient, person } from '../helper/resource.js'
import { newIns, newPerson, newStructure, openScene } from './scene.js'

const scene = await openScene(t)
const TRE_A05 = 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire'
const STATUS = 'https://fhir.espace-sante.example/StructureDefinition/account-status'
const typed = (...coding: readonly object[]) => ({ type: { coding } })
const own = { system: TRE_A05, code: 'DOCPAT01' }
const client = (id: string) => ({ identifier: { system: 'https://fhir.espace-sante.example/NamingSystem/client', value: id } })
const paired = (patientId: string, id: string) => consent(patientId, 'application', { type: 'permit', actor: actor(client(id)) })

t.test('F18 an INS stays with its record: nobody else gets it, nor its record', async t => {
  const { holder, id } = await scene.cast()
  const identity = patient(newIns())
  t.equal(await scene.status(scene.operator, `/Patient/${holder.id}`, 'PUT', { body: { ...identity, id: holder.id } }), 422)
  const fresh = identity.identifier[0]
  const kept = [fresh, { use: 'old', system: INS_TEST, value: holder.ins }]
  t.equal(await scene.status(scene.operator, `/Patient/${holder.id}`, 'PUT', { body: { ...identity, id: holder.id, identifier: kept } }), 200)
  t.equal((await scene.post(scene.operator, patient(holder.ins))).status, 409)
  t.equal((await scene.post(scene.operator, patient(fresh?.value ?? ''))).status, 409)
  for (const ins of [holder.ins, fresh?.value ?? '']) t.equal(await scene.status(await scene.token(as.holder(ins)), `/DocumentReference/${id}`), 200)
  t.equal(await scene.status(scene.operator, `/Patient/${holder.id}`, 'PUT', { body: { ...identity, id: holder.id } }), 422, 'an old one is not dropped later')
})

t.test('F19 an emergency token deposits in the record that it names, in no other', async t => {
  const [named, other] = [await scene.holder(), await scene.holder()]
  await scene.make(named.token, emergency(named.id, 'urgence-ps', 'BTG'))
  const token = await scene.token(as.emergency(newPerson(), newStructure(), named.ins, 'bris_de_glace'))
  t.equal((await scene.post(token, document(other.id))).status, 422)
  t.equal((await scene.post(token, document('x', { subject: { identifier: { system: INS_TEST, value: other.ins } } }))).status, 422)
  t.same(await scene.ids(other.token, `/DocumentReference?patient=${other.id}`), [])
  t.equal((await scene.post(token, document(named.id))).status, 201)
})

t.test('F24 holder and application deposit types of the patient, in the system of these types, and no others', async t => {
  const { holder, physician } = await scene.cast()
  await scene.make(holder.token, paired(holder.id, 'app24'))
  const application = await scene.token(as.application('app24', holder.ins))
  for (const token of [holder.token, application]) {
    for (const more of [
      typed(own, { system: 'http://loinc.org', code: '11488-4' }), typed({ system: 'urn:evil', code: 'DOCPAT01' }), typed({ code: 'DOCPAT01' }),
      typed({ system: 'http://loinc.org', code: '11488-4' }), typed(), {}, { type: { text: 'DOCPAT01' } }, { type: undefined }
    ]) {
      const answer = await scene.post(token, document(holder.id, more))
      t.ok([403, 422].includes(answer.status), `${JSON.stringify(more)} ${answer.status}`)
    }
    t.equal((await scene.post(token, document(holder.id, typed(own)))).status, 201)
  }
  t.equal((await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}&type=http://loinc.org|11488-4`)).length, 1, 'the hospital\'s alone')
})

t.test('F25 an application without its choice reads and changes nothing, what it deposited neither', async t => {
  const holder = await scene.holder()
  const application = await scene.token(as.application('app25', holder.ins))
  t.equal(await scene.status(application, `/Patient/${holder.id}`), 404, 'before any choice')
  t.equal((await scene.post(application, document(holder.id, typed(own)))).status, 403)
  const choice = await scene.make(holder.token, paired(holder.id, 'app25'))
  const id = await scene.make(application, document(holder.id, typed(own)))
  const content = (await scene.request(application, 'GET', `/DocumentReference/${id}`)).json.content[0].attachment.url as string
  t.equal(await scene.status(application, `/Patient/${holder.id}`), 200)
  await scene.change(holder.token, `/Consent/${choice}`, { status: 'inactive' })
  for (const url of [`/DocumentReference/${id}`, `/DocumentReference/${id}/_history`, `/${content}`, `/Patient/${holder.id}`]) t.equal(await scene.status(application, url), 404, url)
  t.equal(await scene.status(application, `/DocumentReference/${id}`, 'DELETE'), 404)
  t.same(await scene.ids(application, '/DocumentReference'), [])
  t.same(await scene.ids(application, '/Patient'), [])
  t.equal((await scene.post(application, document(holder.id, typed(own)))).status, 403)
  t.equal(await scene.status(holder.token, `/DocumentReference/${id}`), 200, 'the holder keeps it')
})

t.test('F26 an account opens again by a status that says so, by no misspelling', async t => {
  for (const status of ['deleted', 'closed']) {
    const { holder, id } = await scene.cast()
    const identity = { ...patient(holder.ins), id: holder.id }
    const put = async (extension: readonly object[] | undefined) => await scene.status(scene.operator, `/Patient/${holder.id}`, 'PUT', { body: { ...identity, extension } })
    t.equal(await put([{ url: STATUS, valueCode: status }]), 200)
    t.equal(await scene.status(holder.token, `/DocumentReference/${id}`), 404, status)
    for (const extension of [
      undefined, [{ url: STATUS, valueString: 'closed' }], [{ url: STATUS, valueCode: 'Open' }], [{ url: STATUS, valueCode: 'unknown' }],
      [{ url: STATUS, valueCode: 'open' }, { url: STATUS, valueCode: 'closed' }], [{ url: STATUS, extension: [{ url: 'x', valueCode: 'open' }] }]
    ]) {
      t.equal(await put(extension), 422, JSON.stringify(extension))
      t.equal(await scene.status(holder.token, `/DocumentReference/${id}`), 404)
    }
  }
})

t.test('F27 a sector outside care is outside care however it is spelled', async t => {
  const { holder, id } = await scene.cast()
  for (const sector of ['SA24', 'sa24^1.2.250.1.71.4.2.4', ' SA24 ', 'SA24|x', 'assurance', 'SA13']) {
    const insurer = await scene.physician(newStructure(), { Secteur_Activite: sector })
    await scene.make(holder.token, access(holder.id, insurer.person))
    t.equal(await scene.status(insurer.token, `/DocumentReference/${id}`), 404, sector)
    t.equal((await scene.post(insurer.token, document(holder.id))).status, 403, `${sector} deposits nothing`)
  }
  const carer = await scene.physician()
  await scene.make(holder.token, access(holder.id, carer.person))
  t.equal(await scene.status(carer.token, `/DocumentReference/${id}`), 200)
})

t.test('F31 identifiers without a value say nothing: such documents are neither the same nor one chain', async t => {
  for (const identifier of [{ use: 'official' }, { system: 'urn:x' }]) {
    const { holder, physician, hospital } = await scene.cast()
    const ids = [1, 2].map(async () => await scene.make(hospital.token, document(holder.id, { masterIdentifier: undefined, identifier: [identifier] })))
    const [first = '', second = ''] = [await ids[0], await ids[1]]
    await scene.change(holder.token, `/DocumentReference/${first}`, { securityLabel: [label('MASQUE_PS')] })
    t.equal(await scene.status(physician.token, `/DocumentReference/${first}`), 404)
    t.equal(await scene.status(physician.token, `/DocumentReference/${second}`), 200)
  }
})

t.test('F32 an update refers to what its writer may read, like a deposit', async t => {
  const { holder, hospital, id } = await scene.cast()
  const other = await scene.cast()
  const own = await scene.make(hospital.token, document(holder.id))
  const refer = async (reference: string) => (await scene.change(hospital.token, `/DocumentReference/${id}`,
    { extension: [{ url: 'urn:x', valueReference: { reference } }] })).status
  for (const reference of [`DocumentReference/${other.id}`, 'DocumentReference/none', `Patient/${other.holder.id}`, 'Patient/none', `Consent/${other.id}`, 'Patient?identifier=x|y', 'Unknown/x']) {
    t.equal(await refer(reference), 422, reference)
  }
  t.equal(await refer(`DocumentReference/${own}`), 200)
})

t.test('C10 nobody writes or changes a choice of another record', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const other = await scene.holder()
  const mine = await scene.make(holder.token, block(holder.id, person(newPerson())))
  const stale = { 'if-match': 'W/"stale"' }
  for (const token of [other.token, physician.token, hospital.token, scene.operator]) {
    t.equal((await scene.post(token, access(holder.id, newPerson()))).status, 403)
    t.equal(await scene.status(token, `/Consent/${mine}`, 'PUT', { body: { ...block(holder.id, person(newPerson())), id: mine }, headers: stale }), 404, 'absent before stale')
    t.equal(await scene.status(token, `/Consent/${mine}`, 'DELETE'), 404)
  }
  t.equal((await scene.change(holder.token, `/Consent/${mine}`, { patient: { reference: `Patient/${other.id}` } })).status, 422, 'a choice stays in its record')
  const current = (await scene.request(holder.token, 'GET', `/Consent/${mine}`)).json
  t.equal(await scene.status(holder.token, `/Consent/${mine}`, 'PUT', { body: current, headers: stale }), 412)
  t.equal(await scene.status(holder.token, `/Consent/${mine}`, 'PUT', { body: current, headers: { 'if-match': `W/"${current.meta.versionId as string}"` } }), 200)
})
