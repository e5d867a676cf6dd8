import { Readable } from 'node:stream'
import type { Answer, Body } from '../interaction/answer.js'
import type { Sight } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Flow } from './content.js'

export const NDJSON = 'application/fhir+ndjson'

type LinesBody = Extract<Body, { kind: 'lines' }>

/** What the gate does for lines that follow. */
export interface Following {
  /** Opens a version, as the reader of that sight may see it. */
  readonly view: (version: Kept, sight: Sight) => Promise<string>
  /** Decides on an answer and has its trace made durable: before any of it goes. */
  readonly pass: (answer: Answer) => Promise<void>
  readonly base: string
}

/**
 * NDJSON, page by page: no page is asked for before the one before it has gone, and each passes the gate like an answer of its
 * own, with the choices in force then. One that fails breaks the stream off: a file that ends is whole.
 */
export function linesFlow (first: LinesBody, sight: Sight, { view, pass, base }: Following): Flow {
  async function * lines (): AsyncGenerator<string> {
    let page = { body: first, sight }
    for (;;) {
      for (const { version } of page.body.entries) yield await line(version, page.sight)
      if (page.body.next === undefined) return
      const answer = await page.body.next()
      await pass(answer)
      if (answer.body.kind !== 'lines') throw new OutcomeError('absent')
      page = { body: answer.body, sight: answer.sight }
    }
  }

  async function line (version: Kept, sight: Sight): Promise<string> {
    try {
      return `${withAddresses(await view(version, sight), base)}\n`
    } catch (error) {
      // Its key went while it was on its way: it is not there.
      if (error instanceof OutcomeError && error.kind === 'absent') return ''
      throw error
    }
  }

  return { payload: Readable.from(lines(), { objectMode: false }) }
}

/**
 * Whoever reads a file has no base to which an Attachment's address could be relative (Bulk Data, *Attachments*). In JSON as it
 * is stored these characters are a name and the beginning of its value: within a string each quote has a backslash before it.
 */
function withAddresses (text: string, base: string): string {
  return text.replaceAll('"url":"Binary/', () => `"url":"${base}/Binary/`)
}
