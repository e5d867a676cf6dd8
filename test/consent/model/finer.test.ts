import { CLASSES, HAEMOGLOBIN, TYPES, at } from '../generators-cast.js'
import { ACT_CODE, CONFIDENTIALITY, LOINC, VISIBILITY } from '../scenario.js'
import type { WorldDocument } from '../scenario.js'
import { ada, lin, hospital, laboratory, emergency, masked, labelled, report, choice, actor, access, block, breakGlass, finer, aboutReport, pin } from './scene.js'

const replaced = report({ id: 'first', status: 'superseded' })
const measured: WorldDocument = { ...report(), resource: { resourceType: 'Observation', id: 'measured', status: 'final', code: { coding: [HAEMOGLOBIN] } } }
pin('finer choices', [
  ['any deny wins over a permit', { consents: [access(), finer('deny', aboutReport)] }, 'deny 11'],
  ['a deny on one document covers its chain', { consents: [access(), finer('deny', aboutReport)], document: replaced, world: { documents: [replaced, report()] } }, 'deny 11'],
  ['a permit on one document does not', { consents: [finer('permit', aboutReport)], document: replaced, world: { documents: [replaced, report()] } }, 'deny 10'],
  ['a deny on R covers V', { consents: [access(), finer('deny', { securityLabel: [{ system: CONFIDENTIALITY, code: 'R' }] })], document: report(labelled({ system: CONFIDENTIALITY, code: 'V' })) }, 'deny 11'],
  ['a permit on R does not', { consents: [finer('permit', { securityLabel: [{ system: CONFIDENTIALITY, code: 'R' }] })], document: report(labelled({ system: CONFIDENTIALITY, code: 'V' })) }, 'deny 10'],
  ['no label is N', { consents: [finer('permit', { securityLabel: [{ system: CONFIDENTIALITY, code: 'N' }] })] }, 'permit 14'],
  ['a deny on a sensitive theme', { consents: [access(), finer('deny', { securityLabel: [{ system: ACT_CODE, code: 'HIV' }] })], document: report(labelled({ system: ACT_CODE, code: 'HIV' })) }, 'deny 11'],
  ['a deny with a code that is not known covers everything', { consents: [access(), finer('deny', { code: [{ coding: [{ system: LOINC, code: 'no-such-code' }] }] })] }, 'deny 11'],
  ['an exception that permits stands against its root', { consents: [access(), choice('PCF', { type: 'deny', ...actor(ada), provision: [{ type: 'permit', ...actor(ada), ...aboutReport }] })] }, 'permit 14'],
  ['a deny among several exceptions wins', { consents: [access(), choice('PCF', { type: 'permit', provision: [{ type: 'permit' }, { type: 'deny', ...aboutReport }] })] }, 'deny 11'],
  ['a deny at a level that is not understood is not lost', { consents: [access(), choice('PCF', { type: 'permit', ...actor(ada), provision: [{ type: 'permit', ...actor(ada), provision: [{ type: 'deny', ...actor(ada) }] }] })] }, 'deny 11'],
  ['a deny on a class leaves what is of none', { consents: [access(), finer('deny', { class: [at(CLASSES, 0)] })] }, 'permit 14'],
  ['a deny on a type covers what is judged as of it', { consents: [access(), finer('deny', { code: [{ coding: [TYPES.biology] }] })], document: measured }, 'deny 11'],
  ['a permit on a type does not', { consents: [finer('permit', { code: [{ coding: [TYPES.biology] }] })], document: measured }, 'deny 10'],
  ['a deny on a label covers what is not understood of labels', { consents: [choice('administrateur', { type: 'permit', ...actor(ada) }), finer('deny', { securityLabel: [masked] })], document: report(labelled({ system: VISIBILITY, code: 'NO_SUCH_LABEL' })) }, 'deny 11'],
  ['a deny on all that a structure wrote means those that are named too', {
    consents: [access(), finer('deny', { data: [{ meaning: 'authoredby', reference: { identifier: { ...hospital } } }] })],
    document: report({ custodian: { identifier: { ...hospital } } })
  }, 'deny 11'],
  ['a deny on a time holds at its last instant', { consents: [access(), finer('deny', { dataPeriod: { end: '2026-03-30T10:00:00.000Z' } })], document: report({ date: '2026-03-30T10:00:00.000Z' }) }, 'deny 11'],
  ['a deny on all that the laboratory wrote', { consents: [access(), finer('deny', { data: [{ meaning: 'authoredby', reference: { identifier: { ...laboratory } } }] })] }, 'deny 11'],
  ['a deny on a stay reaches the documents that refer to it', {
    consents: [access(), finer('deny', { data: [{ meaning: 'related', reference: { reference: 'Encounter/stay' } }] })],
    document: report({ context: { encounter: [{ reference: 'Encounter/stay' }] } })
  }, 'deny 11'],
  ['a deny without a kind and without purpose leaves emergencies alone', { caller: emergency, consents: [breakGlass, choice('PCF', { type: 'deny' })] }, 'permit 14'],
  ['a partage that denies without purpose holds in every mode', { caller: emergency, consents: [breakGlass, finer('deny', aboutReport)] }, 'deny 11'],
  ['a deny on a time is met by a document whose time is not known', { consents: [access(), finer('deny', { dataPeriod: { end: '2020' } })] }, 'deny 11'],
  ['a permit on a time is not', { consents: [finer('permit', { dataPeriod: { end: '2020' } })] }, 'deny 10']
])

const elsewhere = { code: [{ coding: [TYPES.hospital] }] }
pin('C4 what only denies opens nothing', [
  ['a deny about something else', { consents: [finer('deny', elsewhere)] }, 'deny 10'],
  ['a block on somebody else', { consents: [block(lin)] }, 'deny 10'],
  ['a root that denies, without exceptions', { consents: [choice('PCF', { type: 'deny', ...elsewhere })] }, 'deny 10'],
  ['exceptions that deny under a root that permits somebody else', { consents: [choice('PCF', { type: 'permit', ...actor(lin), provision: [{ type: 'deny', ...elsewhere }] })] }, 'deny 10'],
  ['a deny that ended', { consents: [finer('deny', { ...aboutReport, period: { end: '2026-03-30' } })] }, 'deny 10'],
  ['any number of them', { consents: [finer('deny', elsewhere), block(lin), choice('PCF', { type: 'deny', ...actor(lin) }), finer('deny', { class: [at(CLASSES, 1)] })] }, 'deny 10']
])
