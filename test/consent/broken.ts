/** Ways in which a choice comes not to be understood (`consent.md` 1: never wider by failure). */
import type { Consent, ConsentProvision } from '@medplum/fhirtypes'
import { ACT_REASON, KIND, LOINC, PARTICIPATION, RPPS, VISIBILITY } from './scenario.js'
import type { WorldConsent } from './scenario.js'

const changes = [{ url: 'https://example.org/changes-everything', valueBoolean: true }]
const lost = { reference: 'Practitioner/gone' }
const role = { coding: [{ system: PARTICIPATION, code: 'IRCP' }] }

/** Of the whole Consent. */
const OF_CONSENT: Readonly<Record<string, (consent: Consent) => Partial<Consent>>> = {
  'a modifier extension': () => ({ modifierExtension: changes }),
  'implicit rules': () => ({ implicitRules: 'urn:example:rules' }),
  'a scope of another sort': () => ({ scope: { coding: [{ code: 'research' }] } }),
  'a second kind': ({ category }) => ({ category: [...category, { coding: [{ system: KIND, code: 'acces-ps' }] }] }),
  // What was a block and is not known as one any more is no block: codes of kinds do not go away.
  'an unknown kind': ({ category }) => JSON.stringify(category).includes('blocage') ? { modifierExtension: changes } : { category: [...category, { coding: [{ system: KIND, code: 'no-such-kind' }] }] }
}

/** Of one provision. */
const OF_PROVISION: Readonly<Record<string, ConsentProvision>> = {
  'a modifier extension of the provision': { modifierExtension: changes },
  'an actor that is lost': { actor: [{ role, reference: lost as never }] },
  'an actor in an unknown role': { actor: [{ role: { coding: [{ system: PARTICIPATION, code: 'AUT' }] }, reference: { identifier: { system: RPPS, value: '10000000001' } } }] },
  'an unknown purpose': { purpose: [{ system: ACT_REASON, code: 'no-such-purpose' }] },
  'an unreadable period': { period: { start: 'yesterday' } },
  'an unknown label': { securityLabel: [{ system: VISIBILITY, code: 'NO_SUCH_LABEL' }] },
  'an unknown class': { class: [{ system: 'urn:example:class', code: 'x' }] },
  'an unknown code': { code: [{ coding: [{ system: LOINC, code: 'no-such-type' }] }] },
  'a code without coding': { code: [{ text: 'biology' }] },
  'an unreadable time': { dataPeriod: { end: 'tomorrow' } },
  'data that is lost': { data: [{ meaning: 'instance', reference: { reference: 'DocumentReference/gone' } }] },
  'data in an unknown meaning': { data: [{ meaning: 'dependents', reference: { reference: 'DocumentReference/d0' } }] },
  'an author that is lost': { data: [{ meaning: 'authoredby', reference: lost }] },
  'an action': { action: [{ text: 'access' }] }
}

export const WAYS: readonly string[] = [...Object.keys(OF_CONSENT), ...Object.keys(OF_PROVISION)]

/** @param where 0 is the root, others its exceptions */
export function breakChoice (choice: WorldConsent, way: string, where: number): WorldConsent {
  const { resource } = choice
  const whole = OF_CONSENT[way]
  if (whole !== undefined) return { ...choice, resource: { ...resource, ...whole(resource) } }
  const { provision: nested = [], ...root } = resource.provision ?? {}
  const part = where % (nested.length + 1)
  const broken = OF_PROVISION[way] ?? {}
  const provision: ConsentProvision = {
    ...root,
    ...part === 0 && broken,
    ...nested.length > 0 && { provision: nested.map((each, index) => index + 1 === part ? { ...each, ...broken } : each) }
  }
  return { ...choice, resource: { ...resource, provision } }
}
