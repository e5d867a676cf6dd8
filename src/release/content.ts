import { Readable } from 'node:stream'
import type { Body } from '../interaction/answer.js'

type ContentBody = Extract<Body, { kind: 'content' }>
/** A payload that is made while it goes: nothing of it is read before it is asked for. Its length, where that is known before. */
export interface Flow { readonly payload: Readable, readonly length?: number }

/** A content, or one range of it, as it is. */
export function rawFlow ({ content, part }: ContentBody): Flow {
  const { start, end } = part ?? { start: 0, end: content.size - 1 }
  return { payload: Readable.from(content.read(start, end), { objectMode: false }), length: end - start + 1 }
}

/** A content in a FHIR Binary. */
export function binaryFlow ({ content, contentType, binary, securityContext }: ContentBody): Flow {
  const head = JSON.stringify({ resourceType: 'Binary', id: binary, meta: { versionId: '1' }, contentType, securityContext: { reference: securityContext } })
  const before = Buffer.from(`${head.slice(0, -1)},"data":"`)
  const after = Buffer.from('"}')
  async function * parts (): AsyncGenerator<Buffer> {
    yield before
    let rest = Buffer.alloc(0)
    for await (const bytes of content.read()) {
      // Three bytes are four characters: what is left over waits for the next ones.
      const joined = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      const whole = joined.length - joined.length % 3
      yield Buffer.from(joined.toString('base64', 0, whole), 'latin1')
      rest = Buffer.from(joined.subarray(whole))
    }
    yield Buffer.from(rest.toString('base64'), 'latin1')
    yield after
  }
  return { payload: Readable.from(parts(), { objectMode: false }), length: before.length + Math.ceil(content.size / 3) * 4 + after.length }
}
