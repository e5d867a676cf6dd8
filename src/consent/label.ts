import { createHash } from 'node:crypto'
import type { Coding, Resource } from '@medplum/fhirtypes'
import { LRUCache } from 'lru-cache'

/** The marks that rules read (`consent.md` 1 *labels*): codes of TRE_A07, whoever set them. */
export type Mark = 'MASQUE_PS' | 'MASQUE_PSOCIAL' | 'INVISIBLE_PATIENT' | 'INVISIBLE_REPRESENTANTS_LEGAUX'

export const TRE_A07 = 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
export const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'

/** What is hidden from legal representatives, and so from every one: nothing that one of them gave opens it. */
export const BEYOND: Mark = 'INVISIBLE_REPRESENTANTS_LEGAUX'

const MARKS: readonly string[] = ['MASQUE_PS', 'MASQUE_PSOCIAL', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX']
const CONFIDENTIALITY_CODES: readonly string[] = ['U', 'L', 'M', 'N', 'R', 'V']
/** Systems whose codes matter to selectors only. */
const SELECTORS_ONLY: readonly string[] = [
  'http://terminology.hl7.org/CodeSystem/v3-ActReason', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
]
const NORMAL: Coding = { system: CONFIDENTIALITY, code: 'N' }

/** Every label of a resource: `securityLabel` and `meta.security`; `N` where there is none. */
export function labelsOf (resource: Resource): readonly Coding[] {
  const own = 'securityLabel' in resource ? (resource.securityLabel ?? []).flatMap(({ coding = [] }): readonly Coding[] => coding.length === 0 ? [{}] : coding) : []
  const labels = [...own, ...resource.meta?.security ?? []]
  return labels.length === 0 ? [NORMAL] : labels
}

/** What a label means to the rules; an unknown code of a known system, or any code of an unknown one, masks. */
export function markOf ({ system, code }: Coding): Mark | undefined {
  if (system === undefined || code === undefined) return 'MASQUE_PS'
  if (SELECTORS_ONLY.includes(system) || (system === CONFIDENTIALITY && CONFIDENTIALITY_CODES.includes(code))) return undefined
  return system === TRE_A07 && MARKS.includes(code) ? code as Mark : 'MASQUE_PS'
}

/** The marks of a resource, each once. */
export function marksOf (resource: Resource): readonly Mark[] {
  return [...new Set(labelsOf(resource).flatMap(label => markOf(label) ?? []))]
}

/**
 * Whether a label follows every replacement (`consent.md` 4 *Chains*): `MASQUE_*`, `INVISIBLE_*`, `R`, `V`, unknown.
 */
export function isRestricting (label: Coding): boolean {
  return markOf(label) !== undefined || (label.system === CONFIDENTIALITY && (label.code === 'R' || label.code === 'V'))
}

/** Whether a label means what it says; any other one counts as `MASQUE_PS`, for selectors too. */
export function isKnownLabel (label: Coding): boolean {
  return markOf(label) === undefined || (label.system === TRE_A07 && markOf(label) === label.code)
}

/** The key under which selectors find a label of a resource. */
export function tagOf (label: Coding): string {
  return isKnownLabel(label) ? labelKey(label) : `${TRE_A07}|MASQUE_PS`
}

const typeKeys = new LRUCache<string, string>({ max: 5000 })

/** The short key of a document type: a filter names a hundred of them, and their systems are long addresses. */
export function typeKey (type: string): string {
  let key = typeKeys.get(type)
  if (key === undefined) {
    key = createHash('sha256').update(type).digest('base64url').slice(0, 14)
    typeKeys.set(type, key)
  }
  return key
}

/** `system|code`, the form in which labels are compared. */
export function labelKey ({ system = '', code = '' }: Coding): string {
  return `${system}|${code}`
}
