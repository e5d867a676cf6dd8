import type { Bearer } from './cast.js'

/** The server, asked as somebody. */
export type Ask = (bearer: Bearer, method: 'GET' | 'POST', path: string, body?: object) => Promise<{ readonly status: number, readonly json: unknown }>

/** @param base the base URL of FHIR @param tokenOf a token, by the options of `npm run token` */
export function createAsk (base: string, tokenOf: (bearer: Bearer) => string): Ask {
  return async (bearer, method, path, body) => {
    const response = await fetch(path === '' ? base : `${base}/${path}`, {
      method,
      headers: { authorization: `Bearer ${tokenOf(bearer)}`, accept: 'application/fhir+json', ...body === undefined ? {} : { 'content-type': 'application/fhir+json' } },
      ...body === undefined ? {} : { body: JSON.stringify(body) }
    })
    return { status: response.status, json: await response.json() }
  }
}
