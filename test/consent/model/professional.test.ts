import { TYPES } from '../generators.js'
import { ID_NAT_PS, ID_NAT_ST, PROFESSION, SOCIAL } from '../scenario.js'
import { ada, lin, ward, hospital, laboratory, physician, emergency, masked, secret, labelled, report, choice, actor, access, block, treating, breakGlass, pin } from './scene.js'

pin('the médecin traitant, blocks and authors', [
  ['a professional without structure is refused', { caller: { kind: 'professional', mode: 'normal', person: ada, profession: { system: PROFESSION, code: '10' } }, consents: [access()] }, 'deny 6'],
  ['an emergency token reaches the record that it names only', { caller: { ...emergency, ins: '299999999999999' }, consents: [breakGlass] }, 'deny 6'],
  ['an emergency token needs a profession of TRE_G15', { caller: { ...emergency, profession: { system: SOCIAL, code: '320' } }, consents: [breakGlass] }, 'deny 6'],
  ['the médecin traitant sees a masked document even when blocked', { consents: [treating, block()], document: report(labelled(masked)) }, 'permit 7'],
  ['the médecin traitant is the same person under idNatPs, wherever they work', { caller: { ...physician, person: { system: ID_NAT_PS, value: '810000000001' }, structure: laboratory }, consents: [treating] }, 'permit 7'],
  ['the médecin traitant whom a parent designated does not see what the child keeps secret', { consents: [{ ...treating, by: 'representative' }], document: report(labelled(secret)) }, 'deny 10'],
  ['who sees everything is not singled out by data', { consents: [choice('medecin-traitant', { type: 'permit', ...actor(ada), code: [{ coding: [TYPES.biology] }] })] }, 'deny 10'],
  ['a structure is no médecin traitant', { consents: [choice('medecin-traitant', { type: 'permit', ...actor(ward) })] }, 'deny 10'],
  ['a block shuts out in spite of a permit', { consents: [access(), block()] }, 'deny 8'],
  ['a block holds in an emergency', { caller: emergency, consents: [breakGlass, block()] }, 'deny 8'],
  ['a block holds for the author', { caller: { ...physician, person: lin }, consents: [block(lin)] }, 'deny 8'],
  ['a block on the hospital covers the ward, which is part of it', { consents: [access(), block({ system: ID_NAT_ST, value: '320000000000002' })] }, 'deny 8'],
  ['a block on the ward does not cover the hospital', { caller: { ...physician, structure: hospital }, consents: [access(), block(ward)] }, 'permit 14'],
  ['a block that names somebody who can no longer be found shuts out everybody', { consents: [access(), block('Practitioner/lost')] }, 'deny 8'],
  ['structure software reads what its structure deposited', { caller: { kind: 'structure', mode: 'normal', structure: { system: ID_NAT_ST, value: '320000000000003' } } }, 'permit 9'],
  ['structure software reads nothing else', { caller: { kind: 'structure', mode: 'normal', structure: ward }, consents: [access(ward)] }, 'deny 9'],
  ['the author in person sees what is masked, whatever the matrix', { caller: { ...physician, person: lin }, document: report({ ...labelled(masked), type: { coding: [TYPES.residence] } }) }, 'permit 9'],
  ['a named person is author under a token of exactly the depositor\'s structure', { caller: { ...physician, structure: laboratory }, document: report({ author: [{ reference: 'Practitioner/ada' }] }) }, 'permit 9'],
  ['a named person is a stranger anywhere else', { document: report({ author: [{ reference: 'Practitioner/ada' }] }) }, 'deny 10'],
  ['whom the holder names as author gets nothing', { document: report({ author: [{ reference: 'Practitioner/ada' }] }, { depositor: { kind: 'holder', structure: ward } }) }, 'deny 10']
])
