import { createHash } from 'node:crypto'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** A source of chance that gives the same for the same seed, whatever else is generated before or beside it. */
export interface Chance {
  /** A whole number, both ends included. */
  readonly whole: (from: number, to: number) => number
  readonly pick: <T>(list: readonly [T, ...T[]]) => T
  /** By weight; the weights need no sum. */
  readonly weighed: <T extends { readonly weight: number }>(list: readonly [T, ...T[]]) => T
  /** True in `percent` of a hundred. */
  readonly percent: (percent: number) => boolean
  /** Some of a list, in its order. */
  readonly some: <T>(list: readonly T[], count: number) => readonly T[]
  /** A UUID of version 4 (RFC 9562). */
  readonly uuid: () => string
}

/** @param names what is generated: a seed, then ever smaller parts */
export function chanceOf (...names: readonly (string | number)[]): Chance {
  const generator = xoroshiro128plus(createHash('sha256').update(names.join('|')).digest().readInt32BE())
  const whole = (from: number, to: number) => uniformInt(generator, from, to)
  return {
    whole,
    pick: list => list[whole(0, list.length - 1)] ?? list[0],
    weighed: list => {
      let left = whole(1, list.reduce((sum, { weight }) => sum + weight, 0))
      return list.find(({ weight }) => (left -= weight) <= 0) ?? list[0]
    },
    percent: percent => whole(1, 1000) <= percent * 10,
    some: (list, count) => {
      const drawn = list.map((item, index) => ({ item, index, lot: whole(0, 1 << 30) })).toSorted((one, other) => one.lot - other.lot)
      return drawn.slice(0, count).toSorted((one, other) => one.index - other.index).map(({ item }) => item)
    },
    uuid: () => {
      const bytes = Buffer.from(Array.from({ length: 16 }, () => whole(0, 255)))
      bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
      bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    }
  }
}
