import { CONSENT_KIND } from './canonical.js'
import { conceptsOf } from './code-system.js'
import type { Terminology } from './load.js'

/** What the provision of a Consent of one kind must look like (`consent.md` 3). */
export interface KindShape {
  /** `provision.type`, one of these. */
  readonly types: readonly ('permit' | 'deny')[]
  /** How many actors: exactly one, none, or any number (nobody named is every professional). */
  readonly actor: 'one' | 'none' | 'any'
  /** What an actor is. */
  readonly actorTypes: readonly string[]
  /** `system|code` of the purposes, these and no others; empty: the kind asks for none (`TREAT` says nothing more). */
  readonly purposes: readonly string[]
  /** `system|code` of the security labels, these and no others; an empty list asks for none. */
  readonly labels: readonly string[]
  /** Whether some selector of data must be there. */
  readonly needsSelector: boolean
  readonly needsPeriod: boolean
  /** The period must have an end, this far from its start at most. */
  readonly maxHours?: number
}

const PERSON = ['Practitioner', 'PractitionerRole']
const PERSON_OR_STRUCTURE = [...PERSON, 'Organization']
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const BTG = `${ACT_REASON}|BTG`
const ETREAT = `${ACT_REASON}|ETREAT`
const MASQUE_PS = 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument|MASQUE_PS'

const PERMIT = ['permit'] as const
const DENY = ['deny'] as const
const EITHER = ['permit', 'deny'] as const

/**
 * Every kind. Where `consent.md` leaves the type open: a default of confidentiality is the same choice whatever its
 * type, an opening may be accepted or refused, and closing and suppression are denials.
 */
const shapes = {
  'acces-ps': shape(PERMIT, { actor: 'one', actorTypes: PERSON_OR_STRUCTURE }),
  'equipe-soins': shape(PERMIT, { actor: 'one', actorTypes: ['CareTeam'] }),
  'acces-ponctuel': shape(PERMIT, { actor: 'one', actorTypes: PERSON_OR_STRUCTURE, needsPeriod: true, maxHours: 24 }),
  'medecin-traitant': shape(PERMIT, { actor: 'one', actorTypes: PERSON }),
  administrateur: shape(PERMIT, { actor: 'one', actorTypes: PERSON }),
  blocage: shape(DENY, { actor: 'one', actorTypes: PERSON_OR_STRUCTURE }),
  partage: shape(EITHER, { actor: 'any', actorTypes: [...PERSON_OR_STRUCTURE, 'CareTeam', 'Group'], needsSelector: true }),
  'urgence-ps': shape(PERMIT, { purposes: [BTG] }),
  'urgence-samu': shape(PERMIT, { purposes: [ETREAT] }),
  'urgence-masques': shape(PERMIT, { purposes: [BTG, ETREAT], labels: [MASQUE_PS] }),
  'defaut-confidentialite': shape(EITHER, { labels: [MASQUE_PS] }),
  application: shape(PERMIT, { actor: 'one', actorTypes: ['Device', 'Organization'] }),
  delegation: shape(PERMIT, { actor: 'one', actorTypes: ['RelatedPerson'], needsPeriod: true }),
  ouverture: shape(EITHER),
  fermeture: shape(DENY),
  suppression: shape(DENY)
}

export type ConsentKind = keyof typeof shapes

export const kindShapes: Readonly<Record<ConsentKind, KindShape>> = Object.freeze(shapes)

export function isConsentKind (code: string): code is ConsentKind {
  return Object.hasOwn(shapes, code)
}

/**
 * Holds the kinds of the code equal to those of `terminology/`, and what they name known.
 * @throws Error at start, naming what differs
 */
export function checkKinds ({ codeSystems, vocabulary }: Terminology): void {
  const codes = conceptsOf(codeSystems.find(({ url }) => url === CONSENT_KIND)?.concept).map(({ code = '' }) => code)
  const stranger = codes.find(code => !isConsentKind(code))
  if (stranger !== undefined) throw new Error(`${CONSENT_KIND}: the server has no kind ${stranger}`)
  for (const [kind, { purposes, labels }] of Object.entries(kindShapes)) {
    if (!codes.includes(kind)) throw new Error(`${CONSENT_KIND}: the kind ${kind} is missing`)
    const unknown = [...purposes, ...labels].find(token => !vocabulary.isKnown(token))
    if (unknown !== undefined) throw new Error(`the kind ${kind} names ${unknown}, which terminology does not know`)
  }
}

function shape (types: KindShape['types'], rest: Partial<KindShape> = {}): KindShape {
  const whole = { actor: 'none', actorTypes: [], purposes: [], labels: [], needsSelector: false, needsPeriod: false, ...rest, types } as const
  for (const list of [whole.types, whole.actorTypes, whole.purposes, whole.labels]) Object.freeze(list)
  return Object.freeze(whole)
}
