/** Who asks, and what that alone makes of them, whatever the record: under which keys they are author, and of which sector. */
import type { Principal } from '../security/principal.js'
import type { Policy } from './situation.js'

/** A principal at the instant of a request, with what the directory says of their structure. */
export interface Caller {
  readonly principal: Principal
  /** The one instant of the request, ms. */
  readonly now: number
  /** The id of the patient whom the token names; undefined when it names none or nobody known. */
  readonly patient?: string
  /** Keys of `security/identity.ts`, hashed as they are stored: the person, the application. */
  readonly person?: string
  readonly client?: string
  /** Hashed: the caller in the role of their token, whose Subscriptions are theirs. */
  readonly owner?: string
  /** `RelatedPerson/id` of a representative. */
  readonly relative?: string
  /** Every key of the caller's structure. */
  readonly own: readonly string[]
  /** Every key of the structures that it is part of. */
  readonly enclosing: readonly string[]
  /** The operator's lists (`Group/id`) on which the person or the structure is now: to those a permit speaks. */
  readonly groups: readonly string[]
  /** Those on which they stand, or what their structure is part of, in force or not: to those a deny speaks. */
  readonly listed: readonly string[]
}

/** The operator as they take part in a message: nobody else's key, for who stands with the operator (rule 5) is not them. */
export const OPERATOR = 'operator'

/** A code of TRE_R02; a sector that is none is no sector of care. */
const SECTOR = /^SA\d\d$/
/** TRE_R94, the professions of the social sector. */
const SOCIAL = 'https://mos.esante.gouv.fr/NOS/TRE_R94-ProfessionSocial/FHIR/TRE-R94-ProfessionSocial'

/** Rule 5: a sector that is none of care stands with the operator. */
export function isOutsideCare ({ sector }: Principal, { outsideCare }: Pick<Policy, 'outsideCare'>): boolean {
  return sector !== undefined && (!SECTOR.test(sector) || outsideCare.includes(sector))
}

/** The keys under which a caller is author: in person, then as their structure. */
export function authorKeys (caller: Caller): readonly string[] {
  return [...inPersonKeys(caller), ...caller.own]
}

/** A person is author as depositor anywhere, as a named one only under a token of the depositor's structure. */
export function inPersonKeys ({ person, own }: Pick<Caller, 'person' | 'own'>): readonly string[] {
  return person === undefined ? [] : [person, ...own.map(structure => `${person}@${structure}`)]
}

/** Whether the profession is one of the social sector (rule 13). */
export function isSocial ({ profession }: Principal): boolean {
  return profession?.startsWith(`${SOCIAL}|`) === true
}
