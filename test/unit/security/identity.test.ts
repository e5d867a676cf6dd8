/** One person, one structure: identifiers of different systems that name the same have one key, others have not. */
import fc from 'fast-check'
import t from 'tap'
import { CLIENT, ID_NAT_PS, ID_NAT_ST, INS_SYSTEMS, identityKey, insKey } from '../../../src/security/identity.js'

const RPPS = 'https://rpps.esante.gouv.fr'
const FINESS = 'https://finess.esante.gouv.fr'
const SIRENE = 'https://sirene.fr'

t.test('RPPS and idNatPs are one person', async t => {
  t.equal(identityKey({ system: RPPS, value: '10000000001' }), 'person:810000000001')
  t.equal(identityKey({ system: ID_NAT_PS, value: '810000000001' }), 'person:810000000001')
  t.not(identityKey({ system: ID_NAT_PS, value: '010000000001' }), 'person:810000000001', 'ADELI is another number')
})

t.test('FINESS, SIRET, SIREN and the ranks are idNatSt with their prefix', async t => {
  for (const [system, value, key] of [[FINESS, '750000001', '1750000001'], [SIRENE, '12345678901234', '312345678901234'], [SIRENE, '123456789', '2123456789'],
    ['https://adelirang.esante.gouv.fr', '1', '01'], ['https://rppsrang.esante.gouv.fr', '1', '41']] as const) {
    t.equal(identityKey({ system, value }), `structure:${key}`)
    t.equal(identityKey({ system: ID_NAT_ST, value: key }), `structure:${key}`)
  }
})

t.test('white space around a value is none of it', async t => {
  t.equal(identityKey({ system: ID_NAT_PS, value: ' 81 ' }), 'person:81')
  t.equal(insKey({ system: INS_SYSTEMS[0], value: ' 1 ' }), `${INS_SYSTEMS[0]}|1`)
})

t.test('an identifier without a value, or of an unknown system, names nobody', async t => {
  for (const identifier of [{}, { value: '1' }, { system: ID_NAT_PS }, { system: ID_NAT_PS, value: '' }, { system: ID_NAT_PS, value: '  ' }, { system: 'urn:x', value: '1' },
    { system: `${ID_NAT_PS} `, value: '1' }, { system: RPPS.toUpperCase(), value: '1' }]) {
    t.equal(identityKey(identifier), undefined, JSON.stringify(identifier))
    t.equal(insKey(identifier), undefined)
  }
  t.equal(insKey({ system: ID_NAT_PS, value: '1' }), undefined)
  for (const system of ['toString', 'constructor', '__proto__']) t.equal(identityKey({ system, value: '1' }), undefined, system)
})

t.test('a person is never a structure, nor an application either', async t => {
  const system = fc.constantFrom(RPPS, ID_NAT_PS, FINESS, SIRENE, ID_NAT_ST, CLIENT)
  fc.assert(fc.property(system, system, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, other, value, another) => {
    const keys = [identityKey({ system: one, value }), identityKey({ system: other, value: another })]
    const sorts = [one, other].map(name => name === CLIENT ? 'client' : name === RPPS || name === ID_NAT_PS ? 'person' : 'structure')
    for (const [index, key] of keys.entries()) t.ok(key === undefined || key.startsWith(`${sorts[index]}:`))
    if (one === other && value.trim() !== another.trim() && keys[0] !== undefined) t.not(keys[0], keys[1])
  }), { numRuns: 200 })
})
