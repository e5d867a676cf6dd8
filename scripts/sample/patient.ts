import type { Patient } from '@medplum/fhirtypes'
import type { Chance } from './chance.js'
import { FR_CORE, insIdentifier, insOf } from './identifier.js'
import { COMMUNES, DEPARTMENTS, FAMILIES, MEN, STREETS, WOMEN } from './names.js'

/** What the documents of a patient need to know of them. */
export interface Person {
  readonly ins: string
  readonly family: string
  readonly given: string
  readonly gender: 'male' | 'female'
  readonly birthDate: string
  readonly city: string
  readonly department: string
}

const COMMUNES_EACH = 10
/** The most patients that have an INS of their own: 999 births in each commune. */
export const MOST_PATIENTS = DEPARTMENTS.length * COMMUNES_EACH * 999

const COMMUNE_SYSTEM = 'https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM'
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace'

const insee = (code: string) => ({ url: `${FR_CORE}/StructureDefinition/fr-core-address-insee-code`, valueCoding: { system: COMMUNE_SYSTEM, code } })

/**
 * A person with strict traits (`domain.md` 1.1). No two numbers give the same INS: the order of birth and the commune
 * are made of the number, sex and birth by chance.
 */
export function personOf (chance: Chance, number: number): Person & { readonly patient: Patient } {
  const gender = chance.percent(52) ? 'female' : 'male'
  const givens = gender === 'female' ? WOMEN : MEN
  const [given, second] = [chance.pick(givens), chance.pick(givens)]
  const family = chance.pick(FAMILIES)
  const month = chance.whole(1, 12)
  const birthDate = `${chance.whole(1934, 2024)}-${two(month)}-${two(chance.whole(1, 28))}`
  const department = DEPARTMENTS[number % DEPARTMENTS.length] ?? DEPARTMENTS[0]
  // INSEE numbers the communes of a department from 001; none has come near 990.
  const commune = `${department}${990 + Math.floor(number / DEPARTMENTS.length) % COMMUNES_EACH}`
  const city = COMMUNES[number % COMMUNES.length] ?? COMMUNES[0]
  const ins = insOf({ gender, date: birthDate, commune, order: Math.floor(number / (DEPARTMENTS.length * COMMUNES_EACH)) + 1 })
  const person = { ins, family, given, gender, birthDate, city, department } as const
  const postalCode = `${department}${chance.whole(1, 9)}${chance.whole(0, 9)}0`
  return {
    ...person,
    patient: {
      resourceType: 'Patient',
      meta: { profile: [`${FR_CORE}/StructureDefinition/fr-core-patient-ins`] },
      extension: [
        {
          url: `${FR_CORE}/StructureDefinition/fr-core-identity-reliability`,
          extension: [{ url: 'identityStatus', valueCoding: { system: `${FR_CORE}/CodeSystem/fr-core-cs-v2-0445`, code: 'VALI' } }]
        },
        { url: BIRTH_PLACE, valueAddress: { extension: [insee(commune)], city } }
      ],
      identifier: [insIdentifier(ins)],
      active: true,
      name: [{
        extension: [{ url: `${FR_CORE}/StructureDefinition/fr-core-patient-birth-list-given-name`, valueString: second === given ? given : `${given} ${second}` }],
        use: 'official',
        family,
        given: [given]
      }],
      telecom: [{ system: 'email', value: `patient${number + 1}@patient.example`, use: 'home' }],
      gender,
      birthDate,
      address: [{ use: 'home', line: [`${chance.whole(1, 120)} ${chance.pick(STREETS)}`], city, postalCode, country: 'FR' }]
    }
  }
}

export const two = (value: number) => String(value).padStart(2, '0')
