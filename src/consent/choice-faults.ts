import type { Consent, ConsentProvision, Period } from '@medplum/fhirtypes'
import { intervalOf } from '../filter/interval.js'
import type { Fault } from '../outcome/outcome-error.js'
import { isConsentKind, kindShapes } from '../terminology/kinds.js'
import type { KindShape } from '../terminology/kinds.js'
import { labelKey } from './label.js'
import { kindCodings } from './provision.js'

const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope|patient-privacy'
const HOUR = 3600 * 1000
/** Actors, data and exceptions of one choice: rules are compiled for each actor, and hold all of it. */
const MOST_NAMED = 100
/** Codes of its selectors: each query of whom it concerns holds them. */
const MOST_CODES = 1000

/** The faults of a Consent as a choice (`consent.md` 3), before its actors and data are looked up. */
export function choiceFaults (consent: Consent): readonly Fault[] {
  const faults: Fault[] = []
  const fault = (isFaulty: boolean, diagnostics: string, expression: string) => {
    if (isFaulty) faults.push({ diagnostics, expression })
  }
  const { provision } = consent
  const kinds = kindCodings(consent)
  const code = kinds[0]?.code
  fault(!(consent.scope.coding ?? []).some(coding => labelKey(coding) === SCOPE), 'The scope of a choice is patient-privacy', 'Consent.scope')
  fault(kinds.length > 1, 'A choice has one kind', 'Consent.category')
  fault(code !== undefined && !isConsentKind(code), 'This kind of choice is not known', 'Consent.category')
  fault(consent.modifierExtension !== undefined, 'A modifier extension would change what the choice means', 'Consent.modifierExtension')
  if (provision === undefined) return [...faults, { diagnostics: 'A choice has a provision', expression: 'Consent.provision', code: 'required' }]
  fault(provision.type === undefined, 'A provision permits or denies', 'Consent.provision.type')
  fault([provision, ...provision.provision ?? []].some(({ modifierExtension, action }) => modifierExtension !== undefined || action !== undefined),
    'The provision has a part that this server cannot enforce', 'Consent.provision')
  fault((provision.provision ?? []).some(({ provision: nested, type }) => nested !== undefined || type === undefined), 'A provision has one level of exceptions, each of which permits or denies', 'Consent.provision.provision')
  const clauses = [provision, ...provision.provision ?? []]
  fault(clauses.length + lengthOf(clauses, ['actor', 'data']) > MOST_NAMED, `A choice has at most ${MOST_NAMED} actors, data and exceptions: record several`, 'Consent.provision')
  fault(lengthOf(clauses, ['class', 'code', 'securityLabel', 'purpose']) > MOST_CODES, `A choice has at most ${MOST_CODES} codes: record several`, 'Consent.provision')
  if (code !== undefined && isConsentKind(code)) faults.push(...shapeFaults(consent, kindShapes[code]))
  return faults
}

function lengthOf (clauses: readonly ConsentProvision[], names: readonly ('actor' | 'data' | 'class' | 'code' | 'securityLabel' | 'purpose')[]): number {
  return clauses.flatMap(clause => names.map(name => clause[name]?.length ?? 0)).reduce((sum, length) => sum + length, 0)
}

function shapeFaults ({ provision = {} }: Consent, shape: KindShape): readonly Fault[] {
  const actors = provision.actor?.length ?? 0
  const given = [...provision.purpose ?? []].map(labelKey)
  const labels = [...provision.securityLabel ?? []].map(labelKey)
  const isSame = (wanted: readonly string[], values: readonly string[]) => wanted.length === new Set(values).size && wanted.every(value => values.includes(value))
  const isSelective = provision.securityLabel ?? provision.class ?? provision.code ?? provision.dataPeriod ?? provision.data
  const rules: readonly (readonly [boolean, string, string])[] = [
    [provision.type !== undefined && !shape.types.includes(provision.type), 'The provision of this kind of choice has another type', 'type'],
    [shape.actor === 'one' && actors !== 1, 'This kind of choice names one actor', 'actor'],
    [shape.actor === 'none' && actors > 0, 'This kind of choice names no actor', 'actor'],
    [shape.purposes.length > 0 && !isSame(shape.purposes, given), 'This kind of choice has its own purposes', 'purpose'],
    [shape.labels.length > 0 && !isSame(shape.labels, labels), 'This kind of choice has its own label', 'securityLabel'],
    [shape.needsSelector && isSelective === undefined, 'This kind of choice says which data it is about', 'data'],
    [!shape.needsSelector && shape.labels.length === 0 && isSelective !== undefined, 'This kind of choice is about the whole record', 'data'],
    [provision.provision !== undefined, 'This kind of choice has no exceptions', 'provision'],
    [!hasPeriod(provision.period, shape), 'This kind of choice has a period, which is as short as the kind asks', 'period']
  ]
  return rules.flatMap(([isBroken, diagnostics, part]) => isBroken ? [{ diagnostics, expression: `Consent.provision.${part}` }] : [])
}

function hasPeriod (period: Period | undefined, { needsPeriod, maxHours }: KindShape): boolean {
  if (!needsPeriod) return true
  const start = intervalOf(period?.start ?? '')?.lo
  const end = intervalOf(period?.end ?? '')?.lo
  if (maxHours === undefined) return period?.start !== undefined || period?.end !== undefined
  return start !== undefined && end !== undefined && end - start <= maxHours * HOUR
}
