/** From claims to a principal: every claim that names somebody, and every one that does not. */
import t from 'tap'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { EmergencyRefused, toPrincipal } from '../../../src/security/principal.js'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const G15 = '1.2.250.1.71.1.2.7'
const INS = 'urn:oid:1.2.250.1.213.1.4.10|180126978912536'
const vocabulary = { systemOf: (oid: string) => oid === G15 ? 'urn:g15' : oid === '1.2.3' ? 'urn:other' : undefined, mayDeclareEmergency: (profession: string) => profession.startsWith('urn:g15|') }
const times = { iat: NOW / 1000, exp: NOW / 1000 + 3600 }
const read = (claims: object) => toPrincipal({ ...times, scope: 'user/*.rs', ...claims }, vocabulary, NOW)
const kindOf = (claims: object) => {
  try {
    return read(claims).kind
  } catch (error) {
    return error instanceof OutcomeError ? error.kind : String(error)
  }
}
const doctor = { actor: 'professional', SubjectNameID: '810000000001', SubjectOrganizationID: '1750000001', SubjectRole: [`10^${G15}`], Secteur_Activite: 'SA07^1.2.250.1.71.4.2.4' }
const emergency = { ...doctor, Mode_Acces: 'bris_de_glace', ins: INS, Mode_Acces_Raison: 'unconscious' }
const regulation = { ...doctor, Mode_Acces: 'centre_15', ins: INS, Acces_Regulation_Medicale: 'VRAI' }

t.test('each kind of actor is read from its claims', async t => {
  t.match(read({ actor: 'holder', ins: INS }), { kind: 'holder', ins: INS, mode: 'normal', isSecret: false, expires: NOW + 3_600_000, scopes: [{ type: '*', permissions: 'rs' }] })
  t.match(read({ actor: 'representative', ins: INS, representative_id: 'r1' }), { kind: 'representative', ins: INS, representative: 'r1' })
  t.match(read(doctor), { kind: 'professional', person: 'person:810000000001', structure: 'structure:1750000001', profession: 'urn:g15|10', sector: 'SA07', mode: 'normal' })
  t.match(read({ actor: 'structure', SubjectOrganizationID: '1750000001' }), { kind: 'structure', structure: 'structure:1750000001' })
  t.match(read({ actor: 'application', client_id: 'app', ins: INS }), { kind: 'application', client: 'client:app', ins: INS })
  t.match(read({ actor: 'operator', sub: 'op' }), { kind: 'operator', subject: 'operator:op' })
  t.match(read(emergency), { mode: 'bris_de_glace', reason: 'unconscious', ins: INS })
  t.match(read(regulation), { mode: 'centre_15', ins: INS })
})

t.test('a principal does not change', async t => {
  const principal = read(doctor)
  for (const change of [{ kind: 'operator' }, { person: 'person:x' }, { added: true }]) t.throws(() => Object.assign(principal, change), TypeError)
  t.throws(() => (principal.scopes as unknown[]).push({}), TypeError)
  t.throws(() => Object.assign(principal.scopes[0] as object, { type: 'Patient' }), TypeError)
})

t.test('claims that name nobody are no token', async t => {
  const nobody: readonly object[] = [
    {}, { actor: 'admin' }, { actor: 'toString' }, { actor: '__proto__' }, { actor: 1 }, { actor: ['holder'], ins: INS },
    { actor: 'holder' }, { actor: 'holder', ins: '180126978912536' }, { actor: 'holder', ins: 'urn:oid:9.9|1' }, { actor: 'holder', ins: '' }, { actor: 'holder', ins: { value: INS } },
    { actor: 'representative', ins: INS }, { actor: 'representative', representative_id: 'r' }, { actor: 'application', ins: INS }, { actor: 'application', client_id: 'x' },
    { actor: 'structure' }, { actor: 'structure', SubjectOrganizationID: '  ' }, { ...doctor, SubjectNameID: undefined }, { ...doctor, SubjectNameID: ' ' },
    { ...doctor, Mode_Acces: 'urgence' }, { ...doctor, Mode_Acces: 'NORMAL' }, { ...doctor, Mode_Acces: 1 }
  ]
  for (const claims of nobody) t.equal(kindOf(claims), 'unauthenticated', JSON.stringify(claims))
})

t.test('what a professional lacks is missing, not made up', async t => {
  t.equal(read({ ...doctor, SubjectRole: undefined }).profession, undefined)
  for (const role of ['10', '10^9.9.9', '^1.2.250.1.71.1.2.7', '', 10, [], [10]]) t.equal(read({ ...doctor, SubjectRole: role }).profession, undefined, JSON.stringify(role))
  t.equal(read({ ...doctor, SubjectRole: [`10^${G15}`, `60^${G15}`] }).profession, 'urn:g15|10', 'the first role is the profession')
  t.equal(read({ ...doctor, SubjectOrganizationID: undefined }).structure, undefined)
  t.equal(read({ ...doctor, ins: INS }).ins, undefined, 'in normal mode a professional names no patient')
  t.equal(read({ ...doctor, Connexion_Secrete: 'true' }).isSecret, false)
  t.equal(read({ ...doctor, Connexion_Secrete: true, ins: INS }).ins, INS, 'in a secret session they do')
  t.equal(read({ ...doctor, scope: undefined }).scopes.length, 0, 'no scope gives nothing')
  for (const [claim, sector] of [['sa24', 'SA24'], ['SA24^1.2', 'SA24'], [' SA24 ', 'SA24'], [undefined, undefined]]) t.equal(read({ ...doctor, Secteur_Activite: claim }).sector, sector)
})

t.test('callers who differ in anything that counts have different subjects', async t => {
  const subjects = [doctor, { ...doctor, SubjectNameID: '810000000002' }, { ...doctor, SubjectOrganizationID: '1750000002' }, { ...doctor, SubjectRole: [`60^${G15}`] }, emergency, regulation,
    { ...emergency, ins: `${INS}0` }, { actor: 'holder', ins: INS }, { actor: 'representative', ins: INS, representative_id: 'r' }, { actor: 'application', client_id: 'c', ins: INS }, { actor: 'structure', SubjectOrganizationID: '1750000001' }, { actor: 'operator', sub: 'a' }, { actor: 'operator', sub: 'b' }]
    .map(claims => read(claims).subject)
  t.equal(new Set(subjects).size, subjects.length)
})

t.test('an emergency that lacks anything is refused, and says who declared it and each thing', async t => {
  const lacking: readonly (readonly [claims: object, pattern: RegExp])[] = [
    [{ ...emergency, ins: undefined }, /ins:/], [{ ...emergency, ins: 'x|y' }, /ins:/], [{ ...emergency, SubjectRole: undefined }, /SubjectRole/], [{ ...emergency, SubjectRole: ['10^1.2.3'] }, /SubjectRole/],
    [{ ...emergency, exp: times.iat + 3601 }, /exp/], [{ ...emergency, iat: undefined }, /exp/], [{ ...emergency, iat: times.iat + 36_000, exp: times.iat + 39_000 }, /exp/], [{ ...emergency, exp: undefined }, /exp/],
    [{ ...emergency, Mode_Acces_Raison: undefined }, /Raison/], [{ ...emergency, Mode_Acces_Raison: '   ' }, /Raison/], [{ ...regulation, Acces_Regulation_Medicale: undefined }, /Regulation/],
    [{ ...regulation, Acces_Regulation_Medicale: 'FAUX' }, /Regulation/], [{ ...regulation, Acces_Regulation_Medicale: true }, /Regulation/]
  ]
  for (const [claims, pattern] of lacking) {
    const error = (() => { try { return read(claims) } catch (thrown) { return thrown } })()
    if (!(error instanceof EmergencyRefused)) return t.fail(`taken: ${JSON.stringify(claims)}`)
    t.equal(error.status, 403)
    t.equal(error.principal.person, 'person:810000000001')
    t.equal(error.faults.length, 1)
    t.match(error.faults[0]?.diagnostics, pattern)
  }
  t.equal(kindOf({ ...regulation, Mode_Acces_Raison: undefined }), 'professional', 'a regulation needs no reason')
})
