/**
 * Identifiers as `domain.md` 1 has them, that belong to nobody: INS of tests, in communes that INSEE never numbered;
 * FINESS of a department that does not exist; RPPS in the range of the test cards.
 */
import { ID_NAT_PS, ID_NAT_ST } from '../../src/security/identity.js'

export const INS_TEST = 'urn:oid:1.2.250.1.213.1.4.10'
export const FR_CORE = 'https://hl7.fr/ig/fhir/core'
const TYPES = `${FR_CORE}/CodeSystem/fr-core-cs-v2-0203`
const FINESS = 'https://finess.esante.gouv.fr'
const RPPS = 'https://rpps.esante.gouv.fr'

const type = (code: string) => ({ coding: [{ system: TYPES, code }] })
const padded = (value: number, length: number) => String(value).padStart(length, '0')

/** The check digit by which a number passes Luhn's test (ISO/IEC 7812-1 annex B). */
export function luhnDigit (digits: string): number {
  const sum = [...digits].toReversed().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return (10 - sum % 10) % 10
}

/** The key of a NIR of 13 digits: 97 less its remainder by 97. */
export function nirKey (nir: string): string {
  return padded(97 - Number(BigInt(nir) % 97n), 2)
}

export interface Birth { readonly gender: 'male' | 'female', readonly date: string, readonly commune: string, readonly order: number }

/** The 15 digits of an INS-NIR: sex, year, month, department and commune, order, key. */
export function insOf ({ gender, date, commune, order }: Birth): string {
  const nir = `${gender === 'male' ? 1 : 2}${date.slice(2, 4)}${date.slice(5, 7)}${commune}${padded(order, 3)}`
  return `${nir}${nirKey(nir)}`
}

export const insIdentifier = (value: string) => ({ use: 'official' as const, type: type('INS-NIR-TEST'), system: INS_TEST, value })
/** The conditional reference by which every resource here names its patient: no id is needed. */
export const patientReference = (ins: string) => ({ reference: `Patient?identifier=${INS_TEST}|${ins}` })

/** A FINESS in the department 99, which does not exist. */
export function finessOf (number: number): string {
  const digits = `99${padded(number, 6)}`
  return `${digits}${luhnDigit(digits)}`
}

/** An RPPS of 11 digits that begins with 997, as those of the test cards do. */
export function rppsOf (number: number): string {
  const digits = `997${padded(number, 7)}`
  return `${digits}${luhnDigit(digits)}`
}

/** idNatSt: `1` and the FINESS. */
export const structureIdentifiers = (finess: string) => [
  { use: 'official' as const, type: type('IDNST'), system: ID_NAT_ST, value: `1${finess}` },
  { use: 'secondary' as const, type: type('FINEG'), system: FINESS, value: finess }
]
/** idNatPs: `8` and the RPPS. */
export const personIdentifiers = (rpps: string) => [
  { use: 'official' as const, type: type('IDNPS'), system: ID_NAT_PS, value: `8${rpps}` },
  { use: 'secondary' as const, type: type('RPPS'), system: RPPS, value: rpps }
]

/** The OID under 2.25 that a UUID is (ITU-T X.667). */
export const oidOf = (uuid: string) => `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`
