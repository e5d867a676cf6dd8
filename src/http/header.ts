import type { IncomingHttpHeaders } from 'node:http'
import { LANGUAGES } from '../consent/explain.js'
import type { Language } from '../consent/explain.js'
import { wishesOf } from '../interaction/accept.js'
import type { Preference } from '../interaction/create.js'
import { tagsOf } from '../interaction/query.js'
import { OutcomeError } from '../outcome/outcome-error.js'

/** `Prefer` (R4 http.html#ops, search.html#errors); an unknown value is left aside, as RFC 7240 wants. */
export function readPrefer (headers: IncomingHttpHeaders, otherwise: Preference = 'representation'): { readonly prefer: Preference, readonly lenient: boolean } {
  const values = preferences(headers)
  const wanted = values.map(value => /^return=(representation|minimal|OperationOutcome)$/.exec(value)?.[1]).find(value => value !== undefined)
  return { prefer: (wanted ?? otherwise) as Preference, lenient: values.includes('handling=lenient') }
}

function preferences (headers: IncomingHttpHeaders): readonly string[] {
  return [headers['prefer'] ?? []].flat().join(',').split(/[,;]/).map(text => text.trim())
}

/** `Prefer: respond-async` (R4 async.html). */
export function wantsAsync (headers: IncomingHttpHeaders): boolean {
  return preferences(headers).includes('respond-async')
}

/** Which of the languages that we speak is preferred (RFC 9110 12.5.4); all where none of them is asked for. */
export function readLanguages (headers: IncomingHttpHeaders): readonly Language[] {
  const [first] = wishesOf(headers['accept-language'] ?? '').flatMap(({ value }) => LANGUAGES.filter(known => known === value.split('-')[0]))
  return first === undefined ? LANGUAGES : [first]
}

/** The most characters of an Idempotency-Key. */
const LONGEST_KEY = 255

/**
 * The Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a String of Structured Fields (RFC 9651), in quotes.
 * @throws OutcomeError `invalid-request` for anything else
 */
export function readKey (headers: IncomingHttpHeaders): string | undefined {
  const given = headers['idempotency-key']
  if (given === undefined) return undefined
  const key = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/.exec([given].flat().join())?.[1]?.replace(/\\(.)/g, '$1')
  if (key === undefined || key.length > LONGEST_KEY) {
    throw new OutcomeError('invalid-request', { diagnostics: `A key is ASCII text in quotes, of at most ${LONGEST_KEY} characters`, expression: 'Idempotency-Key' })
  }
  return key
}

/** The version ids of If-Match or If-None-Match; undefined without the header. */
export function readTags (header: string | undefined): readonly string[] | undefined {
  return header === undefined ? undefined : tagsOf(header)
}

const FHIR_JSON = 'application/fhir+json'
const JSON_TYPES: readonly string[] = [FHIR_JSON, 'application/json', 'text/json']

/** @throws OutcomeError `not-acceptable` when FHIR JSON of R4 is not among what is accepted */
export function needJson (headers: IncomingHttpHeaders, format: string | null): void {
  const wishes = wishesOf(headers.accept === undefined || headers.accept === '' ? '*/*' : headers.accept)
  const isAccepted = wishes.some(({ value, parameters }) => ['*/*', 'application/*', '', ...JSON_TYPES].includes(value) && isOfR4(parameters))
  if (!isAccepted && !isJsonFormat(format)) {
    throw new OutcomeError('not-acceptable', { diagnostics: 'This server answers application/fhir+json; fhirVersion=4.0', expression: 'Accept' })
  }
  if (format !== null && !isJsonFormat(format)) {
    throw new OutcomeError('not-acceptable', { diagnostics: 'This server answers application/fhir+json', expression: '_format' })
  }
}

/** Whether a media type says nothing of a version of FHIR, or ours (R4 versioning.html#mt-version). @param parameters in lower case */
export function isOfR4 (parameters: readonly string[]): boolean {
  return parameters.every(parameter => !/^fhirversion\s*=/.test(parameter) || /=\s*"?4\.0(?:\.\d+)?"?$/.test(parameter))
}

/** What a content is wanted as: what `_format` says goes before what is accepted (R4 http.html#parameters). */
export function wantedType (headers: IncomingHttpHeaders, format: string | null): string {
  if (format === null) return headers.accept ?? ''
  return isJsonFormat(format) ? FHIR_JSON : format
}

/** Whether CSV is wanted: said by `_format`, or accepted before JSON. */
export function wantsCsv (headers: IncomingHttpHeaders, format: string | null): boolean {
  if (format !== null) return ['csv', 'text/csv'].includes(format.split(';')[0] ?? '')
  return headers.accept?.split(',')[0]?.split(';')[0]?.trim().toLowerCase() === 'text/csv'
}

function isJsonFormat (format: string | null): boolean {
  return ['json', 'application/fhir json', ...JSON_TYPES].includes(format?.split(';')[0] ?? '')
}

/** Whether what the client has is what it would be sent (R4 http.html#cread). */
export function isUnchanged (headers: IncomingHttpHeaders, answer: Readonly<Record<string, string>>): boolean {
  const tags = readTags(headers['if-none-match'])
  const version = readTags(answer['etag'])?.[0]
  if (tags !== undefined) return version !== undefined && (tags.includes(version) || tags.includes('*'))
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return Date.parse(answer['last-modified'] ?? '') <= since
}
