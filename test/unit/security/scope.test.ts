/** The grammar of SMART scopes 1 and 2: what cannot be read in full gives nothing. */
import fc from 'fast-check'
import t from 'tap'
import { allows, parseScopes } from '../../../src/security/scope.js'
import type { Permission } from '../../../src/security/scope.js'

const given = (list: string) => parseScopes(list).map(({ type, permissions }) => `${type}.${permissions}`)
const PERMISSIONS: readonly Permission[] = ['c', 'r', 'u', 'd', 's']

t.test('both grammars, for every context', async t => {
  for (const context of ['patient', 'user', 'system']) {
    t.same(given(`${context}/Observation.rs`), ['Observation.rs'])
    t.same(given(`${context}/*.cruds`), ['*.cruds'])
    t.same(given(`${context}/Patient.read`), ['Patient.rs'])
    t.same(given(`${context}/Patient.write`), ['Patient.cud'])
    t.same(given(`${context}/Patient.*`), ['Patient.cruds'])
  }
  t.same(given('user/A.r openid user/B.s  user/C.u'), ['A.r', 'B.s', 'C.u'])
})

t.test('A7 what cannot be read gives nothing', async t => {
  for (const scope of ['', 'openid', 'user/Patient', 'user/Patient.sr', 'user/Patient.rr', 'user/Patient.x', 'user/Patient.RS', 'user/patient.r', 'User/Patient.r', 'user/Patient.r?category=x', 'user/Pat*.r',
    '*/*.r', 'user/**.r', 'user/.r', 'user\t/Patient.r', 'user/Patient.r\n', 'admin/Patient.r', 'patient/Patient.reads', 'user/Patient.r,user/*.s', 'launch/patient', 'user/Patient.read.write']) {
    t.notOk(PERMISSIONS.some(permission => allows(parseScopes(scope), 'Patient', permission)), JSON.stringify(scope))
  }
  t.notOk(allows(parseScopes('user/Patient.'), 'Patient', 'r'))
})

t.test('a scope allows its type and permission, no other', async t => {
  const type = fc.constantFrom('Patient', 'Consent', 'DocumentReference')
  const permissions = fc.subarray([...PERMISSIONS], { minLength: 1 })
  fc.assert(fc.property(fc.array(fc.tuple(type, permissions), { maxLength: 4 }), type, fc.constantFrom(...PERMISSIONS), (scopes, asked, permission) => {
    const list = scopes.map(([name, some]) => `user/${name}.${some.join('')}`).join(' ')
    t.equal(allows(parseScopes(list), asked, permission), scopes.some(([name, some]) => name === asked && some.includes(permission)))
  }), { numRuns: 200 })
})

t.test('one scope more never allows less, and the list is frozen', async t => {
  const scopes = parseScopes('user/Patient.r user/*.s')
  t.ok(allows(scopes, 'Patient', 'r') && allows(scopes, 'Consent', 's'))
  t.notOk(allows(scopes, 'Consent', 'r'))
  t.throws(() => (scopes as unknown[]).push({ type: '*', permissions: 'cruds' }), TypeError)
})
