/** Asks a FHIR server, and reads its answers; whoever it is. */

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export interface Asked { readonly headers?: Readonly<Record<string, string>>, readonly body?: string }

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** @param url absolute, or what comes after the base */
export type Send = (method: Method, url: string, asked?: Asked) => Promise<Answer>

// Whatever a resource of a foreign server is: it is looked at, never trusted.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any

const PATIENCE = 60_000
/** How often a server that says that it is busy is asked again. */
const TRIES = 3

export function createSend (base: string, token: string | undefined): Send {
  return async (method, url, { headers = {}, body } = {}) => {
    const target = new URL(/^https?:/.test(url) ? url : base + url)
    // A link leads where the server says: the token goes nowhere else.
    const isOwn = target.origin === new URL(base).origin
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(target, {
        method,
        headers: { accept: 'application/fhir+json', ...token === undefined || !isOwn ? {} : { authorization: `Bearer ${token}` }, ...headers },
        ...body === undefined ? {} : { body },
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE)
      })
      const text = await response.text()
      if (![429, 503].includes(response.status) || tries >= TRIES) return { status: response.status, headers: headersOf(response), text }
      await new Promise(resolve => setTimeout(resolve, 1000 * Math.min(Number(response.headers.get('retry-after') ?? 1) || 1, 10)))
    }
  }
}

function headersOf ({ headers }: Response): Readonly<Record<string, string>> {
  const list: [name: string, value: string][] = []
  headers.forEach((value, name) => { list.push([name, value]) })
  return Object.fromEntries(list)
}

export function jsonOf ({ text }: Answer): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
