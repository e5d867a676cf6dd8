/** What is examined: cases, each with what was asked and what was wrong. Some things are wrong in whatever is answered. */
import { jsonOf } from './client.js'
import type { Answer, Asked, Json, Method, Send } from './client.js'

export interface Result {
  readonly group: string
  readonly name: string
  readonly problems: readonly string[]
  /** Why nothing could be said, where nothing could. */
  readonly skipped: string | undefined
  readonly asked: readonly string[]
  readonly ms: number
}

export interface Reply extends Answer { readonly json: Json }

class Skipped extends Error {}

/** One case. What it asks is kept, without what could be a token. */
export class Case {
  readonly problems: string[] = []
  readonly asked: string[] = []
  readonly #send: Send

  constructor (send: Send) {
    this.#send = send
  }

  skip (reason: string): never {
    throw new Skipped(reason)
  }

  that (isSo: boolean, problem: string): void {
    if (!isSo && !this.problems.includes(problem)) this.problems.push(problem)
  }

  async ask (method: Method, url: string, asked: Asked = {}): Promise<Reply> {
    const answer = await this.#send(method, url, asked)
    const line = `${method} ${url}${asked.body === undefined ? '' : ' (with a body)'}`
    this.asked.push(`${line} → ${answer.status}`)
    const { status, headers, text } = answer
    this.that(status < 500, `${line} is ${status}`)
    const json = jsonOf(answer)
    if (status === 304 || status === 204 || method === 'HEAD') this.that(text === '', `${line} is ${status} with a body`)
    else if (status >= 400 || json?.resourceType !== undefined) this.that(/^application\/(?:fhir\+)?json\b/.test(headers['content-type'] ?? ''), `${line}: the content type is ${headers['content-type'] ?? 'none'}`)
    if (status >= 400 && status !== 401 && method !== 'HEAD') this.#outcome(line, json)
    return { ...answer, json }
  }

  /** Whether it was refused as it should be; what was not allowed to this token says nothing. */
  refused (reply: Reply, ...statuses: readonly number[]): void {
    if (reply.status === 401 || reply.status === 403) this.skip(`${reply.status}: not allowed to this token`)
    this.that(statuses.includes(reply.status), `refused with ${reply.status}, not ${statuses.join(' or ')}`)
  }

  #outcome (line: string, json: Json): void {
    const issues = json?.resourceType === 'OperationOutcome' && Array.isArray(json.issue) ? json.issue as readonly Json[] : []
    this.that(issues.length > 0, `${line} is refused without an OperationOutcome`)
    for (const issue of issues) this.that(typeof issue.code === 'string' && ['fatal', 'error', 'warning', 'information'].includes(issue.severity), `${line}: an issue without code or severity`)
  }
}

export class Exam {
  readonly results: Result[] = []
  readonly #send: Send
  readonly #tell: (result: Result) => void

  constructor (send: Send, tell: (result: Result) => void = () => {}) {
    this.#send = send
    this.#tell = tell
  }

  async case (group: string, name: string, work: (one: Case) => Promise<void>): Promise<void> {
    const one = new Case(this.#send)
    const began = performance.now()
    let skipped: string | undefined
    try {
      await work(one)
    } catch (error) {
      if (error instanceof Skipped) skipped = error.message
      else one.problems.push(`no answer that could be read: ${error instanceof Error ? error.message : String(error)}`)
    }
    const result = { group, name, problems: one.problems, skipped: one.problems.length > 0 ? undefined : skipped, asked: one.asked, ms: performance.now() - began }
    this.results.push(result)
    this.#tell(result)
  }
}
