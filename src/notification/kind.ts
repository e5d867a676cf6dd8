/** What is notified of (`consent.md` 7): codes of `terminology/notification-kind.json`. */
export const KINDS = ['access', 'deposit', 'change', 'emergency', 'choice', 'announcement'] as const
export type Kind = typeof KINDS[number]

/** HL7's code for it. */
export const CATEGORY = { system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'notification' }
