/** Who is in the sandbox: each with the tokens to be them, and with a record that shows what they meet. All made up. */
import type { Consent, ConsentProvision } from '@medplum/fhirtypes'
import { actor, choiceOf, person, purposes, structure } from '../sample/choice.js'
import type { Directory } from '../sample/directory.js'

/** The options of `npm run token`. */
export type Bearer = Readonly<Record<string, string>> & { readonly as: string }

export interface Persona {
  readonly key: string
  readonly title: string
  /** What their record shows them. */
  readonly finds: string
  /** What the holder of that record chose. */
  readonly choices: readonly Consent[]
  readonly tokens: readonly { readonly title: string, readonly bearer: Bearer }[]
}

/** Who acts in the guided cases. */
export interface Roles { readonly doctor: string, readonly laboratory: string, readonly urgentist: string }

export const rolesOf = (directory: Directory): Roles => ({
  doctor: directory.practice[0].staff[0].id, laboratory: directory.laboratory[0].id, urgentist: directory.hospital[0].staff[0].id
})

const CLIENT = 'carnet-de-sante-demo'
/** On which each choice was made. */
const DATE = '2026-11-02'

/** @param insOf the INS of the record of a persona, by their place in this list */
export function castOf (directory: Directory, insOf: (place: number) => string): readonly Persona[] {
  const { practice: [practice], hospital: [hospital], laboratory: [laboratory], pharmacy: [pharmacy] } = directory
  const [doctor] = practice.staff
  const treating = practice.staff[1] ?? doctor
  const [urgentist] = hospital.staff
  const [pharmacist] = pharmacy.staff
  const acting = ({ id, profession }: typeof doctor, { id: place }: typeof practice): Bearer => ({ as: 'professional', id, profession, structure: place })
  const choices = (place: number, ...made: readonly (readonly [kind: string, profile: string, provision: ConsentProvision])[]) =>
    made.map(([kind, profile, provision]) => choiceOf(insOf(place), DATE, { kind, profile, provision }))
  const access = (who: Parameters<typeof actor>[0]) => ['acces-ps', 'Basic', { type: 'permit', actor: actor(who) }] as const
  const breakGlass = ['urgence-ps', 'Intermediate', { type: 'permit', purpose: purposes('BTG') }] as const
  return [
    {
      key: 'holder',
      title: 'Holder (titulaire)',
      finds: 'Their own record, whole. The general practitioner has access to it, and it is open to breaking the glass: the guided cases happen here.',
      choices: choices(0, access(person(doctor.id)), breakGlass),
      tokens: [{ title: 'holder', bearer: { as: 'holder', ins: insOf(0) } }]
    },
    {
      key: 'gp',
      title: 'General practitioner',
      finds: 'A record whose holder gave them access, masked documents apart.',
      choices: choices(1, access(person(doctor.id))),
      tokens: [{ title: 'general practitioner', bearer: acting(doctor, practice) }]
    },
    {
      key: 'treating',
      title: 'Médecin traitant',
      finds: 'A record whose holder designated them: all of it, masked documents too.',
      choices: choices(2, ['medecin-traitant', 'Basic', { type: 'permit', actor: actor(person(treating.id)) }]),
      tokens: [{ title: 'médecin traitant', bearer: acting(treating, practice) }]
    },
    {
      key: 'laboratory',
      title: 'Laboratory software',
      finds: 'A record in which it sees what it deposited itself, and nothing else.',
      choices: [],
      tokens: [{ title: 'laboratory', bearer: { as: 'structure', structure: laboratory.id } }]
    },
    {
      key: 'hospital',
      title: 'Hospital',
      finds: 'A record that gave no access, but opens in an emergency.',
      choices: choices(4, breakGlass),
      tokens: [
        { title: 'hospital software', bearer: { as: 'structure', structure: hospital.id } },
        { title: 'hospital doctor', bearer: acting(urgentist, hospital) },
        { title: 'hospital doctor, breaking the glass of this record', bearer: { ...acting(urgentist, hospital), mode: 'bris_de_glace', reason: 'Patient inconscient', ins: insOf(4) } },
        { title: 'hospital doctor, breaking the glass of the holder\'s record', bearer: { ...acting(urgentist, hospital), mode: 'bris_de_glace', reason: 'Patient inconscient', ins: insOf(0) } }
      ]
    },
    {
      key: 'pharmacy',
      title: 'Pharmacy',
      finds: 'A record that is open to the whole pharmacy: what its pharmacist may read by the matrix.',
      choices: choices(5, access(structure(pharmacy.id))),
      tokens: [{ title: 'pharmacist', bearer: acting(pharmacist, pharmacy) }]
    },
    {
      key: 'application',
      title: 'Application of the catalogue',
      finds: 'A record whose holder lets it read documents, masked ones apart.',
      choices: choices(6, ['application', 'Basic', { type: 'permit', actor: actor({ type: 'Device', identifier: { system: 'https://fhir.espace-sante.example/NamingSystem/client', value: CLIENT } }) }]),
      tokens: [{ title: 'application', bearer: { as: 'application', client: CLIENT, ins: insOf(6), scope: 'patient/DocumentReference.rs patient/Binary.r patient/Patient.r' } }]
    },
    {
      key: 'operator',
      title: 'Operator',
      finds: 'The identity of every holder and the directory, and nothing of any record.',
      choices: [],
      tokens: [{ title: 'operator', bearer: { as: 'operator' } }]
    }
  ]
}
