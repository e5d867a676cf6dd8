import { broken } from './admission.js'

/** The bounds of what a Subscription may add to each call. */
const MOST_HEADERS = 8
const MOST_TEXT = 2048
/** One line, no control characters: none of them ends a header, or begins another request. */
const HEADER = /^(Authorization|X-[A-Za-z0-9-]{1,64}): ?([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/i
/** What says to a proxy who asks, from where, or by which method. */
const MISLEADING = /^x-(?:forwarded|original|real|http|method|rewrite|client|cluster|envoy|amz|host|proxy)/i

/**
 * The headers of a channel, `Name: value`. Those that are let through are named, not those that are not: the receiver's
 * `Authorization`, and names of its own.
 * @throws OutcomeError `business-rule`; the value is not repeated
 */
export function checkHeaders (headers: readonly (string | null)[]): void {
  if (headers.length > MOST_HEADERS) throw broken(`A channel has at most ${MOST_HEADERS} headers`, 'Subscription.channel.header', 'too-long')
  const names = headers.map((header, index) => {
    // null where only its extensions are said.
    const [name] = header === null ? [] : parsedHeader(header) ?? []
    if (name === undefined) throw broken('A header is `Authorization: …` or `X-…: …`, in one line, and none that a proxy reads', `Subscription.channel.header[${index}]`, 'value')
    return name
  })
  if (new Set(names).size < names.length) throw broken('Each header is given once', 'Subscription.channel.header')
}

/** Name, in small letters, and value; undefined for what is not let through. */
export function parsedHeader (header: string): readonly [name: string, value: string] | undefined {
  const [, name, value] = header.length > MOST_TEXT ? [] : HEADER.exec(header) ?? []
  return name === undefined || value === undefined || MISLEADING.test(name) ? undefined : [name.toLowerCase(), value]
}
