/** The structures and professionals who feed the records: as many as the patients need, all of them made up. */
import type { Organization, Practitioner } from '@medplum/fhirtypes'
import { chanceOf } from './chance.js'
import { finessOf, personIdentifiers, rppsOf, structureIdentifiers } from './identifier.js'
import { COMMUNES, FAMILIES, MEN, WOMEN } from './names.js'

export type Trade = 'hospital' | 'laboratory' | 'practice' | 'imaging' | 'pharmacy'

export interface Professional {
  /** idNatPs */
  readonly id: string
  readonly family: string
  readonly given: string
  /** TRE_G15 */
  readonly profession: string
  readonly practitioner: Practitioner
}

export interface Structure {
  /** idNatSt */
  readonly id: string
  readonly name: string
  readonly trade: Trade
  /** TRE_R02: the sector, which is the facility of what it deposits; TRE_A01: its setting. */
  readonly sector: string
  readonly setting: string
  readonly staff: readonly [Professional, ...Professional[]]
  readonly organization: Organization
}

export type Directory = Readonly<Record<Trade, readonly [Structure, ...Structure[]]>>

interface TradeShape {
  readonly names: readonly [string, ...string[]]
  readonly sector: string
  readonly setting: string
  readonly profession: readonly [string, string]
  readonly staff: number
  /** Patients for one structure. */
  readonly patients: number
}

const TRADES: Readonly<Record<Trade, TradeShape>> = {
  hospital: { names: ['Centre hospitalier de'], sector: 'SA01', setting: 'ETABLISSEMENT', profession: ['10', 'Médecin'], staff: 8, patients: 400 },
  laboratory: { names: ['Laboratoire de biologie médicale de'], sector: 'SA25', setting: 'AMBULATOIRE', profession: ['21', 'Pharmacien'], staff: 2, patients: 300 },
  practice: { names: ['Cabinet médical de', 'Maison médicale de'], sector: 'SA08', setting: 'AMBULATOIRE', profession: ['10', 'Médecin'], staff: 3, patients: 120 },
  imaging: { names: ['Centre d\'imagerie de'], sector: 'SA08', setting: 'AMBULATOIRE', profession: ['10', 'Médecin'], staff: 2, patients: 400 },
  pharmacy: { names: ['Pharmacie de'], sector: 'SA33', setting: 'AMBULATOIRE', profession: ['21', 'Pharmacien'], staff: 1, patients: 200 }
}
/** Structures of one trade: there is one file of documents for each. */
const MOST = 40
export const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'

export function directoryOf (seed: string, patients: number): Directory {
  let structures = 0
  let professionals = 0
  const of = (trade: Trade): readonly [Structure, ...Structure[]] => {
    const { names, profession, staff, ...shape } = TRADES[trade]
    const make = (index: number): Structure => {
      const chance = chanceOf(seed, 'structure', trade, index)
      const name = `${chance.pick(names)} ${COMMUNES[index % COMMUNES.length] ?? ''}${index < COMMUNES.length ? '' : ` ${Math.floor(index / COMMUNES.length) + 1}`}`
      const identifier = structureIdentifiers(finessOf(++structures))
      const member = () => professionalOf(seed, ++professionals, profession)
      return {
        id: identifier[0]?.value ?? '',
        name,
        trade,
        sector: shape.sector,
        setting: shape.setting,
        staff: [member(), ...Array.from({ length: staff - 1 }, member)],
        organization: { resourceType: 'Organization', identifier, active: true, name }
      }
    }
    const count = Math.min(MOST, Math.ceil(patients / shape.patients) + 1)
    return [make(0), ...Array.from({ length: count - 1 }, (_, index) => make(index + 1))]
  }
  return { hospital: of('hospital'), laboratory: of('laboratory'), practice: of('practice'), imaging: of('imaging'), pharmacy: of('pharmacy') }
}

function professionalOf (seed: string, number: number, [code, display]: TradeShape['profession']): Professional {
  const chance = chanceOf(seed, 'professional', number)
  const gender = chance.percent(54) ? 'female' as const : 'male' as const
  const [family, given] = [chance.pick(FAMILIES), chance.pick(gender === 'female' ? WOMEN : MEN)]
  const identifier = personIdentifiers(rppsOf(number))
  return {
    id: identifier[0]?.value ?? '',
    family,
    given,
    profession: code,
    practitioner: {
      resourceType: 'Practitioner',
      identifier,
      active: true,
      name: [{ use: 'official', family, given: [given], prefix: ['Dr'] }],
      gender,
      qualification: [{ code: { coding: [{ system: G15, code, display }] } }]
    }
  }
}
