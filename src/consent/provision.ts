/**
 * From a Consent to the choice that it is (`consent.md` 3). What cannot be understood in full never widens: without a
 * deny it says nothing; with one, that deny applies and its unreadable selectors select everything.
 */
import type { Consent, ConsentProvision, Coding, Period, Reference } from '@medplum/fhirtypes'
import { intervalOf } from '../filter/interval.js'
import { CONSENT_KIND } from '../terminology/canonical.js'
import { isConsentKind, kindShapes } from '../terminology/kinds.js'
import type { ConsentKind } from '../terminology/kinds.js'
import { ALWAYS, isSelective } from './choice.js'
import type { Choice, Clause, Selector, Span } from './choice.js'
import { spanOf } from './facts.js'
import type { ChoiceFacts } from './family.js'
import { CONFIDENTIALITY, labelKey } from './label.js'

/** What a Consent needs of the world to be read. */
export interface Reading {
  /** The instant (ms) at which this version was acknowledged. */
  readonly acknowledged: number
  /** When the block that it was has been lifted. */
  readonly lifted?: number
  /** The hashed keys of whom a reference names; empty when it names nobody known. */
  readonly keysOf: (reference: Reference) => readonly string[]
}

const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const DAY = 24 * 3600 * 1000
/** Everybody, where rules are filed. */
export const EVERYONE = '*'

/** The codings of our kinds in a Consent's category. */
export function kindCodings (consent: Consent): readonly Coding[] {
  return consent.category.flatMap(concept => concept.coding ?? []).filter(coding => coding.system === CONSENT_KIND)
}

/** What the rules keep of a Consent: who may read it, under whom it is filed, and the choice while it counts. */
export function choiceFactsOf (consent: Consent, authors: readonly string[], reading: Reading): ChoiceFacts {
  const clauses = [consent.provision, ...consent.provision?.provision ?? []].filter(provision => provision !== undefined)
  const actors = [...new Set(clauses.flatMap(({ actor = [] }) => actor.flatMap(({ reference }) => reading.keysOf(reference))))]
  const counts = consent.status === 'active' || reading.lifted !== undefined
  const choice = counts ? readChoice(consent, reading) : undefined
  return {
    actors,
    authors,
    hasDeny: clauses.some(({ type }) => type === 'deny'),
    isSelective: clauses.some(provision => isSelective({ selector: readSelector(provision, reading).selector } as Clause)),
    filed: choice === undefined ? actors : [...new Set([...actors, ...filing(choice)])],
    choice: choice ?? null
  }
}

function filing ({ base, exceptions }: Choice): readonly string[] {
  return [base, ...exceptions].flatMap(clause => clause.actors ?? [EVERYONE])
}

/** The choice of a Consent; undefined when it says nothing. */
export function readChoice (consent: Consent, reading: Reading): Choice | undefined {
  const kinds = kindCodings(consent)
  const [first] = kinds
  const kind: ConsentKind | 'pcf' | undefined = first === undefined
    ? 'pcf'
    : kinds.length === 1 && first.code !== undefined && isConsentKind(first.code) ? first.code : undefined
  const { provision } = consent
  if (provision === undefined) return undefined
  const parts = [provision, ...provision.provision ?? []].map(part => readClause(part, kind, reading))
  const isReadable = kind !== undefined && consent.modifierExtension === undefined && parts.every(part => part.isReadable) &&
    (kind === 'pcf' || provision.provision === undefined)
  const [base, ...exceptions] = isReadable ? parts : parts.filter(({ clause }) => clause.effect === 'deny')
  if (base === undefined) return undefined
  return {
    consent: consent.id ?? '',
    kind: kind === undefined || !isReadable ? (kind === 'blocage' ? kind : 'pcf') : kind,
    acknowledged: reading.acknowledged,
    period: boundsOf(provision.period, kind, reading.acknowledged),
    // The root period bounds the whole Consent already.
    base: isReadable ? { ...base.clause, period: ALWAYS } : base.clause,
    exceptions: exceptions.map(({ clause }) => clause),
    ...reading.lifted === undefined ? {} : { lifted: reading.lifted }
  }
}

/** An `acces-ponctuel` lasts at most 24 hours from its start, which is the write where none is given. */
function boundsOf (period: Period | undefined, kind: ConsentKind | 'pcf' | undefined, acknowledged: number): Span {
  const span = period === undefined ? ALWAYS : spanOf(period)
  if (kind !== 'acces-ponctuel') return span
  const start = period?.start === undefined ? acknowledged : span.start
  return { start, end: Math.min(span.end, start + DAY) }
}

interface Read { readonly clause: Clause, readonly isReadable: boolean }

function readClause (provision: ConsentProvision, kind: ConsentKind | 'pcf' | undefined, reading: Reading): Read {
  const effect = provision.type === 'permit' ? 'permit' : 'deny'
  const hasActor = provision.actor !== undefined && kind !== undefined && (kind === 'pcf' || kindShapes[kind].actor !== 'none')
  const named = (provision.actor ?? []).map(({ reference }) => reading.keysOf(reference))
  const knowsActors = named.every(keys => keys.length > 0)
  const { selector, isReadable } = readSelector(provision, reading)
  const knowsPeriod = isReadablePeriod(provision.period)
  const knows = knowsActors && knowsPeriod && isReadable && provision.modifierExtension === undefined && provision.type !== undefined
  return {
    isReadable: knows,
    clause: {
      effect,
      purposes: knows ? purposesOf(provision, kind, effect) : ['*'],
      actors: hasActor && knowsActors ? [...new Set(named.flat())] : null,
      period: knowsPeriod && provision.period !== undefined ? spanOf(provision.period) : ALWAYS,
      selector
    }
  }
}

/** None given means TREAT only; the deny of a kind, which names none, holds in every mode. */
function purposesOf ({ purpose }: ConsentProvision, kind: ConsentKind | 'pcf' | undefined, effect: 'permit' | 'deny'): readonly string[] {
  if (purpose !== undefined) return purpose.map(({ system, code }) => system === ACT_REASON ? code ?? '' : `${system ?? ''}|${code ?? ''}`)
  return effect === 'deny' && kind !== 'pcf' ? ['*'] : ['TREAT']
}

function readSelector (provision: ConsentProvision, { keysOf }: Reading): { readonly selector: Selector, readonly isReadable: boolean } {
  const data = provision.data ?? []
  const referenced = (meaning: string) => data.filter(part => part.meaning === meaning).map(({ reference }) => reference)
  const literal = (meaning: string) => referenced(meaning).map(({ reference }) => reference)
  const authors = referenced('authoredby').map(keysOf)
  const period = provision.dataPeriod
  const instances = literal('instance')
  const related = literal('related')
  const isReadable = isReadablePeriod(period) && authors.every(keys => keys.length > 0) &&
    [...instances, ...related].every(reference => reference !== undefined) &&
    data.every(({ meaning }) => ['instance', 'related', 'authoredby'].includes(meaning)) && provision.action === undefined
  const selector: Selector = {
    ...listed('labels', coveringLabels(provision)),
    ...listed('classes', provision.class?.map(labelKey)),
    ...listed('codes', provision.code?.flatMap(concept => concept.coding ?? []).map(labelKey)),
    ...period === undefined || !isReadablePeriod(period) ? {} : { dataPeriod: spanOf(period) },
    ...listed('instances', defined(instances)),
    ...listed('related', defined(related)),
    ...authors.some(keys => keys.length === 0) ? {} : listed('authoredBy', authors.flat())
  }
  return { selector, isReadable }
}

/** In a deny `R` covers `V`; in a permit labels match exactly. */
function coveringLabels ({ securityLabel, type }: ConsentProvision): readonly string[] | undefined {
  const keys = securityLabel?.map(labelKey)
  return type !== 'permit' && keys?.includes(`${CONFIDENTIALITY}|R`) === true ? [...keys, `${CONFIDENTIALITY}|V`] : keys
}

function listed<Part extends keyof Selector> (part: Part, values: readonly string[] | undefined): { [K in Part]?: readonly string[] } {
  return (values === undefined || values.length === 0 ? {} : { [part]: values }) as { [K in Part]?: readonly string[] }
}

function defined<T> (values: readonly (T | undefined)[]): readonly T[] {
  return values.filter(value => value !== undefined)
}

function isReadablePeriod (period: Period | undefined): boolean {
  return [period?.start, period?.end].every(date => date === undefined || intervalOf(date) !== undefined)
}
