/**
 * What a resource claims to be (`meta.profile`), and whether it is: of the profiles that are known here; a claim of any
 * other is let through. So it is for the resources inside it.
 */
import { createConditions, maxConditions } from './condition.js'
import { createHolder, typeNameOf } from './holder.js'
import type { Holder } from './holder.js'
import type { Json } from './invariant.js'
import { membersOf } from './member.js'
import { compileProfile } from './profile.js'
import type { Ask, Trial } from './profile.js'
import type { Found } from './pattern.js'
import type { Profile } from './profile-tree.js'
import { maxFaults } from './scope.js'
import type { Lexicon } from './slice.js'
import type { AskedProfiles } from './validate.js'
import type { Fault } from '../outcome/outcome-error.js'

export interface Claims {
  /** Whether a profile, with or without a version, is known here. */
  readonly knows: (canonical: string) => boolean
  /** The faults of a resource against the profiles that it and those inside it claim, and against others that are asked for. */
  readonly faultsOf: (resource: unknown, profiles?: AskedProfiles) => readonly Fault[]
}

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/**
 * @param types the names of R4's types
 * @throws Error at start for a profile that cannot be asked, or that is based on itself
 */
export function createClaims (profiles: readonly Profile[], tokensOf: (valueSet: string) => readonly string[] | undefined, types: ReadonlySet<string>): Claims {
  const members: Lexicon['members'] = valueSet => {
    const tokens = tokensOf(valueSet.split('|')[0] ?? '')
    return tokens === undefined ? undefined : membersOf(tokens)
  }
  const holds = createConditions()
  const holderOf = (resource: unknown) => createHolder(resource, name => types.has(name))
  const known = new Map(profiles.map(profile => [profile.url, profile]))
  const asks = new Map<string, Ask>()
  const typeOf = (url: string) => known.get(url)?.type ?? url.slice(url.lastIndexOf('/') + 1)
  for (const { url } of profiles) compile(url, [])

  function compile (url: string, above: readonly string[]): Ask | undefined {
    if (above.includes(url)) throw new Error(`${url} is based on itself`)
    const profile = known.get(url)
    if (profile === undefined) return undefined
    const base = compile(profile.baseDefinition ?? '', [...above, url])
    const ask = asks.get(url) ?? compileProfile(profile, { members, typeOf }, other => other === profile.baseDefinition ? base : asks.get(other))
    asks.set(url, ask)
    return ask
  }

  function knows (canonical: string): boolean {
    const url = bare(canonical)
    return asks.has(url) || (url.startsWith(R4) && types.has(url.slice(R4.length)))
  }

  function faultsOf (resource: unknown, { asked = [], kept = [] }: AskedProfiles = {}): readonly Fault[] {
    const faults: Fault[] = []
    const place = typeNameOf(resource)
    let conditions = 0
    for (const { found, holder, urls, isAsked } of wholesOf({ value: resource, place }, holderOf(resource), { asked, kept }, holderOf)) {
      if (faults.length >= maxFaults) break
      const { value } = found
      const trial: Trial = {
        holder,
        isFull: () => faults.length >= maxFaults,
        fault: (expression, code, diagnostics) => { if (faults.length < maxFaults) faults.push({ diagnostics, expression, code }) },
        ask: (condition, { value: part, place }, diagnostics) => {
          conditions += 1
          if (conditions > maxConditions || holds(condition, part, value)) return
          trial.fault(place, 'invariant', diagnostics)
        }
      }
      for (const url of urls) {
        if (isAsked || known.has(url)) checkType(url, found, trial)
        if (typeOf(url) === typeNameOf(value)) asks.get(url)?.(found, trial)
      }
    }
    if (conditions > maxConditions) faults.unshift({ diagnostics: 'The resource has too many parts of which a profile asks something', expression: place, code: 'too-costly' })
    return faults.slice(0, maxFaults)
  }

  function checkType (url: string, { value, place }: Found, { fault }: Trial): void {
    if (typeOf(url) !== typeNameOf(value)) fault(place, 'structure', 'The profile is one of another type')
  }

  return { knows, faultsOf }
}

interface Whole { readonly found: Found, readonly holder: Holder, readonly urls: readonly string[], readonly isAsked: boolean }

/** A resource and those inside it, with what each claims. @param holder of what contains it, or of itself */
function wholesOf (found: Found, holder: Holder, { asked = [], kept = [] }: AskedProfiles, holderOf: (resource: unknown) => Holder): readonly Whole[] {
  const { meta, contained, entry, parameter } = found.value as { readonly [name in 'meta' | 'contained' | 'entry' | 'parameter']?: unknown }
  const inside = [
    ...listed(contained).map((value, index) => ({ value, place: `${found.place}.contained[${index}]`, isContained: true })),
    ...listed(entry).map((value, index) => ({ value: (value as Json)['resource'], place: `${found.place}.entry[${index}].resource`, isContained: false })),
    ...listed(parameter).map((value, index) => ({ value: (value as Json)['resource'], place: `${found.place}.parameter[${index}].resource`, isContained: false }))
  ].filter(({ value }) => typeNameOf(value) !== '')
  const past = new Set([...bared(asked), ...bared(kept)])
  return [
    { found, holder, urls: bared(asked), isAsked: true },
    { found, holder, urls: [...new Set(bared(((meta ?? {}) as Json)['profile']))].filter(url => !past.has(url)), isAsked: false },
    ...inside.flatMap(({ value, place, isContained }) => wholesOf({ value, place }, isContained ? holder : holderOf(value), { kept }, holderOf))
  ].filter(({ urls }) => urls.length > 0)
}

function listed (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(each => typeof each === 'object' && each !== null) : []
}

/** The canonicals of a list, without their versions; an item that has an extension alone is null. */
function bared (canonicals: unknown): readonly string[] {
  return Array.isArray(canonicals) ? (canonicals as readonly unknown[]).filter(each => typeof each === 'string').map(bare) : []
}

function bare (canonical: string): string {
  return canonical.split('|')[0] ?? ''
}
