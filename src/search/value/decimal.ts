/** A number as a query writes it: its digits say how precise it is (R4 search.html#number). */
export interface Decimal {
  readonly value: number
  /** What is equal to it: from `from`, up to `to`, which is not. */
  readonly from: number
  readonly to: number
  /** What is about it: a tenth of it on both sides, never less than what is equal to it. */
  readonly low: number
  readonly high: number
}

const pattern = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/

/**
 * Reads a number: half a unit of its last digit on both sides is equal to it, so `100` is [99.5, 100.5), `100.00` is
 * [99.995, 100.005) and `1e2`, which has one digit, [50, 150).
 * @returns undefined for what is no number
 */
export function readDecimal (text: string): Decimal | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = pattern.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = BigInt(`${sign}${whole}${fraction}`)
  const unit = Number(exponent) - fraction.length
  // In tenths of the last digit: decimals are read as they would be in a resource, never computed.
  const at = (tenths: bigint) => Number(`${tenths}e${unit - 1}`)
  const size = digits < 0n ? -digits : digits
  const about = size > 5n ? size : 5n
  const decimal = { value: Number(text), from: at(digits * 10n - 5n), to: at(digits * 10n + 5n), low: at(digits * 10n - about), high: at(digits * 10n + about) }
  return Object.values(decimal).every(Number.isFinite) ? decimal : undefined
}
