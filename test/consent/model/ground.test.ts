import type { CareTeam, CareTeamParticipant, ConsentProvision } from '@medplum/fhirtypes'
import { TYPES } from '../generators.js'
import { FINESS, PROFESSION, RESOURCE_TYPE } from '../scenario.js'
import type { World, WorldConsent } from '../scenario.js'
import { NOW, HOUR, ada, lin, ward, hospital, laboratory, physician, emergency, regulation, purpose, secret, labelled, report, choice, actor, access, block, treating, breakGlass, finer, aboutReport, pin } from './scene.js'

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
  ['a place in a team that is over is none', { consents: [choice('equipe-soins', { type: 'permit', ...actor('CareTeam/team') })], now: Date.parse('2026-03-31T22:00:00.000Z') }, 'deny 10'],
  ['nor is one in a team that is not active', { consents: [choice('equipe-soins', { type: 'permit', ...actor('CareTeam/team') })], world: { careTeams: [{ resourceType: 'CareTeam', id: 'team', status: 'suspended', participant: [{ member: { reference: 'Practitioner/ada' } }] }] } }, 'deny 10'],
  ['what a parent gave is no ground for what the child keeps secret', { consents: [{ ...access(), by: 'representative' }], document: report(labelled(secret)) }, 'deny 10'],
  ['but for the rest', { consents: [{ ...access(), by: 'representative' }] }, 'permit 14'],
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

const statuses = ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error'] as const
pin('C7 only an active choice counts', statuses.flatMap(status => [
  [`a permit that is ${status} is no ground`, { consents: [choice('acces-ps', { type: 'permit', ...actor(ada) }, { consent: { status } })] }, 'deny 10'],
  [`a deny that is ${status} denies nothing`, { consents: [access(), choice('partage', { type: 'deny', ...actor(ada), ...aboutReport }, { consent: { status } })] }, 'permit 14'],
  [`a block that is ${status}, and never was in force, shuts nobody out`, { consents: [access(), block(ada, { consent: { status } })] }, 'permit 14']
]))

const others: CareTeam = { resourceType: 'CareTeam', id: 'team', status: 'active' }
const nobody: Partial<World> = { groups: [{ resourceType: 'Group', id: 'privileged', type: 'practitioner', actual: true }], careTeams: [others] }
const writtenBy = (reference: string): ConsentProvision => ({ data: [{ meaning: 'authoredby', reference: { reference } }] })
pin('C5 what became empty means nobody, never everybody', [
  ['a permit to a list without a member', { consents: [choice('PCF', { type: 'permit', ...actor('Group/privileged') })], world: nobody }, 'deny 10'],
  ['a permit to a team without a member', { consents: [choice('equipe-soins', { type: 'permit', ...actor('CareTeam/team') })], world: nobody }, 'deny 10'],
  ['a permit about what a list without a member wrote', { consents: [finer('permit', writtenBy('Group/privileged'))], world: nobody }, 'deny 10'],
  ['a permit about what a team without a member wrote', { consents: [finer('permit', writtenBy('CareTeam/team'))], world: nobody }, 'deny 10'],
  ['a deny about what either wrote denies nothing', { consents: [access(), finer('deny', writtenBy('Group/privileged')), finer('deny', writtenBy('CareTeam/team'))], world: nobody }, 'permit 14'],
  ['a professional without a structure', { caller: { kind: 'professional', mode: 'normal', person: ada, profession: { system: PROFESSION, code: '10' } }, consents: [access()] }, 'deny 6'],
  ['software without a structure', { caller: { kind: 'structure', mode: 'normal' }, consents: [choice('PCF', { type: 'permit' })] }, 'deny 9'],
  ['which is not the author of what nobody known deposited', { caller: { kind: 'structure', mode: 'normal' }, document: report({}, { depositor: { kind: 'structure' } }) }, 'deny 9']
])

const itsLin: NonNullable<CareTeamParticipant['member']> = { identifier: { ...lin } }
const linInTeam: Partial<World> = { careTeams: [{ ...others, participant: [{ member: itsLin, period: { end: '2026-03-30' } }] }] }
pin('choices about what a team wrote', [
  ['a permit means who is in it', { consents: [finer('permit', writtenBy('CareTeam/team'))], world: { careTeams: [{ ...others, participant: [{ member: itsLin }] }] } }, 'permit 14'],
  ['not who was', { consents: [finer('permit', writtenBy('CareTeam/team'))], world: linInTeam }, 'deny 10'],
  ['nor anybody of a team that is not active', { consents: [finer('permit', writtenBy('CareTeam/team'))], world: { careTeams: [{ ...others, status: 'inactive', participant: [{ member: itsLin }] }] } }, 'deny 10'],
  ['a deny means whoever it lists', { consents: [access(), finer('deny', writtenBy('CareTeam/team'))], world: linInTeam }, 'deny 11'],
  ['and nobody else', { consents: [access(), finer('deny', writtenBy('CareTeam/team'))] }, 'permit 14'],
  ['a deny to a team covers whoever it lists', { consents: [access(), choice('partage', { type: 'deny', ...actor('CareTeam/team'), ...aboutReport })], now: Date.parse('2026-03-31T22:00:00.000Z') }, 'deny 11']
])
