import type { IncomingHttpHeaders } from 'node:http'
import type { Preference } from '../interaction/create.js'
import { tagsOf } from '../interaction/query.js'
import { OutcomeError } from '../outcome/outcome-error.js'

/** `Prefer` (R4 http.html#ops, search.html#errors); an unknown value is left aside, as RFC 7240 wants. */
export function readPrefer (headers: IncomingHttpHeaders, otherwise: Preference = 'representation'): { readonly prefer: Preference, readonly lenient: boolean } {
  const values = [headers['prefer'] ?? []].flat().join(',').split(/[,;]/).map(text => text.trim())
  const wanted = values.map(value => /^return=(representation|minimal|OperationOutcome)$/.exec(value)?.[1]).find(value => value !== undefined)
  return { prefer: (wanted ?? otherwise) as Preference, lenient: values.includes('handling=lenient') }
}

/** The version ids of If-Match or If-None-Match; undefined without the header. */
export function readTags (header: string | undefined): readonly string[] | undefined {
  return header === undefined ? undefined : tagsOf(header)
}

/** @throws OutcomeError `not-acceptable` when FHIR JSON is not among what is accepted */
export function needJson (headers: IncomingHttpHeaders, format: string | null): void {
  const ranges = (headers.accept ?? '*/*').split(',').map(range => range.split(';')[0]?.trim().toLowerCase() ?? '')
  const isAccepted = ranges.some(range => ['*/*', 'application/*', 'application/fhir+json', 'application/json', ''].includes(range))
  if (!isAccepted && !isJsonFormat(format)) {
    throw new OutcomeError('not-acceptable', { diagnostics: 'This server answers application/fhir+json', expression: 'Accept' })
  }
  if (format !== null && !isJsonFormat(format)) {
    throw new OutcomeError('not-acceptable', { diagnostics: 'This server answers application/fhir+json', expression: '_format' })
  }
}

function isJsonFormat (format: string | null): boolean {
  return ['json', 'application/json', 'application/fhir+json', 'application/fhir json', 'text/json'].includes(format?.split(';')[0] ?? '')
}

/** Whether what the client has is what it would be sent (R4 http.html#cread). */
export function isUnchanged (headers: IncomingHttpHeaders, answer: Readonly<Record<string, string>>): boolean {
  const tags = readTags(headers['if-none-match'])
  const version = readTags(answer['etag'])?.[0]
  if (tags !== undefined) return version !== undefined && (tags.includes(version) || tags.includes('*'))
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return Date.parse(answer['last-modified'] ?? '') <= since
}
