import type { Coding } from '@medplum/fhirtypes'
import { TYPES } from '../generators.js'
import { SOCIAL, VISIBILITY } from '../scenario.js'
import type { WorldConsent, WorldDocument } from '../scenario.js'
import { NOW, ada, laboratory, physician, emergency, regulation, masked, secret, unannounced, labelled, purpose, report, choice, actor, access, block, breakGlass, pin } from './scene.js'

const openedFor = (...purposes: string[]): WorldConsent => choice('urgence-masques', { type: 'permit', purpose: purposes.flatMap(purpose), securityLabel: [masked] })
const opened = openedFor('BTG', 'ETREAT')
const regulated = choice('urgence-samu', { type: 'permit', purpose: purpose('ETREAT') })
const coded = (...coding: Coding[]): WorldDocument => report({ type: { coding } })
pin('the matrix and the masks', [
  ['the matrix refuses a type to a profession', { consents: [access()], document: coded(TYPES.residence) }, 'deny 12'],
  ['every coding of the type must be allowed', { consents: [access()], document: coded(TYPES.biology, TYPES.residence) }, 'deny 12'],
  ['every coding of the type must be known', { consents: [access()], document: coded(TYPES.biology, { system: 'urn:example', code: 'BIO' }) }, 'deny 12'],
  ['a document without type is refused', { consents: [access()], document: report({ type: { text: 'biology' } }) }, 'deny 12'],
  ['the matrix holds in emergencies', { caller: emergency, consents: [breakGlass], document: coded(TYPES.residence) }, 'deny 12'],
  ['a masked document is refused', { consents: [access()], document: report(labelled(masked)) }, 'deny 13'],
  ['also when the label is a tag', { consents: [access()], document: report({ meta: { security: [masked] } }) }, 'deny 13'],
  ['a case twin of a label masks', { consents: [access()], document: report(labelled({ system: VISIBILITY, code: 'invisible_patient' })) }, 'deny 13'],
  ['a label of an unknown system masks', { consents: [access()], document: report(labelled({ system: 'urn:example', code: 'N' })) }, 'deny 13'],
  ['a label without system masks', { consents: [access()], document: report(labelled({ code: 'N' })) }, 'deny 13'],
  ['a label without coding masks', { consents: [access()], document: report({ securityLabel: [{ text: 'secret' }] }) }, 'deny 13'],
  ['an administrator from before a block sees masked documents no more', {
    consents: [choice('administrateur', { type: 'permit', ...actor(ada) }), block(ada, { consent: { status: 'inactive' }, endedBlock: NOW - 1, acknowledged: NOW - 1 }), { ...access(), acknowledged: NOW }],
    document: report(labelled(masked))
  }, 'deny 13'],
  ['the administrator sees masked documents', { consents: [choice('administrateur', { type: 'permit', ...actor(ada) })], document: report(labelled(masked)) }, 'permit 14'],
  ['one whom a parent appointed sees no masked secret of the child', { consents: [access(), { ...choice('administrateur', { type: 'permit', ...actor(ada) }), by: 'representative' }], document: report(labelled(masked, secret)) }, 'deny 13'],
  ['the structure that deposited sees masked documents', { caller: { ...physician, structure: laboratory }, document: report(labelled(masked)) }, 'permit 14'],
  ['an emergency does not open a masked document', { caller: emergency, consents: [breakGlass], document: report(labelled(masked)) }, 'deny 13'],
  ['unless the holder chose so', { caller: emergency, consents: [breakGlass, opened], document: report(labelled(masked)) }, 'permit 14'],
  ['what the holder chose so for one emergency opens nothing in another', { caller: regulation, consents: [regulated, openedFor('BTG')], document: report(labelled(masked)) }, 'deny 13'],
  ['nor outside emergencies', { consents: [access(), openedFor('TREAT', 'BTG', 'ETREAT')], document: report(labelled(masked)) }, 'deny 13'],
  ['MASQUE_PSOCIAL stops social professions', { caller: { ...physician, profession: { system: SOCIAL, code: '320' } }, consents: [access()], document: report({ ...labelled({ system: VISIBILITY, code: 'MASQUE_PSOCIAL' }), type: { coding: [TYPES.synthesis] } }) }, 'deny 13'],
  ['and no other', { consents: [access()], document: report(labelled({ system: VISIBILITY, code: 'MASQUE_PSOCIAL' })) }, 'permit 14'],
  ['what is unannounced to the holder is shown to professionals', { consents: [access()], document: report(labelled(unannounced)) }, 'permit 14']
])

const list: WorldDocument = { ...report(), chain: 'list', resource: { resourceType: 'List', id: 'list', status: 'current', mode: 'working', entry: [{ item: { reference: 'DocumentReference/report' } }] } }
const around = (item: WorldDocument) => ({ consents: [access()], document: list, world: { documents: [item, list] } })
pin('lists', [
  ['a list is seen by whoever sees what it holds', around(report()), 'permit 14'],
  ['a list is not seen by whoever does not', around(report(labelled(masked))), 'deny 13'],
  ['nor if what it holds is of a type that they may not read', around(coded(TYPES.residence)), 'deny 12']
])
