/**
 * The narrative of a resource (R4 narrative.html; invariants txt-1 and txt-2): one `div` of XHTML made of the elements
 * and attributes that R4 allows, well-formed, with something to see, that does nothing: no script, no event, no address
 * but a link's, no picture from elsewhere, no address in a style. Only what is known passes, so nothing is left to the
 * mercy of a browser's reading: no comment, CDATA section, processing instruction or DOCTYPE either.
 * One pass, linear; nothing is repaired.
 */
export function isNarrative (text: string): boolean {
  const open: string[] = []
  let isEmpty = true
  let at = 0
  while (at < text.length) {
    const tag = text.indexOf('<', at)
    const words = tag === -1 ? text.slice(at) : text.slice(at, tag)
    const hasWords = !isBlank(words)
    if (hasWords && (open.length === 0 || !isCharacters(words))) return false
    if (hasWords) isEmpty = false
    if (tag === -1) break
    const close = endOfTag(text, tag)
    if (close === -1) return false
    const source = text.slice(tag + 1, close)
    at = close + 1
    if (source.startsWith('/')) {
      if (open.pop() !== source.slice(1).trimEnd()) return false
      if (open.length === 0) return !isEmpty && isBlank(text.slice(at))
    } else {
      const name = openTag(source, open.length)
      if (name === undefined) return false
      if (name === 'img') isEmpty = false
      if (!source.endsWith('/')) open.push(name)
      else if (open.length === 0) return false
    }
  }
  return false
}

const elements = new Set(('a abbr acronym address area b bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em ' +
  'font h1 h2 h3 h4 h5 h6 hr i img ins kbd li map ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var').split(' '))
const attributes = new Set(('abbr accesskey align alt axis bgcolor border cellpadding cellspacing char charoff cite class clear color colspan compact ' +
  'coords dir face frame headers height href hreflang hspace id ID lang longdesc name noshade nowrap rel rev rowspan rules scope shape size span ' +
  'src start style summary tabindex title type usemap valign value vspace width xml:lang xml:space xmlns').split(' '))
/** Attributes whose value is an address: what they lead to is limited. */
const addresses = new Set(['href', 'cite', 'longdesc', 'usemap'])

const maxDepth = 100
const namespace = 'http://www.w3.org/1999/xhtml'
const nameForm = /^[A-Za-z][A-Za-z0-9]*/
const attributeForm = /\s+([A-Za-z:]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const reference = /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,9}));/y
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/ // eslint-disable-line no-control-regex

/** @returns the offset of the `>` that ends a tag; a `>` inside quotes does not */
function endOfTag (text: string, tag: number): number {
  let quote = ''
  for (let at = tag + 1; at < text.length; at += 1) {
    const character = text[at]
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '>') return at
    else if (character === '<') return -1
  }
  return -1
}

/** @returns the name of the element if all of the tag is allowed */
function openTag (source: string, depth: number): string | undefined {
  const name = nameForm.exec(source)?.[0]
  if (name === undefined || !elements.has(name) || depth >= maxDepth || (depth === 0 && name !== 'div')) return undefined
  const seen = new Set<string>()
  let at = name.length
  for (;;) {
    attributeForm.lastIndex = at
    const match = attributeForm.exec(source)
    if (match === null) break
    const [all, attribute = '', double, single] = match
    if (seen.size === seen.add(attribute).size || !isAttribute(name, attribute, double ?? single ?? '')) return undefined
    at += all.length
  }
  const rest = source.slice(at).trim()
  return (rest === '' || rest === '/') && (depth > 0 || seen.has('xmlns')) ? name : undefined
}

function isAttribute (element: string, name: string, source: string): boolean {
  if (!attributes.has(name) || !isCharacters(source)) return false
  const value = unescape(source)
  if (name === 'xmlns') return value === namespace
  if (name === 'style') return isStyle(value)
  if (name === 'src') return element === 'img' && isPicture(value)
  return !addresses.has(name) || isAddress(value)
}

/** Neither addresses nor what a browser could read as one: escapes, comments, old scripts. */
function isStyle (value: string): boolean {
  return !/url|expression|behavio|binding|image|script|[\\@<]|\/\*/i.test(value)
}

/** Carried in the resource: in place, or a contained Binary. */
function isPicture (value: string): boolean {
  return value.startsWith('#') || /^data:image\/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*$/.test(value)
}

/** To a place in the record, or to the web and mail; no other scheme, and no character that a browser would drop. */
function isAddress (value: string): boolean {
  if (/[\s\u0000-\u001f\\]/.test(value)) return false // eslint-disable-line no-control-regex
  return /^(?:https?|mailto|tel):/i.test(value) || !/^[^/?#]*:/.test(value)
}

/** Text without controls whose `&` are all references, to characters that XML has. */
function isCharacters (text: string): boolean {
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    reference.lastIndex = at
    const match = reference.exec(text)
    if (match === null || !isCharacter(match)) return false
  }
  return !control.test(text)
}

function isCharacter ([, decimal, hexadecimal]: RegExpExecArray): boolean {
  const code = codeOf(decimal, hexadecimal)
  return code === undefined || code === 9 || code === 10 || code === 13 || (code >= 32 && code < 0xD800) || (code > 0xDFFF && code <= 0x10FFFF)
}

function codeOf (decimal: string | undefined, hexadecimal: string | undefined): number | undefined {
  if (decimal !== undefined) return Number(decimal)
  return hexadecimal === undefined ? undefined : Number.parseInt(hexadecimal, 16)
}

/** Character references read as a browser would; a named one becomes a character that no address or style may have. */
function unescape (source: string): string {
  return source.replace(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,9}));/g, (_, decimal?: string, hexadecimal?: string, name?: string) => {
    const code = codeOf(decimal, hexadecimal)
    return code === undefined ? named[name ?? ''] ?? '\\' : String.fromCodePoint(code)
  })
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00A0' }

function isBlank (text: string): boolean {
  return text.trim() === ''
}
