import { APPLICATION } from '../scenario.js'
import type { Caller, Depositor } from '../scenario.js'
import { lin, physician, holder, masked, secret, unannounced, labelled, report, choice, actor, access, treating, aboutReport, pin } from './scene.js'

pin('the account and the document', [
  ['an account that is suspended shows nothing to its holder', { caller: holder, world: { account: 'suspended' } }, 'deny 1'],
  ['an opposed account shows nothing to the médecin traitant', { consents: [treating], world: { account: 'opposed' } }, 'deny 1'],
  ['a deleted document is gone to whoever could read its last version', { caller: holder, document: report({}, { deleted: true }) }, 'gone 2'],
  ['a deleted document is absent to others', { document: report({}, { deleted: true }) }, 'deny 2'],
  ['a document entered in error is absent even to the médecin traitant', { consents: [treating], document: report({ status: 'entered-in-error' }) }, 'deny 2'],
  ['a document entered in error is absent to whoever has a ground', { consents: [access()], document: report({ status: 'entered-in-error' }) }, 'deny 2'],
  ['a document entered in error is shown to its author', { caller: { ...physician, person: lin }, document: report({ status: 'entered-in-error' }) }, 'permit 9']
])

const month = { caller: holder, document: report(labelled(unannounced), { chainStart: Date.parse('2026-02-28T22:00:00.000Z') }) }
pin('holder and representatives', [
  ['the holder sees a masked document', { caller: holder, document: report(labelled(masked)) }, 'permit 3'],
  ['the holder of another record sees nothing', { caller: { ...holder, ins: '299999999999999' } }, 'deny 3'],
  ['the holder waits for a month of the calendar, in Paris', { ...month, now: Date.parse('2026-03-28T21:59:59.999Z') }, 'deny 3'],
  ['at the month the document is shown', { ...month, now: Date.parse('2026-03-28T22:00:00.000Z') }, 'permit 3'],
  ['the parent of a child reads as the child', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' } }, 'permit 4'],
  ['the parent never sees what the child keeps secret', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, document: report(labelled(secret)) }, 'deny 4'],
  ['on the eighteenth birthday the parent represents nobody', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, world: { birthDate: '2008-03-31' } }, 'deny 4'],
  ['it begins at midnight in Paris', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, world: { birthDate: '2008-03-31' }, now: Date.parse('2026-03-30T22:00:00.000Z') }, 'deny 4'],
  ['on the eve the parent still does', { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, world: { birthDate: '2008-04-01' } }, 'permit 4'],
  ['an aunt without delegation represents nobody', { caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' } }, 'deny 4'],
  ['a delegation in force makes a helper', {
    caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' },
    consents: [choice('delegation', { type: 'permit', ...actor('RelatedPerson/aunt'), period: { end: '2026-03' } })]
  }, 'permit 4'],
  ['a delegation whose period names no instant makes none', {
    caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' },
    consents: [choice('delegation', { type: 'permit', ...actor('RelatedPerson/aunt'), period: { extension: [{ url: 'urn:example', valueBoolean: true }] } })]
  }, 'deny 4'],
  ['a delegation that is singled out by data makes none', {
    caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' },
    consents: [choice('delegation', { type: 'permit', ...actor('RelatedPerson/aunt'), period: { end: '2026-04' }, dataPeriod: { start: '2000' } })]
  }, 'deny 4'],
  ['a delegation that is over makes none', {
    caller: { ...holder, kind: 'representative', relatedPerson: 'aunt' },
    consents: [choice('delegation', { type: 'permit', ...actor('RelatedPerson/aunt'), period: { end: '2026-03-30' } })]
  }, 'deny 4'],
  ['who stands around the holder no more represents nobody', {
    caller: { ...holder, kind: 'representative', relatedPerson: 'parent' },
    world: { relatedPersons: [{ resource: { resourceType: 'RelatedPerson', id: 'parent', patient: { reference: 'Patient/patient' }, period: { end: '2026-03-30' } }, represents: 'minor' }] }
  }, 'deny 4'],
  ['who represents a protected adult does so at any age', {
    caller: { ...holder, kind: 'representative', relatedPerson: 'parent' },
    world: { birthDate: '1980-01-01', relatedPersons: [{ resource: { resourceType: 'RelatedPerson', id: 'parent', patient: { reference: 'Patient/patient' } }, represents: 'protected-adult' }] }
  }, 'permit 4'],
  ['the parent waits as the holder does', { ...month, caller: { ...holder, kind: 'representative', relatedPerson: 'parent' }, now: Date.parse('2026-03-28T21:59:59.999Z') }, 'deny 4']
])

const app: Caller = { kind: 'application', mode: 'normal', ins: '180126978912536', client: 'app', scope: 'patient/DocumentReference.rs' }
const paired = choice('application', { type: 'permit', ...actor({ system: APPLICATION, value: 'app' }) })
const ownDeposit: Depositor = { kind: 'application', client: 'app' }
pin('operator and applications', [
  ['the operator reads no document', { caller: { kind: 'operator', mode: 'normal' } }, 'deny 5'],
  ['an insurer\'s doctor is the operator, even as médecin traitant', { caller: { ...physician, sector: 'SA24' }, consents: [treating] }, 'deny 5'],
  ['an application reads what scope and choice both allow', { caller: app, consents: [paired] }, 'permit 5'],
  ['a scope alone opens nothing', { caller: app }, 'deny 5'],
  ['a choice alone opens nothing', { caller: { ...app, scope: 'patient/Observation.rs' }, consents: [paired] }, 'deny 5'],
  ['an application never sees a masked document', { caller: app, consents: [paired], document: report(labelled(masked)) }, 'deny 5'],
  ['nor what is not announced to the holder yet', { caller: app, consents: [paired], document: report(labelled(unannounced)) }, 'deny 5'],
  ['nor the record of somebody else', { caller: { ...app, ins: '299999999999999' }, consents: [paired] }, 'deny 5'],
  ['nor what the holder keeps from it', { caller: app, consents: [paired, choice('partage', { type: 'deny', ...actor({ system: APPLICATION, value: 'app' }), ...aboutReport })] }, 'deny 5'],
  ['except what it deposited itself', { caller: app, consents: [paired], document: report(labelled(masked), { depositor: ownDeposit }) }, 'permit 5']
])
