import type { ConsentProvision, Reference } from '@medplum/fhirtypes'
import { ACT_REASON, APPLICATION, CONFIDENTIALITY, PARTICIPATION, RESOURCE_TYPE, isWithin, keysOf, resolve, spanOfPeriod, withWholes } from '../scenario.js'
import type { Party } from '../scenario.js'
import { PURPOSES, kindsOf } from './kind.js'
import { isKnownLabel, isSame, labelsOf, textOf } from './label.js'
import { isCare, keysOfCaller, named } from './party.js'
import { meet } from './question.js'
import type { Ask } from './question.js'
import { codesOf, referredBy, timeOf, typesOf } from './resource.js'

// The selectors of a provision, each understood or not, matched or not.

export interface Selector {
  readonly isUnderstood: (asked: Ask, provision: ConsentProvision) => boolean
  readonly matches: (asked: Ask, provision: ConsentProvision, isDeny: boolean) => boolean
}

/** READING: several values of one selector are alternatives, as FHIR says of `class` and `code`. */
export const SELECTORS = {
  period: {
    isUnderstood: (_, { period }) => spanOfPeriod(period) !== undefined,
    matches: ({ now }, { period }) => isWithin(period, now)
  },
  actor: {
    isUnderstood: (asked, { actor = [] }) => actor.every(({ reference, role, modifierExtension }) => modifierExtension === undefined &&
      (role.coding ?? []).every(({ system, code }) => system === PARTICIPATION && code === 'IRCP') && // READING: no other role is known
      pointedAt(asked, reference) !== undefined),
    // READING: every deny on a structure covers its parts, as a block does.
    matches: (asked, { actor = [] }, isDeny) => actor.length === 0
      ? isCare(asked)
      : actor.some(({ reference }) => meet(pointedAt(asked, reference, isDeny)?.keys ?? [], isDeny ? withWholes(asked, keysOfCaller(asked)) : keysOfCaller(asked)))
  },
  purpose: {
    isUnderstood: (_, { purpose = [] }) => purpose.every(({ system, code = '' }) => system === ACT_REASON && PURPOSES.includes(code)),
    // READING: the deny of a `partage` that names no purpose holds in every mode.
    matches: ({ purpose: asked, choice }, { purpose }, isDeny) => asked === 'any' || (isDeny && purpose === undefined && kindsOf(choice.resource).includes('partage')) ||
      (purpose ?? [{ code: 'TREAT' }]).some(({ code }) => code === asked)
  },
  securityLabel: {
    isUnderstood: (_, { securityLabel = [] }) => securityLabel.every(isKnownLabel),
    matches: (asked, { securityLabel }, isDeny) => securityLabel?.some(label => labelsOf(asked).includes(textOf(label)) ||
      (isDeny && isSame(label, { system: CONFIDENTIALITY, code: 'R' }) && labelsOf(asked).includes(`${CONFIDENTIALITY}|V`))) ?? true
  },
  class: {
    isUnderstood: (asked, provision) => (provision.class ?? []).every(asked.options.knows),
    matches: ({ document: { resource } }, provision) => provision.class?.some(one => isSame(one, { system: RESOURCE_TYPE, code: resource.resourceType }) ||
      (resource.resourceType === 'List' ? [] : resource.category ?? []).some(({ coding = [] }) => coding.some(other => isSame(one, other)))) ?? true
  },
  code: {
    isUnderstood: (asked, { code = [] }) => code.every(({ coding = [] }) => coding.length > 0 && coding.every(asked.options.knows)),
    // READING: a permit means the resource's own code; a deny also the type as which the matrix judges it.
    matches: (asked, { code }, isDeny) => code?.some(({ coding = [] }) => coding.some(one =>
      [...codesOf(asked.document), ...isDeny ? typesOf(asked, asked.document) : []].some(other => isSame(one, other)))) ?? true
  },
  dataPeriod: {
    isUnderstood: (_, { dataPeriod }) => spanOfPeriod(dataPeriod) !== undefined,
    // READING: a permit needs the document's time wholly inside; a deny is met by any overlap, and by a time unknown.
    matches: (asked, { dataPeriod }, isDeny) => {
      const [from, to] = spanOfPeriod(dataPeriod) ?? [-Infinity, Infinity]
      const time = timeOf(asked.document)
      if (dataPeriod === undefined || time === undefined) return dataPeriod === undefined || isDeny
      return isDeny ? time[0] <= to && from <= time[1] : from <= time[0] && time[1] <= to
    }
  },
  data: {
    isUnderstood: (asked, { data = [] }) => data.every(({ meaning, reference, modifierExtension }) => modifierExtension === undefined &&
      ['instance', 'related', 'authoredby'].includes(meaning) && pointedAt(asked, reference) !== undefined),
    matches: (asked, { data }, isDeny) => data?.some(({ meaning, reference }) =>
      meaning === 'authoredby' ? isAuthoredBy(asked, reference, isDeny) : isAbout(asked, meaning, reference, isDeny)) ?? true
  }
} satisfies Record<string, Selector>

function pointedAt (asked: Ask, reference: Reference, isDeny = false): Party | undefined {
  return resolve(asked, reference, asked.choice.resource.contained, isDeny)
}

/** READING: `related` is the thing itself and the documents that refer to it. */
function isAbout ({ world, document }: Ask, meaning: string, { reference }: Reference, isDeny: boolean): boolean {
  const { resource, chain } = document
  const target = world.documents.find(({ resource: { resourceType, id } }) => reference === `${resourceType}/${id}`)
  if (target !== undefined && (target.resource.id === resource.id || (isDeny && target.chain === chain))) return true
  const others = referredBy(resource)
  return meaning === 'related' && others.some(other => other.reference === reference)
}

/** READING: named persons count as authors here whoever reads; a named structure other than the depositor's in a deny only. */
function isAuthoredBy (asked: Ask, reference: Reference, isDeny: boolean): boolean {
  const { world, document: { depositor } } = asked
  const others = named(asked).filter(({ type }) => type === 'person' || (isDeny && type === 'structure')).flatMap(({ keys }) => keys)
  const authors = depositor.kind === 'holder'
    ? [`Patient/${world.patientId}`]
    : [...keysOf(asked, depositor.person), ...keysOf(asked, depositor.structure), `${APPLICATION}|${depositor.client}`, ...others]
  return meet(isDeny ? withWholes(asked, authors) : authors, pointedAt(asked, reference, isDeny)?.keys ?? [])
}
