import { OutcomeError } from '../outcome/outcome-error.js'
import { ID_NAT_PS, ID_NAT_ST, identityKey, insKey } from './identity.js'
import { parseScopes } from './scope.js'
import type { Scope } from './scope.js'

/** The modes of access of TRE_R248. */
export type Mode = 'normal' | 'bris_de_glace' | 'centre_15'
export type ActorKind = 'holder' | 'representative' | 'professional' | 'structure' | 'application' | 'operator'

/**
 * Who calls, as the token says it once and for all. Frozen: nothing in a request changes it.
 * Keys are those of `identity.ts`; `ins` is `system|value`; `profession` and `sector` are `system|code` and a code.
 */
export interface Principal {
  readonly kind: ActorKind
  /** A stable key of this caller in this role: page links are bound to it, traces name it. */
  readonly subject: string
  readonly scopes: readonly Scope[]
  readonly ins?: string
  readonly representative?: string
  readonly person?: string
  readonly profession?: string
  readonly structure?: string
  readonly sector?: string
  readonly client?: string
  readonly mode: Mode
  readonly reason?: string
  readonly isSecret: boolean
  /** The operator's subject, where they migrate what a structure kept: `interaction/migration.ts`. No token says this. */
  readonly migrator?: string
  readonly expires: number
}

/** How claims are read: systems by OID, professions that may declare an emergency. */
export interface ClaimVocabulary {
  /** The canonical URL of a code system by its OID. */
  readonly systemOf: (oid: string) => string | undefined
  readonly mayDeclareEmergency: (profession: string) => boolean
}

const EMERGENCY_SECONDS = 3600
const SKEW_SECONDS = 60

/**
 * Reads verified claims (names of `src/security/README.md`).
 * @param now the instant of the request, ms
 * @param claims the payload of a token whose signature, issuer, audience and times were checked
 * @returns the frozen principal
 * @throws OutcomeError `unauthenticated` for claims that name nobody; `emergency-refused` for an incomplete emergency
 */
export function toPrincipal (claims: Readonly<Record<string, unknown>>, vocabulary: ClaimVocabulary, now: number): Principal {
  const kind = claims['actor']
  const read = typeof kind === 'string' && Object.hasOwn(readers, kind) ? readers[kind as ActorKind] : undefined
  if (read === undefined) throw refused('actor')
  const principal: Principal = Object.freeze({
    kind: kind as ActorKind,
    scopes: parseScopes(text(claims, 'scope') ?? ''),
    mode: 'normal',
    isSecret: claims['Connexion_Secrete'] === true,
    expires: Number(claims['exp']) * 1000,
    ...read(claims, vocabulary)
  })
  checkEmergency(principal, claims, vocabulary, now)
  return principal
}

type Reader = (claims: Readonly<Record<string, unknown>>, vocabulary: ClaimVocabulary) => Partial<Principal> & { subject: string }

const readers: Readonly<Record<ActorKind, Reader>> = {
  holder: claims => {
    const ins = insClaim(claims)
    return { ins, subject: `holder:${ins}` }
  },
  representative: claims => {
    const ins = insClaim(claims)
    const representative = needed(claims, 'representative_id')
    return { ins, representative, subject: `representative:${representative}:${ins}` }
  },
  professional: (claims, vocabulary) => {
    const person = identityKey({ system: ID_NAT_PS, value: needed(claims, 'SubjectNameID') })
    const structure = structureClaim(claims)
    const profession = professionClaim(claims, vocabulary)
    const mode = claims['Mode_Acces'] ?? 'normal'
    if (mode !== 'normal' && mode !== 'bris_de_glace' && mode !== 'centre_15') throw refused('Mode_Acces')
    const ins = mode === 'normal' && claims['Connexion_Secrete'] !== true ? undefined : optionalIns(claims)
    return {
      ...given({ person, profession, structure, sector: sectorClaim(claims), ins, reason: text(claims, 'Mode_Acces_Raison') }),
      mode,
      subject: `${person ?? ''}@${structure ?? ''}#${profession ?? ''}#${mode}#${ins ?? ''}`
    }
  },
  structure: claims => {
    const structure = structureClaim(claims)
    if (structure === undefined) throw refused('SubjectOrganizationID')
    return { structure, ...given({ sector: sectorClaim(claims) }), subject: structure }
  },
  application: claims => {
    const ins = insClaim(claims)
    const client = `client:${needed(claims, 'client_id')}`
    return { client, ins, subject: `${client}:${ins}` }
  },
  operator: claims => ({ subject: `operator:${text(claims, 'sub') ?? ''}` })
}

function checkEmergency (principal: Principal, claims: Readonly<Record<string, unknown>>, vocabulary: ClaimVocabulary, now: number): void {
  if (principal.mode === 'normal') return
  const life = Number(claims['exp']) - Number(claims['iat'] ?? claims['nbf'] ?? 0)
  const missing = [
    [principal.ins === undefined, 'ins: the patient of the emergency'],
    [principal.profession === undefined || !vocabulary.mayDeclareEmergency(principal.profession), 'SubjectRole: a health profession'],
    [!(life <= EMERGENCY_SECONDS) || principal.expires > now + (EMERGENCY_SECONDS + SKEW_SECONDS) * 1000, 'exp: at most one hour after iat'],
    [principal.mode === 'bris_de_glace' && principal.reason === undefined, 'Mode_Acces_Raison: the reason'],
    [principal.mode === 'centre_15' && claims['Acces_Regulation_Medicale'] !== 'VRAI', 'Acces_Regulation_Medicale: VRAI']
  ].flatMap(([isMissing, claim]) => isMissing === true ? [{ diagnostics: `The token of an emergency needs ${String(claim)}` }] : [])
  if (missing.length > 0) throw new EmergencyRefused(principal, missing)
}

/** A refused emergency, with the principal that declared it: the trace of it names them and the holder. */
export class EmergencyRefused extends OutcomeError {
  readonly principal: Principal

  constructor (principal: Principal, faults: readonly { readonly diagnostics: string }[]) {
    super('emergency-refused', faults)
    this.principal = principal
  }
}

function refused (claim: string): OutcomeError {
  return new OutcomeError('unauthenticated', { diagnostics: `The token does not say who calls: claim \`${claim}\`` })
}

function text (claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = claims[name]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function needed (claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = text(claims, name)
  if (value === undefined) throw refused(name)
  return value
}

function optionalIns (claims: Readonly<Record<string, unknown>>): string | undefined {
  const [system, value] = (text(claims, 'ins') ?? '').split('|')
  return insKey({ system, value })
}

function insClaim (claims: Readonly<Record<string, unknown>>): string {
  const ins = optionalIns(claims)
  if (ins === undefined) throw refused('ins')
  return ins
}

function structureClaim (claims: Readonly<Record<string, unknown>>): string | undefined {
  return identityKey({ system: ID_NAT_ST, value: text(claims, 'SubjectOrganizationID') })
}

/** `SA07^1.2.250.1.71.4.2.4` → `SA07`. */
function sectorClaim (claims: Readonly<Record<string, unknown>>): string | undefined {
  return text(claims, 'Secteur_Activite')?.split('^')[0]?.trim().toUpperCase()
}

/** The claims that a token holds, without the others. */
function given<T extends object> (claims: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** `10^1.2.250.1.71.1.2.7` → `system|10`; only the first role counts, the profession. */
function professionClaim (claims: Readonly<Record<string, unknown>>, vocabulary: ClaimVocabulary): string | undefined {
  const roles = claims['SubjectRole']
  const [first] = Array.isArray(roles) ? roles : [roles]
  if (typeof first !== 'string') return undefined
  const [code, oid] = first.split('^')
  const system = oid === undefined ? undefined : vocabulary.systemOf(oid)
  return system === undefined || code === undefined || code === '' ? undefined : `${system}|${code}`
}
