/** What a scenario is played with, by the names under which its requests know it: drawn from its seeds alone. */
import { familyOf } from '../../../src/consent/family.js'
import type { Registry } from '../../../src/search/parameter.js'
import { pick, randomOf } from '../../search/random.js'
import { DRAFTED, leastOf, richOf } from './draft.js'
import type { Draft, Place } from './draft.js'
import { marked } from './hides.js'
import type { CallerKind, Hide, Scenario } from './scenario.js'

export interface Stage {
  readonly registry: Registry
  /** What everybody with a ground may see, by its type, which is its name. */
  readonly seen: ReadonlyMap<string, { readonly rich: Draft, readonly least: Draft }>
  /** What is hidden, as the database with it has it and as the other, by its number. */
  readonly hidden: readonly HiddenDraft[]
}

export interface HiddenDraft { readonly hide: Hide, readonly name: string, readonly drafts: Readonly<Record<'without' | 'with', readonly Draft[]>> }

type FaultsOf = (draft: Draft) => readonly string[]

/** Who writes what is seen of a type. */
export function writerOf (type: string): 'operator' | 'author' | 'holder' | undefined {
  if (['Patient', 'Binary', 'AuditEvent', 'Schedule', 'Slot'].includes(type)) return undefined
  if (familyOf(type) === 'directory') return 'operator'
  return ['CareTeam', 'RelatedPerson', 'Consent'].includes(type) ? 'holder' : 'author'
}

export function stageOf ({ caller, seed, hides }: Pick<Scenario, 'caller' | 'seed' | 'hides'>, registry: Registry, faultsOf: FaultsOf): Stage {
  const place: Place = { patient: '{Patient}', document: '{DocumentReference}', author: '{author}' }
  const types = registry.types.filter(type => DRAFTED.includes(type) && writerOf(type) !== undefined)
  return {
    registry,
    seen: new Map(types.map((type, index) => [type, {
      rich: shown(richOf(type, place, randomOf(seed + index), faultsOf)),
      least: shown(leastOf(type, place, randomOf(seed + index)))
    }])),
    hidden: hides.map(hide => ({ hide, name: hide.name, drafts: hiddenDrafts(caller, hide, faultsOf) }))
  }
}

/** Who takes part in messages and appointments that are seen; a medication, with what uses it. */
function shown (draft: Draft): Draft {
  const gp = { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '{gp}' } }
  switch (draft.resourceType) {
    case 'Communication': return { ...draft, recipient: [{ reference: 'Patient/{Patient}' }, gp] }
    case 'Appointment': return { ...draft, participant: [...draft['participant'] as readonly object[], { actor: gp, status: 'accepted' }] }
    case 'MedicationStatement': {
      const { medicationCodeableConcept, ...rest } = draft
      return { ...rest, resourceType: draft.resourceType, medicationReference: { reference: 'Medication/{Medication}' } }
    }
    default: return draft
  }
}

/** What is hidden, in both databases: rich first, then the least of it. */
function hiddenDrafts (caller: CallerKind, hide: Hide, faultsOf: FaultsOf): HiddenDraft['drafts'] {
  const { type, how, way, seed } = hide
  const isElsewhere = way === 'elsewhere'
  const place: Place = { patient: isElsewhere ? '{elsewhere}' : '{Patient}', document: `{${hide.name}.document}`, author: way === 'denied' ? '{refused}' : '{hospital}' }
  const draftsOf = (seed: number): readonly Draft[] => {
    const whole = [richOf(type, place, randomOf(seed), faultsOf), leastOf(type, place, randomOf(seed))]
    const linked = whole.map(draft => linkedOf(draft, seed, !isElsewhere && way !== 'denied' && caller !== 'structure'))
    const typed = way === 'matrix' ? linked.map(draft => ({ ...draft, type: { coding: [{ system: 'urn:x', code: 'x' }] } })) : linked
    return way === 'label' || (way === 'nobody' && seed % 2 === 0 && type !== 'Consent') ? typed.map(draft => marked(draft, caller)) : typed
  }
  const given = draftsOf(seed)
  return { with: given, without: how === 'changed' ? draftsOf(seed + 1) : given }
}

/** With references to what is seen, where its writer may make them. */
function linkedOf (draft: Draft, seed: number, mayLink: boolean): Draft {
  const random = randomOf(seed + 7)
  if (!mayLink || random() < 0.3) return draft
  const encounter = { encounter: { reference: 'Encounter/{Encounter}' } }
  switch (draft.resourceType) {
    case 'DocumentReference': return { ...draft, relatesTo: [{ code: pick(random, ['appends', 'transforms']), target: { reference: 'DocumentReference/{DocumentReference}' } }] }
    case 'List': return { ...draft, ...encounter, entry: [...draft['entry'] as readonly object[], { item: { reference: 'DocumentReference/{DocumentReference}' } }, { item: { reference: 'Observation/{Observation}' } }] }
    case 'Provenance': return { ...draft, target: [...draft['target'] as readonly object[], { reference: 'Observation/{Observation}' }] }
    case 'Observation': return { ...draft, ...encounter, derivedFrom: [{ reference: 'DocumentReference/{DocumentReference}' }], hasMember: [{ reference: 'Observation/{Observation}' }] }
    case 'Condition': case 'Procedure': case 'MedicationRequest': case 'QuestionnaireResponse': case 'Immunization': return { ...draft, ...encounter }
    case 'Encounter': return { ...draft, partOf: { reference: 'Encounter/{Encounter}' }, diagnosis: [{ condition: { reference: 'Condition/{Condition}' } }] }
    case 'MedicationStatement': return { ...draft, basedOn: [{ reference: 'MedicationRequest/{MedicationRequest}' }] }
    case 'Communication': case 'Appointment': return draft
    default: return draft
  }
}

/** Both versions of all that one writer writes, by name. */
export function seenDrafts ({ seen }: Stage, writer: string): Readonly<Record<'rich' | 'least', readonly (readonly [string, Draft])[]>> {
  const list = [...seen].filter(([type]) => writerOf(type) === writer)
  return { rich: list.map(([type, { rich }]) => [type, rich] as const), least: list.map(([type, { least }]) => [type, least] as const) }
}
