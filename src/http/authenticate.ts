import { hash } from 'node:crypto'
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { LRUCache } from 'lru-cache'
import { OutcomeError } from '../outcome/outcome-error.js'
import { toPrincipal } from '../security/principal.js'
import type { ClaimVocabulary, Principal } from '../security/principal.js'

/** Whose tokens are taken. */
export interface Trust {
  readonly issuer: string
  readonly audience: string
  readonly keys: JWTVerifyGetKey
}

export const LOCAL_ISSUER = 'urn:espace-sante-fhir:local-issuer'
export const LOCAL_AUDIENCE = 'urn:espace-sante-fhir'

export function localTrust (jwks: JSONWebKeySet): Trust {
  return { issuer: LOCAL_ISSUER, audience: LOCAL_AUDIENCE, keys: createLocalJWKSet(jwks) }
}

export function remoteTrust ({ url, jwks, audience }: { readonly url: string, readonly jwks: string, readonly audience: string }): Trust {
  return { issuer: url, audience, keys: createRemoteJWKSet(new URL(jwks), { cooldownDuration: 30_000 }) }
}

/** Signatures only; a symmetric algorithm would let our public key sign. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'RS384', 'PS256', 'EdDSA']
const SKEW_SECONDS = 60
const TOKENS_IN_MEMORY = 10_000

/**
 * Reads `Authorization` into a principal. A verified token is remembered by its digest until it expires: the same bytes
 * say the same for ever, so nothing that can change is cached.
 * @throws OutcomeError `unauthenticated`, the same for every fault of a token
 */
export function createAuthenticate (trust: Trust, vocabulary: ClaimVocabulary): (header: string | undefined, now: number) => Promise<Principal> {
  const known = new LRUCache<string, Principal>({ max: TOKENS_IN_MEMORY })
  return async (header, now) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? '')?.[1]
    if (token === undefined) throw unauthenticated()
    const digest = hash('sha256', token, 'base64')
    const remembered = known.get(digest)
    if (remembered !== undefined && now < remembered.expires) return remembered
    const claims = await verify(token, trust)
    const principal = toPrincipal(claims, vocabulary, now)
    known.set(digest, principal)
    return principal
  }
}

async function verify (token: string, { issuer, audience, keys }: Trust): Promise<Readonly<Record<string, unknown>>> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer, audience, algorithms: ALGORITHMS, clockTolerance: SKEW_SECONDS, requiredClaims: ['exp', 'iat']
    })
    return payload
  } catch (error) {
    throw unauthenticated(error)
  }
}

function unauthenticated (cause?: unknown): OutcomeError {
  const headers = { 'www-authenticate': cause === undefined ? 'Bearer' : 'Bearer error="invalid_token"' }
  return new OutcomeError('unauthenticated', [], { cause, headers })
}
