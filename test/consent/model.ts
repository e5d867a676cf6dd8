/**
 * The reference model: sections 1, 3 and 4 of consent.md for one document, observation or list, written from that page alone, slow
 * and naive on purpose. It shares nothing with the server; where both differ, one of them misread the page.
 * "READING" marks a place where the page does not decide, and the reading taken.
 * Here: section 4, rule by rule. In `model/`: what a choice says, its selectors, kinds, labels, parties.
 */
import type { Coding } from '@medplum/fhirtypes'
import { PROFESSION, SOCIAL } from './scenario.js'
import type { Caller, World, WorldDocument } from './scenario.js'
import { hasScope, isRepresentative, seesErrors } from './model/caller.js'
import { isActive, isBlockOn, permits, says } from './model/choice.js'
import { BESIDE, isBlock, kindsOf } from './model/kind.js'
import { isLabelled, isUnannounced } from './model/label.js'
import { isAuthorInPerson, isAuthorStructure, isCare, isHolder, isOwn } from './model/party.js'
import { purposeOf } from './model/question.js'
import type { Options, Question, Verdict } from './model/question.js'
import { itemsOf, typesOf } from './model/resource.js'

type Rule = (q: Question) => boolean | undefined

/** A list is seen only if everything that it holds is, itself or in a list; that something of it was deleted does not count. */
export function model (world: World, caller: Caller, document: WorldDocument, now: number, options: Options): Verdict {
  const verdict = alone(world, caller, document, now, options)
  const parts = itemsOf(world, document).map(item => ({ item, verdict: alone(world, caller, item, now, options) }))
  const hidden = parts.find(part => part.item.deleted ? part.verdict.gone !== true : !part.verdict.permit)
  if (hidden === undefined || !(document.deleted ? verdict.gone : verdict.permit)) return verdict
  return { permit: false, rule: hidden.verdict.rule, ...document.deleted && { gone: false } }
}

/** A version before: it and the last one are both permitted, under the labels of the last one. */
export function modelOfVersion (world: World, caller: Caller, document: WorldDocument, now: number, options: Options): Verdict {
  const { resource, before } = document
  const last = model(world, caller, document, now, options)
  // READING: of what is deleted no version is read.
  if (before === undefined || document.deleted || !last.permit) return { permit: false, rule: last.rule }
  const own = 'securityLabel' in resource ? { securityLabel: resource.securityLabel } : {}
  const labelled = { ...before, securityLabel: undefined, ...own, meta: { security: resource.meta?.security ?? [] } } as WorldDocument['resource']
  return alone(world, caller, { ...document, resource: labelled }, now, options)
}

function alone (world: World, caller: Caller, document: WorldDocument, now: number, options: Options): Verdict {
  const q: Question = { world, caller, document, now, options }
  const early = first(q, [rule1, rule2], 1)
  if (early !== undefined && !(early.rule === 2 && document.deleted)) return early
  const late = first(q, [rule3, rule4, rule5, rule6, rule7, rule8, rule9, rule10, rule11, rule12, rule13, rule14], 3)
  return early === undefined ? late : { ...early, gone: late.permit && seesErrors(q) }
}

function first (q: Question, rules: readonly Rule[], from: 3): Verdict
function first (q: Question, rules: readonly Rule[], from: 1): Verdict | undefined
function first (q: Question, rules: readonly Rule[], from: number): Verdict | undefined {
  for (const [index, rule] of rules.entries()) {
    const permit = rule(q)
    if (permit !== undefined) return { permit, rule: from + index }
  }
  return undefined
}

// Section 4, rule by rule: true permits, false denies, undefined lets the next one speak.

function rule1 ({ world }: Question): boolean | undefined {
  return ['open', 'active'].includes(world.account) ? undefined : false
}

function rule2 (q: Question): boolean | undefined {
  return q.document.deleted || !seesErrors(q) ? false : undefined
}

function rule3 (q: Question): boolean | undefined {
  return q.caller.kind === 'holder' ? isHolder(q) && !isUnannounced(q) : undefined
}

function rule4 (q: Question): boolean | undefined {
  if (q.caller.kind !== 'representative') return undefined
  return isRepresentative(q) && !isUnannounced(q) && !isLabelled(q, 'INVISIBLE_REPRESENTANTS_LEGAUX')
}

function rule5 (q: Question): boolean | undefined {
  if (q.caller.kind === 'operator' || (isCare(q) && q.options.outsideCare.has(q.caller.sector ?? ''))) return false
  if (q.caller.kind !== 'application') return undefined
  const isKept = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX'].some(code => isLabelled(q, code))
  // READING: its own deposit is excepted from the labels only; scope and choice are needed for it too.
  return q.caller.ins === q.world.ins && hasScope(q.caller.scope) && (!isKept || isOwn(q)) &&
    permits(q, ['application'], 'any').length > 0 && !q.world.consents.some(choice => says({ ...q, choice, purpose: 'any' }) === 'deny')
}

function rule6 ({ caller, world }: Question): boolean | undefined {
  const { person, profession, structure } = caller
  if (caller.kind === 'professional' && !(person?.value && profession?.code && profession.system && structure?.value)) return false
  // READING: an emergency token that is less than section 4 asks, or names another patient, is refused here, before any permit.
  return caller.mode !== 'normal' && (caller.ins !== world.ins || profession?.system !== PROFESSION || caller.kind === 'structure') ? false : undefined
}

function rule7 (q: Question): boolean | undefined {
  return permits(q, ['medecin-traitant'], 'any').length > 0 ? true : undefined
}

function rule8 (q: Question): boolean | undefined {
  return q.world.consents.some(choice => isActive({ ...q, choice }) && isBlockOn({ ...q, choice, purpose: 'any' }, true)) ? false : undefined
}

function rule9 (q: Question): boolean | undefined {
  if (q.caller.kind === 'structure') return isAuthorStructure(q)
  return isAuthorInPerson(q) ? true : undefined
}

function rule10 (q: Question): boolean | undefined {
  const kinds = {
    normal: ['acces-ps', 'equipe-soins', 'acces-ponctuel', 'administrateur', 'partage', 'pcf'],
    bris_de_glace: ['urgence-ps', 'pcf'],
    centre_15: ['urgence-samu', 'pcf']
  }[q.caller.mode]
  // Literally: that their structure is author is a ground in mode normal only.
  const isGrounded = permits(q, kinds, purposeOf(q)).length > 0 || (q.caller.mode === 'normal' && isAuthorStructure(q))
  return isGrounded ? undefined : false
}

function rule11 (q: Question): boolean | undefined {
  // READING: any choice that says deny, of whatever kind, is a finer choice; blocks are rule 8, the kinds of BESIDE are not about this reading.
  const finer = q.world.consents.filter(({ resource }) => !isBlock(resource) && !BESIDE.includes(kindsOf(resource).join()))
  return finer.some(choice => says({ ...q, choice, purpose: purposeOf(q) }) === 'deny') ? false : undefined
}

function rule12 (q: Question): boolean | undefined {
  const { document, caller: { profession }, options } = q
  const types = typesOf(q, document)
  const isAllowed = (type: Coding): boolean => !!type.system && !!type.code && profession !== undefined && options.matrix(profession, [type])
  return types.length > 0 && types.every(isAllowed) ? undefined : false
}

function rule13 (q: Question): boolean | undefined {
  const isOpened = permits(q, ['administrateur'], 'any').length > 0 || isAuthorStructure(q) ||
    (q.caller.mode !== 'normal' && permits(q, ['urgence-masques'], purposeOf(q)).length > 0)
  if (isLabelled(q, 'MASQUE_PS') && !isOpened) return false
  // READING: MASQUE_PSOCIAL has no exceptions; a social-sector profession is one of TRE_R94.
  return isLabelled(q, 'MASQUE_PSOCIAL') && q.caller.profession?.system === SOCIAL ? false : undefined
}

function rule14 (): boolean { return true }
