/**
 * By which way the holder wants to be told of what happens in their record, outside it: extensions of our own on their
 * Patient, beside the contact data that they speak of, and theirs to write like those.
 */
import type { Extension, Patient } from '@medplum/fhirtypes'
import { CANONICAL_BASE, NOTIFICATION_KIND } from '../../terminology/canonical.js'
import type { Context } from '../context.js'
import { broken } from './admission.js'

export const PREFERENCE = `${CANONICAL_BASE}/StructureDefinition/notification-preference`

export type Way = 'mail' | 'webhook'

export interface Preference {
  readonly way: Way
  /** Codes of notification-kind; null is every kind. */
  readonly kinds: readonly string[] | null
  /** Of a webhook. */
  readonly endpoint?: string
}

const WAYS: readonly unknown[] = ['mail', 'webhook', 'none']
const MOST = 10

/** What the holder wants; mail for everything while they have said nothing, nothing but the record for `none`. */
export function preferencesOf (patient: Patient): readonly Preference[] {
  const said = wordsOf(patient)
  if (said.length === 0) return [{ way: 'mail', kinds: null }]
  return said.flatMap(({ extension = [] }) => {
    const way = extension.find(({ url }) => url === 'way')?.valueCode
    const kinds = extension.filter(({ url }) => url === 'kind').flatMap(({ valueCode }) => valueCode ?? [])
    const endpoint = extension.find(({ url }) => url === 'endpoint')?.valueUrl
    if (way !== 'mail' && way !== 'webhook') return []
    return [{ way, kinds: kinds.length === 0 ? null : kinds, ...endpoint === undefined ? {} : { endpoint } }]
  })
}

/** @throws OutcomeError `business-rule` for a preference that cannot be followed */
export function checkPreferences (context: Context, patient: Patient): void {
  const said = wordsOf(patient)
  if (said.length > MOST) throw broken(`A patient has at most ${MOST} preferences`, 'Patient.extension')
  for (const { extension = [] } of said) {
    const of = (name: string) => extension.filter(({ url }) => url === name)
    const [way, ...ways] = of('way')
    if (way === undefined || ways.length > 0 || !WAYS.includes(way.valueCode)) throw broken('A preference has one way: mail, webhook or none', 'Patient.extension', 'code-invalid')
    if (!of('kind').every(({ valueCode = '' }) => context.knows({ system: NOTIFICATION_KIND, code: valueCode }))) throw broken('The kind of notification is not known', 'Patient.extension', 'code-invalid')
    const endpoints = of('endpoint').map(({ valueUrl = '' }) => valueUrl)
    if ((way.valueCode === 'webhook') !== (endpoints.length === 1)) throw broken('A webhook, and nothing else, has one endpoint', 'Patient.extension')
    if (!endpoints.every(context.mayCall)) throw broken('This server calls no such endpoint', 'Patient.extension', 'value')
  }
}

/** What is said of preferences, for comparison. */
export function preferencesText (patient: Patient): string {
  return JSON.stringify(wordsOf(patient))
}

/** A patient's extensions without the preferences. */
export function withoutPreferences ({ extension, ...patient }: Patient): Patient {
  const others = (extension ?? []).filter(({ url }) => url !== PREFERENCE)
  return others.length === 0 ? patient : { ...patient, extension: others }
}

function wordsOf ({ extension = [] }: Patient): readonly Extension[] {
  return extension.filter(({ url }) => url === PREFERENCE)
}
