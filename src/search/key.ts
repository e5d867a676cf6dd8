import { split } from './escape.js'

/**
 * The keys of the one multikey array `keys` by which a stored resource is found.
 *
 * A key is a head, the code of a search parameter or `code:modifier`, and its parts, joined by `|`; a `|` or `\`
 * inside a part is written `\|` or `\\`. Escaping is by character, so the key of a prefix is a prefix of the key.
 *
 * | form                   | meaning                                                       |
 * |------------------------|---------------------------------------------------------------|
 * | `type\|system\|code`   | a token; an empty system means that it has none               |
 * | `type\|code`           | the same token, whatever its system                           |
 * | `type\|system\|`       | some token of this system                                     |
 * | `subject\|Patient/1`   | a literal reference on this server                            |
 * | `subject\|https://…`   | a literal reference elsewhere, a canonical or a uri            |
 * | `subject:identifier\|system\|value` | a logical reference, in the forms of a token     |
 * | `name\|dupont`         | the folded text of a string, in the directory                 |
 * | `name\|HASH`           | a prefix of the folded text, in a record                      |
 * | `name:exact\|Dupont`   | the text as it is; its hash, in a record                      |
 * | `name:contains\|upont` | the folded text from a later character on, in the directory   |
 * | `type:text\|compte`    | the folded text of a token, as that of a string               |
 * | `type:display\|system\|code` | a token whose text is what its system calls it, in a record |
 * | `identifier:of-type\|system\|code\|value` | an identifier of a type                     |
 * | `type:present`         | an element without a value that can be found                  |
 *
 * In a record, identifiers and texts are keyed hashes: `sealText` says over what.
 */
export type Hash = (text: string) => string

/** The key of `head` and `parts`; `head` is a code or `code:modifier`. */
export function key (head: string, ...parts: readonly string[]): string {
  let text = head
  for (const part of parts) text += '|' + (/[\\|]/.test(part) ? part.replace(/[\\|]/g, '\\$&') : part)
  return text
}

/** Reads a key back into its head and parts. */
export function parseKey (text: string): { readonly head: string, readonly parts: readonly string[] } {
  const [head = '', ...parts] = split(text, '|')
  return { head, parts: parts.map(part => part.replace(/\\(.)/gs, '$1')) }
}

/** A token with its system; `''` means that it has none. */
export function tokenKey (head: string, system: string, code: string): string {
  return key(head, system, code)
}

/** A token of any system. */
export function anySystemKey (head: string, code: string): string {
  return key(head, code)
}

/** Any token of `system`. */
export function systemKey (head: string, system: string): string {
  return key(head, system, '')
}

/** A resource of this server. */
export function referenceKey (head: string, type: string, id: string): string {
  return `${head}|${type}/${id}`
}

/** A uri, a canonical, or a reference to somewhere else. */
export function uriKey (head: string, uri: string): string {
  return key(head, uri)
}

/**
 * The key of a business identifier in `found`, under the parameter `identifier`.
 * @param hash the keyed hash of a record, or null in the directory
 */
export function identifierKey (system: string, value: string, hash: Hash | null): string {
  return tokenKey('identifier', system, sealText(hash, 'identifier', value))
}

/** The head of the logical identifiers of a reference parameter. */
export function logicalHead (code: string): string {
  return `${code}:identifier`
}

/** Says that the element is there, where no other key does. */
export function presentKey (code: string): string {
  return `${code}:present`
}

/** The head of texts from a later character on. */
export function containsHead (code: string): string {
  return `${code}:contains`
}

/** The head of texts as they are. */
export function exactHead (code: string): string {
  return `${code}:exact`
}

/**
 * `text` as it stands in a key: in clear in the directory, a keyed hash in a record. The head is hashed along, so
 * that the same text under two parameters has two hashes.
 */
export function sealText (hash: Hash | null, head: string, text: string): string {
  return hash === null ? text : hash(key(head, text))
}
