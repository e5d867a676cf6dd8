/**
 * The identity of a record. The operator opens it with a test or real INS and the strict traits; holder and legal
 * representative keep the contact data. One record per INS, for ever.
 */
import type { Extension, Patient } from '@medplum/fhirtypes'
import { familyOf } from '../../consent/family.js'
import type { AccountStatus } from '../../consent/situation.js'
import { EVERYONE } from '../../consent/choice.js'
import { insKey } from '../../security/identity.js'
import { CANONICAL_BASE } from '../../terminology/canonical.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import type { Context } from '../context.js'
import { intervalOf, yearsAfter } from '../../filter/interval.js'
import type { Version, Write } from '../store.js'
import { broken, forbidden, parsed } from './admission.js'
import type { Admission, Admitter } from './admission.js'
import { needOperator } from './directory.js'
import { checkPreferences, preferencesText, withoutPreferences } from './preference.js'
import { standingOf } from './rules.js'

/** The state of the account on its Patient (code of our CodeSystem account-status); without it the account is open. */
export const ACCOUNT_EXTENSION = `${CANONICAL_BASE}/StructureDefinition/account-status`

const STATUSES: readonly AccountStatus[] = ['notified', 'opposed', 'open', 'active', 'suspended', 'closed', 'deleted']
/** What a holder or legal representative may change by themselves. */
const CONTACT: readonly (keyof Patient)[] = ['telecom', 'address', 'contact', 'communication', 'photo', 'generalPractitioner', 'maritalStatus', 'text']
/** The most actors of one record who are told that its account is no longer open. */
const MOST_ACTORS = 10_000

export const patient: Admitter = {
  create: async (context, sight, resource, id) => {
    needOperator(sight)
    const identity = resource as Patient
    if (preferencesText(identity) !== preferencesText({ resourceType: 'Patient' })) throw notTheirs()
    const keys = context.keyring.create(id)
    return { ...admit(context, identity, id), keys, rules: accountRules(context, identity, id) }
  },

  update: async (context, sight, before, resource) => {
    const identity = resource as Patient
    const isOperator = sight.caller.principal.kind === 'operator'
    const situation = sight.situation(before.id)
    if (!isOperator && situation?.stands !== 'holder' && !(situation?.stands === 'representative' && situation.isLegal)) throw forbidden()
    if (!isOperator) checkContactOnly(withoutPreferences(parsed<Patient>(before)), withoutPreferences(identity))
    if (preferencesText(identity) !== preferencesText(parsed<Patient>(before))) {
      if (isOperator) throw notTheirs()
      checkPreferences(context, identity)
    }
    const admission = admit(context, identity, before.id)
    const kept = (identity.identifier ?? []).map(insKey)
    const isLost = (parsed<Patient>(before).identifier ?? []).some(identifier => insKey(identifier) !== undefined && !kept.includes(insKey(identifier)))
    if (isLost) throw broken('An INS stays with its record: keep it with use `old`', 'Patient.identifier')
    const hasStatus = (one: Patient) => (one.extension ?? []).some(({ url }) => url === ACCOUNT_EXTENSION)
    if (hasStatus(parsed<Patient>(before)) && !hasStatus(identity)) throw broken('The status of the account is said again with each update', 'Patient.extension', 'required')
    const isSameAccount = statusOf(identity) === statusOf(parsed<Patient>(before))
    if (isSameAccount && identity.birthDate === parsed<Patient>(before).birthDate) return admission
    return { ...admission, rules: accountRules(context, identity, before.id, isSameAccount ? [] : await depositors(context, before)) }
  },

  remove: async () => { throw new OutcomeError('method') }
}

function notTheirs (): OutcomeError {
  return forbidden({ diagnostics: 'How a holder wants to be told is theirs to say', expression: 'Patient.extension' })
}

function admit (context: Context, identity: Patient, id: string): Admission {
  const ins = (identity.identifier ?? []).flatMap(identifier => insKey(identifier) ?? [])
  if (ins.length === 0) throw broken('An identifier in a system of the INS is needed', 'Patient.identifier', 'required')
  const traits: readonly (readonly [boolean, string])[] = [
    [identity.name?.some(({ family, given }) => family !== undefined && given !== undefined) === true, 'Patient.name'],
    [identity.birthDate !== undefined, 'Patient.birthDate'],
    [identity.gender !== undefined, 'Patient.gender']
  ]
  const missing = traits.filter(([isGiven]) => !isGiven)
  if (missing.length > 0) {
    throw new OutcomeError('business-rule', missing.map(([, expression]) => ({ diagnostics: 'The strict traits of the identity need it', expression, code: 'required' })))
  }
  return { patient: id, resource: identity, facts: {}, claims: ins.map(key => context.hash(`ins|${key}`)) }
}

function statusOf ({ extension = [] }: { readonly extension?: readonly Extension[] }): AccountStatus {
  const given = extension.filter(({ url }) => url === ACCOUNT_EXTENSION)
  if (given.length === 0) return 'open'
  const status = STATUSES.find(known => known === given[0]?.valueCode)
  if (status === undefined || given.length > 1) throw broken('The status of the account is not known', 'Patient.extension', 'code-invalid')
  return status
}

function checkContactOnly (before: Patient, after: Patient): void {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as ReadonlySet<keyof Patient>
  const changed = [...names].filter(name => !CONTACT.includes(name) && JSON.stringify(withoutVersion(before)[name]) !== JSON.stringify(withoutVersion(after)[name]))
  if (changed.length > 0) {
    throw forbidden(changed.map(name => ({ diagnostics: 'Contact data only are the holder\'s to change', expression: `Patient.${name}` })))
  }
}

/** What a holder sends back of the version that they read. */
function withoutVersion ({ meta, ...rest }: Patient): Patient {
  const { versionId, lastUpdated, ...given } = meta ?? {}
  return Object.keys(given).length === 0 ? rest : { ...rest, meta: given }
}

/**
 * The account's status and the holder's coming of age among the rules for everyone; its depositors get a word too, so
 * that their searches ask for it.
 */
function accountRules (context: Context, identity: Patient, id: string, actors: readonly string[] = []): NonNullable<Write['rules']> {
  const account = statusOf(identity)
  const birth = intervalOf(identity.birthDate ?? '')
  const majority = birth === undefined ? {} : { majority: yearsAfter(birth.lo, 18) }
  return standingOf(context, id, [EVERYONE, ...actors], (actor, body) => actor === EVERYONE ? { ...body, account, ...majority } : body)
}

/** Whoever finds something of the record without naming it: by their deposits, and by what they take part in. */
async function depositors (context: Context, { id }: Version): Promise<readonly string[]> {
  const lists = await Promise.all(context.registry.types.filter(type => type !== 'Binary').map(async type => {
    const family = familyOf(type)
    if (family !== 'record' && family !== 'message' && family !== 'agenda') return []
    return await context.store.keysOf(type, id, family === 'record' ? 'authors' : 'participants', MOST_ACTORS)
  }))
  return [...new Set(lists.flat())]
}
