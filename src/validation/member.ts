/** What a required binding asks (R4 terminologies.html#required): of a code, of a Coding, or of one at least of a CodeableConcept. */

/** @param tokens the `system|code` of a value set @returns those, and the codes alone: a value of type code has no system */
export function membersOf (tokens: readonly string[]): ReadonlySet<string> {
  return new Set(tokens.flatMap(token => [token, token.slice(token.indexOf('|') + 1)]))
}

/** Whether a code, a Coding, or one of a CodeableConcept is of a value set; a text alone is not. */
export function isMember (value: unknown, members: ReadonlySet<string>): boolean {
  if (typeof value === 'string') return members.has(value)
  if (typeof value !== 'object' || value === null) return false
  const { coding, system, code } = value as { readonly coding?: unknown, readonly system?: unknown, readonly code?: unknown }
  return Array.isArray(coding) ? coding.some(each => isMember(each, members)) : members.has(`${String(system)}|${String(code)}`)
}
