/** What requests are drawn with: chances, and the names of what is there, hidden or not. */
import type { Parameter } from '../../../src/search/parameter.js'
import { pick } from '../../search/random.js'
import type { Random } from '../../search/random.js'
import { leastOf } from './draft.js'
import type { Draft } from './draft.js'
import type { CallerKind } from './scenario.js'
import type { Stage } from './stage.js'

export interface Drawing {
  readonly random: Random
  readonly stage: Stage
  readonly caller: CallerKind
  readonly one: <T>(list: readonly T[]) => T
  readonly chance: (odds: number) => boolean
}

export function drawingOf (random: Random, stage: Stage, caller: CallerKind): Drawing {
  return { random, stage, caller, one: list => pick(random, list), chance: odds => random() < odds }
}

export const name = (of: string): string => `{${of}}`
export const versionOf = (of: string): string => `{${of}.version}`

/** The names of what is hidden of a type; of any type without. */
export function hiddenNames ({ hidden }: Stage, type?: string): readonly string[] {
  return hidden.flatMap(({ name, hide }) => {
    const within = ['List', 'Provenance'].includes(hide.type) ? [`${name}.document`] : []
    switch (type) {
      case undefined: return [name]
      case 'Binary': return hide.type === 'DocumentReference' ? [`${name}.Binary`] : []
      case 'DocumentReference': return [...hide.type === type ? [name] : [], ...within]
      default: return hide.type === type ? [name] : []
    }
  })
}

/** The name of a resource of a type: one that is seen, hidden, made in this scenario, or that never was. */
export function target (drawing: Drawing, type: string): string {
  const { stage, one, chance } = drawing
  const hidden = hiddenNames(stage, type)
  if (hidden.length > 0 && chance(0.5)) return one(hidden)
  if (type === 'Patient') return one(['Patient', 'Patient', 'elsewhere', 'nothing'])
  if (type === 'DocumentReference' && chance(0.15)) return one(stage.hidden.map(({ name }) => `${name}.referrer`).concat('nothing'))
  if (chance(0.1)) return 'nothing'
  return chance(0.15) ? `made.${type}` : type
}

/** `Type/{name}` of something that a reference parameter may point to. */
export function referenceTo (drawing: Drawing, { targets }: Pick<Parameter, 'targets'>): string {
  const { stage, one, chance } = drawing
  const types = (targets.length === 0 ? stage.registry.types : targets).filter(type => stage.registry.types.includes(type))
  const hidden = stage.hidden.filter(({ hide }) => types.includes(hide.type))
  if (hidden.length > 0 && chance(0.5)) {
    const { name, hide } = one(hidden)
    return `${hide.type}/{${name}}`
  }
  if (types.length === 0) return 'Patient/{Patient}'
  const type = one(types)
  return `${type}/{${target(drawing, type)}}`
}

/** What is written by the caller of a type: in this record mostly, sometimes about what is hidden. */
export function ownDraft (drawing: Drawing, type: string): Draft {
  const { random, one, chance } = drawing
  const patient = one(['{Patient}', '{Patient}', '{Patient}', '{elsewhere}', '{nothing}'])
  const draft = leastOf(type, { patient, document: name(target(drawing, 'DocumentReference')), author: '{self}' }, random)
  const self = selfOf(drawing)
  switch (type) {
    case 'Communication': return { ...draft, sender: self, ...chance(0.6) ? { recipient: [{ reference: 'Patient/{Patient}' }] } : {} }
    case 'Appointment': return { ...draft, participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }, { actor: self, status: 'accepted' }] }
    case 'Observation': { const { performer, ...rest } = draft; return rest as Draft }
    case 'Patient': return { ...draft, identifier: [{ use: 'official', system: 'urn:oid:1.2.250.1.213.1.4.10', value: one(['{ins}', '199999999999999']) }], name: [{ family: 'PETIT' }] }
    default: return draft
  }
}

function selfOf ({ caller }: Drawing): object {
  switch (caller) {
    case 'holder': case 'representative': return { reference: 'Patient/{Patient}' }
    case 'structure': return { type: 'Organization', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.2', value: '{lab}' } }
    default: return { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '{gp}' } }
  }
}

/** A value of a query; names in it stay. */
export function encoded (text: string): string {
  return encodeURIComponent(text).replace(/%7B(\w+(?:\.\w+)*)%7D/g, '{$1}')
}
