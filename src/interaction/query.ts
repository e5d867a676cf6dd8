/** The parameters of a query, decoded, in their order. */
export function pairsOf (query: string): readonly (readonly [name: string, value: string])[] {
  return [...new URLSearchParams(query)]
}

/** The criteria of If-None-Exist: a query, with or without what stands before it. */
export function criteriaOf (header: string): readonly (readonly [name: string, value: string])[] {
  return pairsOf(header.replace(/^[^?]*\?/, ''))
}

/** The version ids of If-Match or If-None-Match. */
export function tagsOf (header: string): readonly string[] {
  return header.split(',').map(tag => /^(?:W\/)?"([^"]*)"$/.exec(tag.trim())?.[1] ?? (tag.trim() === '*' ? '*' : ''))
}
