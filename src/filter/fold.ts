const ligatures: Readonly<Record<string, string>> = Object.freeze({ œ: 'oe', æ: 'ae', ß: 'ss', ø: 'o', ł: 'l', đ: 'd' })

/** A text as it is compared: lower case, without accents; punctuation and white space are one blank, none at the ends. */
export function fold (text: string): string {
  if (/^[a-z0-9]*$/.test(text)) return text
  return text.normalize('NFKD').toLowerCase().normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[œæßøłđ]/g, letter => ligatures[letter] ?? letter)
    .replace(/[\p{P}\p{Z}\p{C}]+/gu, ' ')
    .trim()
}
