/**
 * The Consents that IHE publishes with Privacy Consent on FHIR, each deposited by the holder of a test record, and what
 * clinicians then see of it: what the narrative of the example says. One row for each, its sentence from IHE/ITI.PCF.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { as } from '../helper/app.js'
import { access, document, label } from '../helper/resource.js'
import { GP, GP2, PRACTICE, matches, openScene } from '../interaction/scene.js'
import { ROOT } from '../helper/root.js'

const FIXTURES = new URL('../shared/fixtures/valid/ihe-pcf/', ROOT)
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const RESEARCH_HOUSE = '1990000011'
const scene = await openScene(t)
const { made, operator, hospital, gp } = scene

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any

/** What the guide takes to be in the directory, with identities by which somebody can be known. */
const person = (value: string) => ({ resourceType: 'Practitioner', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value }] })
const directory: Record<string, string> = {}
for (const [name, resource] of Object.entries({
  'Practitioner/ex-practitioner': person(GP),
  'Practitioner/ex-author': person('899700000099'),
  'Organization/ex-org-researcher': { ...published('Organization-ex-org-researcher.json'), identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: RESEARCH_HOUSE }] }
})) {
  const { resourceType, id } = await made(operator, resource)
  directory[name] = `${resourceType}/${id}`
}
directory['Group/ex-privilegedUsers'] = `Group/${(await made(operator, published('Group-ex-privilegedUsers.json', directory))).id}`

/** An example with what it refers to put in the place of what the guide has. */
function published (file: string, named: Readonly<Record<string, string>> = {}): Json {
  const text = readFileSync(new URL(file, FIXTURES), 'utf8')
  const { id, ...resource } = JSON.parse(Object.entries(named).reduce((known, [from, to]) => known.replaceAll(`"${from}"`, `"${to}"`), text))
  return resource
}

/** The resources of the guide, normal but for the use of alcohol, which is restricted; and documents of 2026. */
const OBSERVED = ['alcoholUse', 'bloodSugar', 'bloodPressure', 'weight', 'weight-2'] as const
const NORMAL = 'encounter bloodSugar bloodPressure weight weight-2 report'
const RESTRICTED = 'alcoholUse restricted psychiatry violence'
const ALL = `${NORMAL} ${RESTRICTED}`
const OF_ENCOUNTER = 'encounter alcoholUse bloodSugar bloodPressure weight weight-2'
const sorted = (names: string) => names.split(' ').filter(name => name !== '').toSorted().join(' ')
const without = (all: string, ...names: readonly string[]) => all.split(' ').filter(name => !names.includes(name)).join(' ')

async function openRecord () {
  const patient = await scene.open()
  const named: Record<string, string> = { ...directory, 'Patient/ex-patient': `Patient/${patient.id}` }
  const there: Record<string, string> = {}
  const deposit = async (name: string, resource: object, known?: string) => {
    const { resourceType, id } = await made(hospital, resource)
    there[`${resourceType}/${id}`] = name
    if (known !== undefined) named[known] = `${resourceType}/${id}`
  }
  const by = (name: string) => ({ author: [{ reference: directory[`Practitioner/${name}`] }] })
  const labelled = (...labels: readonly object[]) => ({ ...by('ex-author'), securityLabel: [label('R', CONFIDENTIALITY), ...labels] })
  await deposit('encounter', published('Encounter-ex-encounter.json', named), 'Encounter/ex-encounter')
  for (const name of OBSERVED) await deposit(name, published(`Observation-ex-${name}.json`, named), `Observation/ex-${name}`)
  await deposit('report', document(patient.id, by('ex-practitioner')))
  await deposit('restricted', document(patient.id, labelled()))
  await deposit('psychiatry', document(patient.id, labelled(label('PSY', ACT_CODE))))
  await deposit('violence', document(patient.id, labelled(label('SDV', ACT_CODE))))
  const seen = async (token: string) => {
    const found = await Promise.all(['Encounter', 'Observation', 'DocumentReference'].map(async type => matches(await scene.get(token, `/${type}?patient=Patient/${patient.id}&_count=50`))))
    return sorted(found.flat().map(({ resourceType, id }) => there[`${resourceType}/${id}`] ?? 'something else').join(' '))
  }
  return { ...patient, named, seen }
}

interface Row {
  readonly example: string
  /** What the guide says of it. */
  readonly says: string
  /** Some clinician, in their usual work. */
  readonly clinician: string
  /** The one whom the examples name, and who is on the list of privileged users; as any clinician unless said. */
  readonly practitioner?: string
  /** The same two who break the glass. */
  readonly privileged?: string
  readonly unprivileged?: string
  /** Where the answer warns that it is not understood. */
  readonly warns?: string
}

const TPO = 'Consent for purposes of use involved in treatment: Treatment/Payment/Operations'
const ROWS: readonly Row[] = [
  { example: 'consent-basic-treat', says: TPO, clinician: ALL },
  { example: 'consent-basic-treat-infant', says: 'to an infants data, given by the mother', clinician: ALL },
  { example: 'consent-basic-ink', says: `${TPO}, with ink signature`, clinician: ALL },
  { example: 'consent-expired-treat', says: 'provision period end was at December 31, 2022 -- thus this Consent has expired', clinician: '' },
  { example: 'consent-basic-reject', says: `Dissent for purposes of use involved in treatment: a permit beside it (${GP2}) opens nothing`, clinician: '' },
  { example: 'consent-basic-research', says: 'Consent for any healthcare research purpose, and so for no treatment', clinician: '' },
  { example: 'consent-intermediate-timeframe', says: 'access only data authored within 2022', clinician: 'alcoholUse' },
  // When the encounter was is not known: it may have been then.
  { example: 'consent-intermediate-not-timeframe', says: 'a sub-provision denying access to data authored within 2022', clinician: without(ALL, 'alcoholUse', 'encounter') },
  { example: 'consent-intermediate-authoredby', says: 'Permits access to data authored by practitioner 1', clinician: 'report' },
  { example: 'consent-intermediate-not-authoredby', says: 'a sub-provision denying access to data authored by ex-practitioner', clinician: without(ALL, 'report') },
  { example: 'consent-intermediate-encounter', says: 'Consent allowing data authored related to an encounter', clinician: OF_ENCOUNTER },
  { example: 'consent-intermediate-not-encounter', says: 'Consent allowing most sharing of data but NOT data related to an encounter', clinician: without(ALL, ...OF_ENCOUNTER.split(' ')) },
  { example: 'consent-intermediate-data', says: 'with specific data itemized', clinician: OF_ENCOUNTER },
  { example: 'consent-intermediate-not-data', says: 'a sub-provision denying access to a specific data instance: alcohol use', clinician: without(ALL, 'alcoholUse') },
  // Its purpose is a code of some research project, which nobody here can ask for: without a deny, what is not understood says nothing.
  { example: 'consent-intermediate-purpose', says: 'allowing a given purpose beyond the basic purpose valueSet: FooBar', clinician: '', warns: 'Consent.provision.purpose' },
  { example: 'dissent-intermediate-break-glass', says: 'Consent forbid data access except for Break-Glass', clinician: '', privileged: ALL },
  { example: 'consent-advanced-normal', says: 'Consent allowing NORMAL data access', clinician: NORMAL },
  { example: 'consent-advanced-normal-restricted', says: 'Consent allowing NORMAL and RESTRICTED data access', clinician: ALL },
  { example: 'consent-advanced-normal-not-restricted', says: 'Consent allowing NORMAL data access but NOT RESTRICTED', clinician: NORMAL },
  { example: 'consent-advanced-normal-focused-restricted', says: 'only Practitioner gets Restricted data', clinician: NORMAL, practitioner: ALL },
  { example: 'consent-advanced-normal-focused-psy', says: 'only Practitioner gets Mental Health data', clinician: NORMAL, practitioner: `${NORMAL} psychiatry` },
  { example: 'consent-advanced-normal-focused-psy-or-sdv', says: 'only Practitioner gets Mental Health or Sexual Health data', clinician: NORMAL, practitioner: `${NORMAL} psychiatry violence` },
  { example: 'consent-advanced-normal-break-glass-restricted', says: 'only break-glass gets RESTRICTED data', clinician: NORMAL, privileged: RESTRICTED }
]

for (const { example, says, clinician, practitioner = clinician, privileged = '', unprivileged = '', warns } of ROWS) {
  t.test(`${example}: ${says}`, async t => {
    const record = await openRecord()
    const other = await scene.professional(GP2, '1750000077')
    if (example === 'consent-basic-reject') {
      await made(record.holder, access(record.id, GP2))
      t.equal(await record.seen(other), sorted(ALL), 'before it was said')
    } else {
      t.equal(await record.seen(other), '', 'before it was said')
    }
    const response = await scene.post(record.holder, published(`Consent-ex-${example}.json`, record.named))
    t.equal(response.status, 201, response.text)
    t.equal(response.headers['warning']?.includes(`"${warns ?? '?'}: `) ?? false, warns !== undefined, 'warned')
    t.equal(await record.seen(other), sorted(clinician), 'a clinician')
    t.equal(await record.seen(gp), sorted(practitioner), 'the practitioner whom it names')
    const breaking = async (id: string, structure: string) => await scene.token(as.emergency(id, structure, record.ins, 'bris_de_glace'))
    t.equal(await record.seen(await breaking(GP, PRACTICE)), sorted(privileged), 'a privileged user who breaks the glass')
    t.equal(await record.seen(await breaking(GP2, '1750000077')), sorted(unprivileged), 'another one who breaks the glass')
    t.equal(await record.seen(await scene.professional('899700000033', RESEARCH_HOUSE)), sorted(clinician), 'who works at the research house is a clinician like any')
  })
}

t.test('privilegedUsers: this is a managed list of users, and who is taken off it is none any more', async t => {
  const record = await openRecord()
  await made(record.holder, published('Consent-ex-dissent-intermediate-break-glass.json', record.named))
  const breaking = await scene.token(as.emergency(GP, PRACTICE, record.ins, 'bris_de_glace'))
  t.equal(await record.seen(breaking), sorted(ALL))
  const list = (await scene.get(operator, `/${directory['Group/ex-privilegedUsers']}`)).json
  const { member, ...empty } = list
  t.equal((await scene.put(operator, empty)).status, 200)
  t.equal(await record.seen(breaking), '')
  t.equal((await scene.put(operator, { ...empty, member })).status, 200)
  t.equal(await record.seen(breaking), sorted(ALL))
})
