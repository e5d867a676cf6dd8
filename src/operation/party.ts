/**
 * Somebody else's sight, for those who may know of the choices: principals as their tokens would make them, of whom the
 * engine is asked as it is in any request of theirs. What their token would say and nobody told is taken for granted:
 * every scope, a sector of care, a structure that nobody named.
 */
import { randomUUID } from 'node:crypto'
import { PURPOSE } from '../consent/situation.js'
import type { Context } from '../interaction/context.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { ActorKind, Mode, Principal } from '../security/principal.js'
import { codingIn, invalid, referenceIn, textIn } from './input.js'
import type { Given } from './input.js'
import { identityOf, known, namedBy } from './named.js'
import type { Named, Place } from './named.js'

/** Somebody as whom the engine is asked; of several principals where it is not known which of them they would be. */
export interface Party {
  readonly kind: ActorKind
  /** Undefined for whoever nobody named. */
  readonly named?: Named
  readonly mode: Mode
  /** Of a professional, as far as they are known. */
  readonly profession?: string | undefined
  readonly structure?: string | undefined
  readonly principals: readonly Principal[]
}

/** Their parameters, as `readInput` takes them. */
export const PARTY_PARAMETERS = ['actor', 'structure', 'profession', 'purpose'] as const

const MODES = Object.keys(PURPOSE) as readonly Mode[]
const EVERY_SCOPE = Object.freeze([Object.freeze({ type: '*', permissions: 'cruds' })])
/** Who is on no list and in no choice. */
const STRANGER = { person: `person:${randomUUID()}`, structure: `structure:${randomUUID()}`, client: `client:${randomUUID()}` }

/** What is asked of a person beside who they are. */
interface Circumstances { readonly mode: Mode, readonly profession?: string | undefined, readonly structure?: string | undefined }

function principal (kind: ActorKind, { sight }: Place, more: Partial<Principal>): Principal {
  const { ins } = sight.caller.principal
  return Object.freeze({ kind, subject: 'asked about', scopes: EVERY_SCOPE, mode: 'normal', isSecret: false, expires: 0, ...ins === undefined || kind === 'structure' || kind === 'operator' ? {} : { ins }, ...more })
}

/** Somebody who was named, each profession of the matrix where theirs is not known. */
export async function partyOf (context: Context, place: Place, named: Named, circumstances: Circumstances): Promise<Party> {
  switch (named.kind) {
    case 'structure': return { kind: 'structure', named, mode: 'normal', principals: [principal('structure', place, { structure: named.key })] }
    case 'application': return { kind: 'application', named, mode: 'normal', principals: [principal('application', place, { client: named.key })] }
    case 'representative': return { kind: 'representative', named, mode: 'normal', principals: [principal('representative', place, { representative: named.relative.id })] }
    case 'professional': {
      const person = await known(context, place, named)
      const { mode, profession = person.profession, structure = person.structure } = circumstances
      return { ...professional(context, place, { person: person.key, mode, profession, structure }), named }
    }
  }
}

function professional (context: Context, place: Place, { person, mode, profession, structure }: Circumstances & { readonly person: string }): Party {
  const { professions } = context.policy.matrixAt(place.sight.caller.now)
  const { ins, ...own } = principal('professional', place, { person, structure: structure ?? STRANGER.structure, mode, reason: 'asked about' })
  const where = mode === 'normal' || ins === undefined ? {} : { ins }
  return { kind: 'professional', mode, profession, structure, principals: (profession === undefined ? professions : [profession]).map(one => Object.freeze({ ...own, ...where, profession: one })) }
}

/** Whoever nobody named, each in their way of asking, and the professionals of the structures that are named. */
export function strangers (context: Context, place: Place, named: readonly Named[] = []): readonly Party[] {
  const one = (kind: ActorKind, more: Partial<Principal>): Party => ({ kind, mode: 'normal', principals: [principal(kind, place, more)] })
  return [
    ...named.flatMap(each => each.kind === 'structure' ? [stranger(context, place, 'normal', { structure: each.key })] : []),
    ...MODES.map(mode => stranger(context, place, mode)),
    one('professional', { person: STRANGER.person }),
    one('structure', { structure: STRANGER.structure }),
    one('application', { client: STRANGER.client }),
    one('operator', {})
  ]
}

function stranger (context: Context, place: Place, mode: Mode, more: Omit<Circumstances, 'mode'> = {}): Party {
  return professional(context, place, { ...more, person: STRANGER.person, mode })
}

/**
 * The one whom the parameters name; undefined where they name nobody.
 * @throws OutcomeError `invalid-parameter` for whom nobody knows, and for what does not go together
 */
export async function partyAsked (context: Context, place: Place, input: ReadonlyMap<string, Given>): Promise<Party | undefined> {
  const [actor, structure, profession, purpose] = PARTY_PARAMETERS.map(name => input.get(name))
  const circumstances = {
    mode: purpose === undefined ? 'normal' : modeIn(purpose),
    profession: profession === undefined ? undefined : professionIn(context, place, profession),
    structure: structure === undefined ? undefined : await structureIn(context, place, structure)
  } as const
  if (actor === undefined) {
    return [structure, profession, purpose].every(each => each === undefined) ? undefined : stranger(context, place, circumstances.mode, circumstances)
  }
  const [named, ...others] = await namedBy(context, place, referenceIn(actor))
  if (named === undefined) throw invalid(actor, 'Nobody is known here by this reference')
  if (others.length > 0) throw invalid(actor, 'This names several: name one of them')
  const beside = [structure, profession, purpose].find(each => each !== undefined)
  if (named.kind !== 'professional' && beside !== undefined) throw invalid(beside, 'Only a professional has a profession, a structure and a purpose')
  return await partyOf(context, place, named, circumstances)
}

function modeIn (given: Given): Mode {
  const code = textIn(given)
  const mode = MODES.find(each => PURPOSE[each] === code)
  if (mode === undefined) throw invalid(given, `The purpose is one of ${MODES.map(each => PURPOSE[each]).join(', ')}`)
  return mode
}

function professionIn ({ policy }: Context, { sight }: Place, given: Given): string {
  const profession = codingIn(given)
  if (!policy.matrixAt(sight.caller.now).professions.includes(profession)) throw invalid(given, 'The matrix does not know this profession, which therefore reads nothing: name it as system|code')
  return profession
}

async function structureIn (context: Context, place: Place, given: Given): Promise<string> {
  const [named] = await namedBy(context, place, referenceIn(given))
  if (named?.kind !== 'structure') throw invalid(given, 'No structure is known here by this reference')
  return named.key
}

/** The one principal of a party. @throws OutcomeError `invalid-parameter` where the profession is not known */
export function single ({ principals: [only, ...others] }: Party): Principal {
  if (only === undefined || others.length > 0) throw new OutcomeError('invalid-parameter', { diagnostics: 'The directory does not know the profession: name it', expression: 'profession', code: 'required' })
  return only
}

/** Who a party is, as it is told; nothing for whoever nobody named. */
export function whoIs ({ named }: Party) {
  if (named === undefined) return undefined
  return named.kind === 'representative' ? { version: named.relative } : { value: { valueReference: identityOf(named.key) } }
}
