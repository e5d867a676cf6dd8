import { IANAZone } from 'luxon'

/** From `from` on, in ms since 1970, clocks in Paris are `offset` ms ahead of UTC. */
interface Segment {
  readonly from: number
  readonly offset: number
}

const day = 86_400_000
const paris = IANAZone.create('Europe/Paris')

/** The segments of each UTC year that was asked for. A memo: asking the zone costs microseconds, each date asks. */
const years = new Map<number, readonly Segment[]>()

/**
 * The instant at which clocks in Paris show a time. A time that they show twice is the first one; one that they
 * skip is counted on from before the change.
 * @param local the time shown, in ms since 1970 as if it were UTC; years 1 to 9999
 */
export function instantInParis (local: number): number {
  const before = offsetAt(local - day)
  if (offsetAt(local - before) === before) return local - before
  const after = offsetAt(local + day)
  return offsetAt(local - after) === after ? local - after : local - before
}

/** How far clocks in Paris are ahead of UTC at `instant`, in ms. */
function offsetAt (instant: number): number {
  const year = new Date(instant).getUTCFullYear()
  let segments = years.get(year)
  if (segments === undefined) {
    segments = segmentsOf(year)
    years.set(year, segments)
  }
  return segments.findLast(({ from }) => from <= instant)?.offset ?? 0
}

/** Looks every five days, and closer, to the second, where two offsets differ. */
function segmentsOf (year: number): readonly Segment[] {
  const start = new Date(0).setUTCFullYear(year, 0, 1)
  const stop = new Date(0).setUTCFullYear(year + 1, 0, 1)
  const segments = [{ from: start, offset: ask(start) }]
  for (let at = start; at < stop; at += 5 * day) {
    let [same, other] = [at, Math.min(at + 5 * day, stop)]
    if (ask(same) === ask(other)) continue
    while (other - same > 1000) {
      const middle = Math.floor((same + other) / 2000) * 1000
      if (ask(middle) === ask(at)) same = middle
      else other = middle
    }
    segments.push({ from: other, offset: ask(other) })
  }
  return segments
}

function ask (instant: number): number {
  return Math.round(paris.offset(instant) * 60_000)
}
