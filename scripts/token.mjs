import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { parseArgs } from 'node:util'
import { issuerKey } from './issuer-key.mjs'
import { claimsOf, Usage, USAGE } from './token-claims.mjs'

// npm run -s token -- --as KIND …: prints one bearer token signed with the local development key, and nothing else.
// A server trusts that key only when it runs with the local issuer.

const HOUR = 3600
const EMERGENCY_LIFETIME = HOUR
const LIFETIME = 8 * HOUR

try {
  if (process.env.ISSUER) {
    throw new Usage('ISSUER is set: a server with that issuer does not trust the local development key, so a token ' +
      'signed with it would be refused. Ask that issuer for one, or unset ISSUER.')
  }
  const given = options(process.argv.slice(2))
  console.log(given.help ? USAGE : token(given))
} catch (error) {
  console.error(error instanceof Usage ? `${error.message}\n\n${USAGE}` : error.message)
  process.exitCode = 2
}

function token (given) {
  const claims = claimsOf(given, warning => console.error(`Warning: ${warning}`))
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
  return `${signed}.${signature.toString('base64url')}`
}

function options (parameters) {
  const text = { type: 'string' }
  const names = ['as', 'ins', 'id', 'profession', 'structure', 'sector', 'mode', 'reason', 'client', 'scope', 'expires']
  try {
    return parseArgs({
      args: parameters,
      options: { ...Object.fromEntries(names.map(name => [name, text])), secret: { type: 'boolean' }, help: { type: 'boolean' } }
    }).values
  } catch (error) {
    throw new Usage(error.message)
  }
}

function seconds (given) {
  if (!/^-?\d+$/.test(given)) throw new Usage('--expires wants a number of seconds')
  return Number(given)
}
