/** What is in which section of a patient summary: the sections of IPS (Composition-uv-ips) of which this server has the resources. */

/** One sort of entries: what is searched in the record of the patient. */
export interface Part {
  readonly type: string
  readonly query: readonly (readonly [name: string, value: string])[]
  /** The last one of each code. */
  readonly isLast?: true
}

export interface SectionOf {
  readonly title: string
  /** LOINC. */
  readonly code: string
  /** It is there though it is empty. */
  readonly isNeeded: boolean
  readonly parts: readonly Part[]
}

const UNTRUE = ['verification-status:not', 'entered-in-error,refuted'] as const
const PAST = 'inactive,remission,resolved'
const last = (category: string): Part => ({
  type: 'Observation', query: [['category', `http://terminology.hl7.org/CodeSystem/observation-category|${category}`], ['status:not', 'entered-in-error,cancelled']], isLast: true
})

export const SECTIONS: readonly SectionOf[] = [
  { title: 'Problem List', code: '11450-4', isNeeded: true, parts: [{ type: 'Condition', query: [['clinical-status:not', PAST], UNTRUE] }] },
  { title: 'Allergies and Intolerances', code: '48765-2', isNeeded: true, parts: [{ type: 'AllergyIntolerance', query: [UNTRUE] }] },
  {
    title: 'Medication Summary',
    code: '10160-0',
    isNeeded: true,
    parts: [{ type: 'MedicationStatement', query: [['status', 'active,intended,on-hold']] }, { type: 'MedicationRequest', query: [['status', 'active,on-hold']] }]
  },
  { title: 'Immunizations', code: '11369-6', isNeeded: false, parts: [{ type: 'Immunization', query: [['status', 'completed']] }] },
  { title: 'History of Procedures', code: '47519-4', isNeeded: false, parts: [{ type: 'Procedure', query: [['status:not', 'entered-in-error,not-done,preparation']] }] },
  { title: 'Results', code: '30954-2', isNeeded: false, parts: [last('laboratory')] },
  { title: 'Vital Signs', code: '8716-3', isNeeded: false, parts: [last('vital-signs')] },
  { title: 'History of Past Illness', code: '11348-0', isNeeded: false, parts: [{ type: 'Condition', query: [['clinical-status', PAST], UNTRUE] }] },
  { title: 'Social History', code: '29762-2', isNeeded: false, parts: [last('social-history')] }
]
