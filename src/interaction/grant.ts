import { open, seal } from '../crypto/seal.js'
import type { Keyring } from '../crypto/keyring.js'
import type { Principal } from '../security/principal.js'

/**
 * In whose name a Subscription asks, and what: kept sealed among its facts, so that nothing but those is read when
 * something changes. It gives no right: the principal is judged anew whenever it asks.
 */
export interface Grant {
  readonly principal: Principal
  readonly criteria: string
}

type Common = Pick<Keyring, 'common'>

const place = (id: string) => `grant|Subscription/${id}`

export function sealGrant ({ common }: Common, id: string, grant: Grant): string {
  return seal(common, place(id), Buffer.from(JSON.stringify(grant))).toString('base64')
}

/** @throws Error where it was not sealed here, for this Subscription */
export function openGrant ({ common }: Common, id: string, sealed: string): Grant {
  const { principal, criteria } = JSON.parse(open(common, place(id), Buffer.from(sealed, 'base64')).toString('utf8')) as Grant
  return { principal: Object.freeze({ ...principal, scopes: Object.freeze([...principal.scopes]) }), criteria }
}
