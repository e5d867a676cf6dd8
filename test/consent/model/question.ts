import type { Coding } from '@medplum/fhirtypes'
import type { Caller, Code, World, WorldConsent, WorldDocument } from '../scenario.js'

/** What the model is asked: about one caller and one document, observation or list of one world, at one instant. */
export interface Question { readonly world: World, readonly caller: Caller, readonly document: WorldDocument, readonly now: number, readonly options: Options }

export type Purpose = 'TREAT' | 'BTG' | 'ETREAT' | 'any'
export const purposeOf = ({ caller }: Question): Purpose => ({ normal: 'TREAT', bris_de_glace: 'BTG', centre_15: 'ETREAT' } as const)[caller.mode]
/** One choice, asked about one question. */
export interface Ask extends Question { readonly choice: WorldConsent, readonly purpose: Purpose }

export interface Options {
  /** Whether the profession may read every one of these document types. */
  readonly matrix: (profession: Code, types: readonly Coding[]) => boolean
  /** Whether the terminology has this code: asked of `class` and `code` selectors. */
  readonly knows: (coding: Coding) => boolean
  /** The document types as which a resource that is no document is judged. */
  readonly judgedAs: (resourceType: string) => readonly Coding[]
  /** Sectors of insurers' and occupational doctors. */
  readonly outsideCare: ReadonlySet<string>
}

export interface Verdict {
  readonly permit: boolean
  readonly rule: number
  /** On a deleted document: whether the caller is told 410. */
  readonly gone?: boolean
}

export const meet = (some: readonly string[], others: readonly string[]): boolean => some.some(key => others.includes(key))
