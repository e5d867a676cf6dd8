import type { Item } from './item.js'
import type { Who } from './part.js'

/** Makes a bearer token: `scripts/local-token.mjs`. */
export type TokenOf = (who: Who) => Token | Promise<Token>
interface Token { readonly token: string, readonly expires: number }

export interface Tokens {
  readonly of: (item: Item) => Promise<string>
  /** The server did not take it: the next one is new. */
  readonly forget: (item: Item) => void
}

/** A token is renewed so long before it expires. */
const MARGIN_SECONDS = 120
/** As holders, each item may be another one. */
const MOST = 1000

/** The tokens of a part. Holders without `--ins` write each line of their own record: as the patient whom it names. */
export function createTokens (who: Who, tokenOf: TokenOf): Tokens {
  const known = new Map<string, Token>()
  const { migrate, ...bearer } = who
  const callerOf = (item: Item): Who => isEachHolder(who) ? { ...bearer, ins: item.ins ?? '' } : bearer
  const nameOf = (item: Item): string => String(callerOf(item)['ins'] ?? '')
  return {
    of: async item => {
      const name = nameOf(item)
      const token = known.get(name)
      if (token !== undefined && Date.now() / 1000 < token.expires - MARGIN_SECONDS) return token.token
      if (known.size >= MOST) known.clear()
      const fresh = await tokenOf(callerOf(item))
      known.set(name, fresh)
      return fresh.token
    },
    forget: item => { known.delete(nameOf(item)) }
  }
}

/** Whether each item is written as the holder whom it names. */
export function isEachHolder (who: Who): boolean {
  return who['as'] === 'holder' && who['ins'] === undefined
}
