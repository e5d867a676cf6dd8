/** What a trace says, and to whom: BALP's shape, exactly what was done, and no more than its reader may know. */
import t from 'tap'
import type { AuditEvent } from '@medplum/fhirtypes'
import { DECISION, toAuditEvent } from '../../../src/audit/event.js'
import type { Access, Agent } from '../../../src/audit/event.js'
import { viewTrace } from '../../../src/audit/trace.js'
import type { Version } from '../../../src/interaction/store.js'
import type { Principal } from '../../../src/security/principal.js'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const doctor: Principal = {
  kind: 'professional', subject: 'x', scopes: [], mode: 'bris_de_glace', isSecret: false, expires: 0, person: 'person:81', structure: 'structure:175', profession: 'urn:g15|10', reason: 'unconscious'
}
const access: Access = {
  interaction: 'search-type',
  type: 'DocumentReference',
  patient: 'p',
  disclosed: ['DocumentReference/1', 'DocumentReference/2'],
  query: '?patient=p',
  decision: { permit: true, rule: 10, choices: ['c1'] },
  outcome: '0'
}
const event = (more: Partial<Access> = {}, agent: Agent = { principal: doctor }) => toAuditEvent({ ...access, ...more }, agent, 'id', NOW)
const stored = (audit: AuditEvent) => ({ type: 'AuditEvent', id: 'id', facts: { disclosed: access.disclosed }, text: JSON.stringify(audit) }) as unknown as Version

t.test('an event is all of what was done', async t => {
  t.strictSame(event(), {
    resourceType: 'AuditEvent',
    id: 'id',
    meta: { versionId: '1', lastUpdated: '2026-11-22T12:00:00.000Z', profile: ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientQuery'] },
    extension: [
      { url: DECISION, extension: [{ url: 'permit', valueBoolean: true }, { url: 'rule', valueUnsignedInt: 10 }, { url: 'choice', valueReference: { reference: 'Consent/c1' } }] }
    ],
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest', display: 'Restful Operation' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'search-type' }],
    action: 'E',
    recorded: '2026-11-22T12:00:00.000Z',
    outcome: '0',
    agent: [
      { type: { coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110153', display: 'Source Role ID' }] }, who: { display: 'client' }, requestor: false, network: { type: '2' } },
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP', display: 'information recipient' }] },
        who: { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '81' } },
        requestor: true,
        role: [{ coding: [{ system: 'urn:g15', code: '10' }] }],
        altId: '175',
        purposeOfUse: [{
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'BTG' }, { system: 'https://mos.esante.gouv.fr/NOS/TRE_R248-ModeAcces/FHIR/TRE-R248-ModeAcces', code: 'bris_de_glace' }],
          text: 'unconscious'
        }]
      },
      { type: { coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110152', display: 'Destination Role ID' }] }, who: { display: 'espace-sante-fhir' }, requestor: false, network: { type: '5' } }
    ],
    source: { observer: { display: 'espace-sante-fhir' } },
    entity: [
      { what: { reference: 'Patient/p' }, type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' }, role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' } },
      { type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2' }, role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '24' }, query: Buffer.from('?patient=p').toString('base64') }
    ]
  })
})

t.test('what was done claims the profile of BALP that it has, what was refused and what has none claims nothing', async t => {
  const claim = (more: object, agent?: Agent) => event(more, agent).meta?.profile?.[0]?.split('IHE.BasicAudit.')[1]
  const one = { about: 'DocumentReference/1', query: undefined } as unknown as Partial<Access>
  for (const [interaction, name] of [['read', 'Read'], ['vread', 'Read'], ['create', 'Create'], ['update', 'Update'], ['patch', 'Update'], ['delete', 'Delete']] as const) {
    t.equal(claim({ ...one, interaction }), `Patient${name}`, interaction)
    t.equal(claim({ ...one, interaction, patient: null }), name, `${interaction} of what concerns nobody`)
    t.equal(claim({ ...one, interaction, outcome: '4' }), undefined, `${interaction} that was refused`)
  }
  t.equal(claim({ patient: null }), 'Query')
  t.equal(claim({ query: undefined }), undefined, 'a search that is not told')
  t.equal(claim({ ...one, interaction: 'history-instance' }), undefined)
  t.equal(claim({ ...one, interaction: 'create' }, { principal: { ...doctor, migrator: 'operator' } }), undefined, 'what is migrated has two authors')
  t.strictSame([claim({ interaction: 'search-system', query: '' }), event({ interaction: 'search-system', query: '' }).entity?.length], [undefined, 1], 'a search without parameters has no query')
})

t.test('each interaction has its action, each way of access its purpose', async t => {
  for (const [interaction, action] of [['read', 'R'], ['vread', 'R'], ['history-instance', 'R'], ['search-type', 'E'], ['create', 'C'], ['update', 'U'], ['delete', 'D']] as const) {
    t.match(event({ interaction }), { action, subtype: [{ code: interaction }] })
  }
  for (const [mode, code] of [['normal', 'TREAT'], ['bris_de_glace', 'BTG'], ['centre_15', 'ETREAT']] as const) {
    t.equal(event({}, { principal: { ...doctor, mode } }).agent[1]?.purposeOfUse?.[0]?.coding?.[0]?.code, code)
  }
})

t.test('each kind of caller is named as what they are', async t => {
  const base = { subject: 'x', scopes: [], mode: 'normal', isSecret: false, expires: 0 } as const
  const rows: readonly (readonly [Principal, object])[] = [
    [{ ...base, kind: 'holder', ins: 's|1' }, { reference: 'Patient/h', type: 'Patient' }],
    [{ ...base, kind: 'representative', ins: 's|1', representative: 'r' }, { type: 'RelatedPerson', identifier: { value: 'r' } }],
    [{ ...base, kind: 'structure', structure: 'structure:175' }, { type: 'Organization', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.2', value: '175' } }],
    [{ ...base, kind: 'application', client: 'client:app' }, { type: 'Device', identifier: { value: 'app' } }],
    [{ ...base, kind: 'operator' }, { type: 'Organization', display: 'operator' }]
  ]
  for (const [principal, who] of rows) {
    const agent = event({}, { principal, patient: 'h' }).agent[1]
    t.strictSame(agent?.who, who, principal.kind)
    t.equal(agent?.purposeOfUse, undefined, 'only a professional declares a purpose')
    t.notMatch(JSON.stringify(agent), 's|1', 'an INS is in no event')
  }
})

t.test('an access to nobody names nobody', async t => {
  const none = event({ patient: null, decision: undefined, disclosed: [], query: undefined } as unknown as Partial<Access>)
  t.same([none.entity, none.extension], [[], undefined])
})

t.test('the decision is for the holder; what is hidden from a reader is not named to them', async t => {
  const holder = JSON.parse(viewTrace(stored(event()), { isTold: true, hidden: new Set(['DocumentReference/2']) })) as AuditEvent
  t.same(holder.extension?.map(({ url, valueReference }) => valueReference?.reference ?? url), [DECISION, 'DocumentReference/1'])
  const other = viewTrace(stored(event()), { isTold: false, hidden: new Set(['DocumentReference/1', 'DocumentReference/2']) })
  t.equal((JSON.parse(other) as AuditEvent).extension, undefined)
  for (const secret of ['DocumentReference/', 'Consent/c1', 'valueUnsignedInt']) t.notMatch(other, secret)
  t.equal((JSON.parse(other) as AuditEvent).recorded, '2026-11-22T12:00:00.000Z')
})
