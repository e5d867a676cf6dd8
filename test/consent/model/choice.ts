import type { ConsentProvision } from '@medplum/fhirtypes'
import { SCOPE, VISIBILITY, isWithin, resolve, spanOfPeriod } from '../scenario.js'
import type { WorldConsent } from '../scenario.js'
import { ACTORS, isBlock, isKindKnown, kindsOf } from './kind.js'
import { isLabelled, textOf } from './label.js'
import { isCare } from './party.js'
import type { Ask, Purpose, Question } from './question.js'
import { SELECTORS } from './selector.js'
import type { Selector } from './selector.js'

// What a choice says, permits, blocks (sections 1 and 3).

export function isActive (q: Question & { choice: WorldConsent }): boolean {
  const { resource: { status, patient = {} }, deleted } = q.choice
  return status === 'active' && deleted !== true && resolve(q, patient)?.type === 'patient'
}

/** The choices of these kinds that permit this document to this caller. */
export function permits (q: Question, kinds: readonly string[], purpose: Purpose): WorldConsent[] {
  return q.world.consents.filter(choice => {
    const asked = { ...q, choice, purpose }
    const kind = kindsOf(choice.resource).join() || 'pcf'
    return kinds.includes(kind) && says(asked) === 'permit' && isShaped(asked, kind) && !isBeyondRepresentative(asked, kind) && !isOvertaken(asked, kind)
  })
}

/** READING: in a kind other than `partage` an exception only narrows: a permit must come from the root too. */
function isShaped (asked: Ask, kind: string): boolean {
  const { provision: root, contained } = asked.choice.resource
  if (kind === 'pcf' || kind === 'partage') return true
  if (root?.type !== 'permit' || !SELECTORS.actor.matches(asked, root, false)) return false
  if (WHOLE.includes(kind) && !isWhole(root, kind === 'urgence-masques')) return false
  const start = spanOfPeriod(root.period)?.[0] ?? -Infinity
  if (kind === 'acces-ponctuel' && asked.now > start + 24 * 3600 * 1000) return false // READING: no start, no access
  const types = (root.actor ?? []).map(({ reference }) => resolve(asked, reference, contained)?.type)
  const allowed = ACTORS[kind]
  return allowed === undefined || (types.length > 0 && types.every(type => type !== undefined && allowed.includes(type)))
}

/** READING: who sees everything, a helper too, or every masked document, is not singled out by data: with such a selector they say nothing. */
const WHOLE = ['medecin-traitant', 'administrateur', 'urgence-masques', 'delegation']
function isWhole ({ securityLabel = [], class: classes = [], code = [], data = [], dataPeriod }: ConsentProvision, isLabelled: boolean): boolean {
  const labels = isLabelled ? securityLabel.length === 1 && textOf(securityLabel[0] ?? {}) === `${VISIBILITY}|MASQUE_PS` : securityLabel.length === 0
  return labels && classes.length === 0 && code.length === 0 && data.length === 0 && dataPeriod === undefined
}

/** READING: a legal representative gave what one wrote, and what names a RelatedPerson as performer; emergencies count as grounds. */
function isBeyondRepresentative (asked: Ask, kind: string): boolean {
  const { resource: { performer = [] }, by } = asked.choice
  const isTheirs = by === 'representative' || performer.some(({ reference }) => reference?.startsWith('RelatedPerson/'))
  return isTheirs && kind !== 'application' && isLabelled(asked, 'INVISIBLE_REPRESENTANTS_LEGAUX')
}

/** READING: what a block ended opens nothing more to X: besides grounds, no sight of masked documents. */
function isOvertaken (asked: Ask, kind: string): boolean {
  return isCare(asked) && kind !== 'medecin-traitant' && asked.world.consents.some(choice => {
    const block = { ...asked, choice }
    return isBlockOn(block, false) && asked.choice.acknowledged < endOf(block)
  })
}

/** When a block ended: lifted, or at the end of its period; never if it did not, or is another patient's. */
function endOf (block: Ask): number {
  if (resolve(block, block.choice.resource.patient ?? {})?.type !== 'patient') return -Infinity
  const end = spanOfPeriod(block.choice.resource.provision?.period)?.[1] ?? Infinity
  if (block.choice.endedBlock !== undefined) return Math.min(block.choice.endedBlock, end)
  return isActive(block) && end < block.now ? end : -Infinity
}

/** READING: purpose and data selectors of a blocage, and exceptions that permit, bind nothing: it shuts out, in every mode. */
export function isBlockOn (asked: Ask, isNow: boolean): boolean {
  const { resource } = asked.choice
  const selectors = isNow ? [SELECTORS.actor, SELECTORS.period] : [SELECTORS.actor]
  return isBlock(resource) && (!isNow || isBounded(asked)) && provisionsOf(resource.provision).some(provision => isDenied(asked, provision, selectors))
}

/** The root period bounds the whole Consent; one that cannot be read bounds nothing, and then only denies are left. */
function isBounded ({ choice: { resource: { provision } }, now }: Ask): boolean {
  return spanOfPeriod(provision?.period) === undefined || isWithin(provision?.period, now)
}

const provisionsOf = (provision?: ConsentProvision): ConsentProvision[] => provision ? [provision, ...(provision.provision ?? []).flatMap(provisionsOf)] : []
const isBlind = ({ choice: { resource } }: Ask, provision: ConsentProvision): boolean => !!(resource.modifierExtension ?? resource.implicitRules ?? provision.modifierExtension)

/** A deny with its unreadable selectors widened. READING: an unknown kind leaves its purposes unreadable, a modifier extension everything. */
function isDenied (asked: Ask, provision: ConsentProvision, selectors: readonly Selector[]): boolean {
  const isWidened = (selector: Selector): boolean => !selector.isUnderstood(asked, provision) || (selector === SELECTORS.purpose && !isKindKnown(asked.choice.resource))
  return provision.type === 'deny' && (isBlind(asked, provision) || selectors.every(selector => isWidened(selector) || selector.matches(asked, provision, true)))
}

/** What a choice says about (caller, purpose, document). */
export function says (asked: Ask): 'permit' | 'deny' | undefined {
  const root = asked.choice.resource.provision
  if (!isActive(asked) || root === undefined || !isBounded(asked)) return undefined
  const selectors = Object.values(SELECTORS)
  if (!isUnderstood(asked, root)) return provisionsOf(root).some(provision => isDenied(asked, provision, selectors)) ? 'deny' : undefined
  const matches = (provision: ConsentProvision): boolean => selectors.every(selector => selector.matches(asked, provision, provision.type === 'deny'))
  const exceptions = (root.provision ?? []).filter(matches)
  if (exceptions.length > 0) return exceptions.some(({ type }) => type === 'deny') ? 'deny' : 'permit'
  return matches(root) ? root.type : undefined
}

/** READING: another scope, an `action`, a second level of exceptions or a missing type are not understood either. */
function isUnderstood (asked: Ask, root: ConsentProvision): boolean {
  const { resource } = asked.choice
  return isKindKnown(resource) && (resource.scope.coding ?? []).some(({ system, code }) => system === SCOPE && code === 'patient-privacy') &&
    (root.provision ?? []).every(({ provision }) => provision === undefined) &&
    provisionsOf(root).every(provision => !isBlind(asked, provision) && provision.action === undefined &&
      provision.type !== undefined && Object.values(SELECTORS).every(selector => selector.isUnderstood(asked, provision)))
}
