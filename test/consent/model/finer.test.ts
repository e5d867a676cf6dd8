import { ACT_CODE, CONFIDENTIALITY, LOINC } from '../scenario.js'
import { ada, laboratory, emergency, labelled, report, choice, actor, access, breakGlass, finer, aboutReport, pin } from './scene.js'

const replaced = report({ id: 'first', status: 'superseded' })
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
