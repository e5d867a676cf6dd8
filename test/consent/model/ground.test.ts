import { TYPES } from '../generators.js'
import { FINESS, RESOURCE_TYPE } from '../scenario.js'
import type { WorldConsent } from '../scenario.js'
import { NOW, HOUR, ada, ward, hospital, laboratory, physician, emergency, regulation, purpose, choice, actor, access, block, treating, breakGlass, finer, pin } from './scene.js'

const lifted = (hours: number): WorldConsent => block(ada, { consent: { status: 'inactive' }, endedBlock: NOW - hours * HOUR, acknowledged: NOW - hours * HOUR })
pin('grounds', [
  ['nothing said is deny', {}, 'deny 10'],
  ['a permit to the person is a ground', { consents: [access()] }, 'permit 14'],
  ['a permit to the hospital covers exactly the hospital, not its ward', { consents: [access(hospital)] }, 'deny 10'],
  ['two identifiers of one site are one structure', { caller: { ...physician, structure: { system: FINESS, value: '750000002' } }, consents: [access(hospital)] }, 'permit 14'],
  ['a permit acknowledged before a block ended is no ground', { consents: [access(), lifted(0.5)] }, 'deny 10'],
  ['nor is one to their structure', { consents: [access(ward), lifted(0.5)] }, 'deny 10'],
  ['a permit acknowledged after it is a ground', { consents: [access(), lifted(2)] }, 'permit 14'],
  ['a block ends with its period too', { consents: [access(), choice('blocage', { type: 'deny', ...actor(ada), period: { end: new Date(NOW - 1).toISOString() } })] }, 'deny 10'],
  ['a block that was lifted never ends the médecin traitant', { consents: [treating, lifted(0.5)] }, 'permit 7'],
  ['a period holds at its first instant', { consents: [access(ada, { period: { start: '2026-03-31T12:00:00+02:00' } })] }, 'permit 14'],
  ['a period holds at its last instant', { consents: [access(ada, { period: { end: '2026-03-31T12:00:00+02:00' } })] }, 'permit 14'],
  ['a day is a whole day in Paris', { consents: [access(ada, { period: { end: '2026-03-31' } })], now: Date.parse('2026-03-31T21:59:59.999Z') }, 'permit 14'],
  ['and no more', { consents: [access(ada, { period: { end: '2026-03-31' } })], now: Date.parse('2026-03-31T22:00:00.000Z') }, 'deny 10'],
  ['an access for once ends after 24 hours, whatever its period', { consents: [choice('acces-ponctuel', { type: 'permit', ...actor(ada), period: { start: new Date(NOW - 24 * HOUR - 1).toISOString(), end: '2027' } })] }, 'deny 10'],
  ['a member of an active team has a ground', { consents: [choice('equipe-soins', { type: 'permit', ...actor('CareTeam/team') })] }, 'permit 14'],
  ['the structure that deposited has a ground', { caller: { ...physician, structure: laboratory } }, 'permit 14'],
  ['but none in an emergency', { caller: { ...emergency, structure: laboratory } }, 'deny 10'],
  ['break-glass is shut unless the holder opened it', { caller: emergency, consents: [access()] }, 'deny 10'],
  ['break-glass opens by its choice', { caller: emergency, consents: [breakGlass] }, 'permit 14'],
  ['the choice for break-glass does not open the regulation', { caller: regulation, consents: [breakGlass] }, 'deny 10'],
  ['a permit without a kind for BTG opens to the operator\'s list', { caller: emergency, consents: [choice('PCF', { type: 'deny', provision: [{ type: 'permit', purpose: purpose('BTG'), ...actor('Group/privileged') }] })] }, 'permit 14'],
  ['a member whom the operator struck off the list is let in no more', {
    caller: emergency,
    consents: [choice('PCF', { type: 'permit', purpose: purpose('BTG'), ...actor('Group/privileged') })],
    world: { groups: [{ resourceType: 'Group', id: 'privileged', type: 'practitioner', actual: true, member: [{ entity: { reference: 'Practitioner/ada' }, inactive: true }] }] }
  }, 'deny 10'],
  ['a partage for BTG opens no emergency', { caller: emergency, consents: [finer('permit', { purpose: purpose('BTG') })] }, 'deny 10'],
  ['a permit that was deleted is no ground', { consents: [{ ...access(), deleted: true }] }, 'deny 10'],
  ['nor is one of another patient', { consents: [choice('acces-ps', { type: 'permit', ...actor(ada) }, { consent: { patient: { reference: 'Patient/other' } } })] }, 'deny 10'],
  ['purposes match exactly', { consents: [access(ada, { purpose: purpose('HPAYMT') })] }, 'deny 10'],
  ['a permit is a ground for what its selectors match only', { consents: [finer('permit', { code: [{ coding: [TYPES.hospital] }] })] }, 'deny 10'],
  ['a permit on a class of resources is one for each of them', { consents: [finer('permit', { class: [{ system: RESOURCE_TYPE, code: 'DocumentReference' }] })] }, 'permit 14'],
  ['a permit of an unknown kind says nothing', { consents: [choice('ACCES-PS', { type: 'permit', ...actor(ada) })] }, 'deny 10'],
  ['a permit with a modifier extension says nothing', { consents: [choice('acces-ps', { type: 'permit', ...actor(ada) }, { consent: { modifierExtension: [{ url: 'urn:example' }] } })] }, 'deny 10']
])
