/** What can be hidden from each caller, and by what: of `consent.md` 2 and 4 as far as the callers of the scenarios go. */
import { RECORD_TYPES } from '../../../src/consent/record-type.js'
import { label } from '../../helper/resource.js'
import { HOWS } from './scenario.js'
import type { CallerKind, Hide, How, Way } from './scenario.js'

/** Those who may see something of the record, and what of it they may not. */
const MARKS: Partial<Readonly<Record<CallerKind, string>>> = {
  professional: 'MASQUE_PS', emergency: 'MASQUE_PS', application: 'MASQUE_PS', social: 'MASQUE_PSOCIAL', holder: 'INVISIBLE_PATIENT', representative: 'INVISIBLE_PATIENT'
}
const WAYS_OF: Readonly<Record<CallerKind, readonly Way[]>> = {
  professional: ['label', 'later', 'denied', 'error', 'matrix', 'elsewhere'],
  emergency: ['label', 'later', 'error', 'elsewhere'],
  application: ['label', 'later', 'elsewhere'],
  social: ['label', 'nobody', 'elsewhere'],
  holder: ['label', 'elsewhere'],
  representative: ['label', 'elsewhere'],
  treating: ['elsewhere'],
  blocked: ['nobody', 'elsewhere'],
  stranger: ['nobody', 'elsewhere'],
  structure: ['nobody', 'elsewhere'],
  operator: ['nobody', 'elsewhere']
}
/** Types of the record that a structure deposits by themselves. */
const DEPOSITED = Object.keys(RECORD_TYPES).filter(type => type !== 'Medication' && type !== 'CareTeam')
const CARERS: readonly CallerKind[] = ['professional', 'social', 'blocked', 'stranger', 'emergency', 'structure']
/** What is hidden whatever labels say, and from whom. */
const OTHERS: Readonly<Record<string, readonly CallerKind[]>> = {
  Communication: [...CARERS, 'treating', 'holder', 'representative', 'application', 'operator'],
  Appointment: [...CARERS, 'treating', 'operator'],
  Consent: [...CARERS, 'application', 'operator'],
  RelatedPerson: ['blocked', 'stranger', 'structure'],
  Patient: ['blocked', 'stranger', 'structure']
}

export interface Choice { readonly type: string, readonly how: How, readonly way: Way }

/** All that can be hidden from a caller. */
export function choicesOf (caller: CallerKind): readonly Choice[] {
  const ofRecord = WAYS_OF[caller].flatMap(way => DEPOSITED.filter(type => isHideable(type, way)).flatMap(type =>
    HOWS.filter(how => isPossible(type, how, way) && !(caller === 'structure' && how === 'referred')).map((how): Choice => ({ type, how, way }))))
  const others = Object.entries(OTHERS).filter(([, callers]) => callers.includes(caller)).flatMap(([type]) =>
    HOWS.filter(how => how !== 'referred' && isPossible(type, how, 'nobody')).map((how): Choice => ({ type, how, way: 'nobody' })))
  const team = caller === 'professional' || caller === 'blocked' ? HOWS.filter(how => how !== 'referred').map((how): Choice => ({ type: 'CareTeam', how, way: caller === 'blocked' ? 'nobody' : 'label' })) : []
  return [...ofRecord, ...others, ...team]
}

function isHideable (type: string, way: Way): boolean {
  switch (way) {
    case 'matrix': return type === 'DocumentReference'
    case 'error': return RECORD_TYPES[type]?.status === 'status'
    // What holds others is hidden by what it holds; a Provenance has no label of its own that a choice could be about.
    case 'denied': return !['List', 'Provenance'].includes(type)
    default: return true
  }
}

function isPossible (type: string, how: How, way: Way): boolean {
  if (type === 'Patient') return how === 'changed'
  if (how === 'referred') return way !== 'denied' && way !== 'elsewhere' && type !== 'Provenance'
  // A choice in which something changes may change what others see.
  if (type === 'Consent') return how === 'extra' || how === 'versions'
  if (type === 'Communication' && how === 'versions') return false
  return true
}

export function markOf (caller: CallerKind): string | undefined {
  return MARKS[caller]
}

/** A draft with the label that hides it from the caller. */
export function marked<Draft extends { readonly resourceType: string }> (draft: Draft, caller: CallerKind): Draft {
  const mark = markOf(caller)
  if (mark === undefined) return draft
  return draft.resourceType === 'DocumentReference' ? { ...draft, securityLabel: [label(mark)] } : { ...draft, meta: { security: label(mark).coding } }
}

/** What an author changes of it later. */
export function corrected (resource: Readonly<Record<string, unknown>>, { type }: Hide): Readonly<Record<string, unknown>> {
  return type === 'DocumentReference' ? { ...resource, description: 'corrected' } : type === 'Consent' ? { ...resource, dateTime: '2026-11-23' } : { ...resource, language: 'fr' }
}
