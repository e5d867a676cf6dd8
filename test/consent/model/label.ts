import type { Coding } from '@medplum/fhirtypes'
import { ACT_CODE, ACT_REASON, CONFIDENTIALITY, VISIBILITY, monthAfter } from '../scenario.js'
import type { Question } from './question.js'

// Labels (section 1).

// READING: no rule of the page gives MASQUE_PT a meaning: it counts as MASQUE_PS, like a code that is not known.
const KNOWN_LABELS = [...['MASQUE_PS', 'MASQUE_PSOCIAL', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX'].map(code => `${VISIBILITY}|${code}`),
  ...['U', 'L', 'M', 'N', 'R', 'V'].map(code => `${CONFIDENTIALITY}|${code}`)]
export const textOf = ({ system, code }: Coding): string => `${system}|${code}`
export const isKnownLabel = (label: Coding): boolean => KNOWN_LABELS.includes(textOf(label)) || ([ACT_CODE, ACT_REASON].includes(label.system ?? '') && !!label.code)

/** READING: "none" is no label at all; a label without any coding counts as one that is not known. */
export function labelsOf ({ document: { resource } }: Question): string[] {
  const own = resource.resourceType === 'DocumentReference' ? resource.securityLabel ?? [] : []
  const labels = [...own.flatMap(({ coding = [] }): Coding[] => coding.length > 0 ? coding : [{}]), ...resource.meta?.security ?? []]
  if (labels.length === 0) return [`${CONFIDENTIALITY}|N`]
  return labels.map(label => isKnownLabel(label) ? textOf(label) : `${VISIBILITY}|MASQUE_PS`)
}

export const isLabelled = (q: Question, code: string): boolean => labelsOf(q).includes(`${VISIBILITY}|${code}`)
export const isUnannounced = (q: Question): boolean => isLabelled(q, 'INVISIBLE_PATIENT') && q.now < monthAfter(q.document.chainStart)

export const isSame = (one: Coding, other: Coding): boolean => !!one.code && !!one.system && textOf(one) === textOf(other)
