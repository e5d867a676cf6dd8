import type { Consent } from '@medplum/fhirtypes'
import { KIND } from '../scenario.js'
import type { Party } from '../scenario.js'

// Kinds of choices (section 3).

/** Kinds whose permit must name an actor, and of which sort. READING: without one they say nothing, never "every professional". */
export const ACTORS: Readonly<Record<string, readonly Party['type'][]>> = {
  'acces-ps': ['person', 'structure'],
  'equipe-soins': ['team'],
  'acces-ponctuel': ['person', 'structure'],
  'medecin-traitant': ['person'],
  administrateur: ['person'],
  application: ['application'],
  delegation: ['related']
}
/** Kinds that say nothing to a professional who reads. */
export const BESIDE = ['defaut-confidentialite', 'application', 'delegation', 'ouverture', 'fermeture', 'suppression']
const KINDS = [...Object.keys(ACTORS), ...BESIDE, 'blocage', 'partage', 'urgence-ps', 'urgence-samu', 'urgence-masques']
export const PURPOSES = ['TREAT', 'ETREAT', 'BTG', 'CAREMGT', 'CLINTRCH', 'COC', 'COVERAGE', 'FAMRQT', 'HMARKT', 'HOPERAT', 'HPAYMT', 'HRESCH',
  'HSYSADMIN', 'PATRQT', 'PATSFTY', 'PUBHLTH', 'PWATRNY', 'SUPNWK']

export const kindsOf = ({ category }: Consent): string[] => category.flatMap(({ coding = [] }) => coding).filter(({ system }) => system === KIND).map(({ code = '' }) => code)
export const isBlock = (consent: Consent): boolean => kindsOf(consent).includes('blocage')
export const isKindKnown = (consent: Consent): boolean => kindsOf(consent).length <= 1 && kindsOf(consent).every(kind => KINDS.includes(kind))
