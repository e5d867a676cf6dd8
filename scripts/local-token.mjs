import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { issuerKey } from './issuer-key.mjs'
import { claimsOf, Usage } from './token-claims.mjs'

const HOUR = 3600
const EMERGENCY_LIFETIME = HOUR
const LIFETIME = 8 * HOUR

/** The options of a token, for `parseArgs`. */
export const TOKEN_OPTIONS = {
  ...Object.fromEntries(['as', 'ins', 'id', 'profession', 'structure', 'sector', 'mode', 'reason', 'client', 'scope', 'expires'].map(name => [name, { type: 'string' }])),
  secret: { type: 'boolean' }
}

/** A server trusts the local development key only when it runs with the local issuer. */
export function needLocalIssuer () {
  if (process.env.ISSUER) {
    throw new Usage('ISSUER is set: a server with that issuer does not trust the local development key, so a token ' +
      'signed with it would be refused. Ask that issuer for one, or unset ISSUER.')
  }
}

/**
 * One bearer token, signed with the local development key.
 * @param {Record<string, string | boolean>} given the options that say who the bearer is
 * @param {(warning: string) => void} warn
 * @returns {{ token: string, expires: number }} and the second of the epoch in which it expires
 */
export function localToken (given, warn) {
  const claims = claimsOf(given, warn)
  const isEmergency = claims.Mode_Acces !== undefined && claims.Mode_Acces !== 'normal'
  const now = Math.floor(Date.now() / 1000)
  const lifetime = given.expires === undefined ? (isEmergency ? EMERGENCY_LIFETIME : LIFETIME) : seconds(given.expires)
  const key = issuerKey(process.env.DATA_DIR || '.data')
  const header = { alg: 'ES256', typ: 'JWT', kid: key.kid }
  const payload = {
    iss: 'urn:espace-sante-fhir:local-issuer',
    aud: 'urn:espace-sante-fhir',
    iat: now,
    nbf: now,
    exp: now + lifetime,
    jti: randomUUID(),
    ...claims
  }
  const signed = [header, payload].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(signed), {
    key: createPrivateKey({ key, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363'
  })
  return { token: `${signed}.${signature.toString('base64url')}`, expires: now + lifetime }
}

function seconds (given) {
  if (!/^-?\d+$/.test(given)) throw new Usage('--expires wants a number of seconds')
  return Number(given)
}
