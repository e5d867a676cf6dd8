/** What a client would rather have, of a header that lists it with weights (RFC 9110 12.4.2, 12.5.1). */
export interface Wish {
  /** `application/pdf`, `fr-CA`; in lower case. */
  readonly value: string
  /** `fhirversion=4.0`, without the weight; in lower case. */
  readonly parameters: readonly string[]
}

/** The wishes of a header, the greatest first; what has the weight 0 is none. */
export function wishesOf (header: string): readonly Wish[] {
  return header.split(',').map(text => {
    const [value = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
    const weight = parameters.map(part => /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(part)?.[1]).find(found => found !== undefined)
    return { value, parameters: parameters.filter(part => !part.startsWith('q=')), weight: Number(weight ?? 1) }
  }).filter(({ weight }) => weight > 0).toSorted((one, other) => other.weight - one.weight)
}
