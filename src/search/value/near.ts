import type { LocationPosition } from '@medplum/fhirtypes'
import { near as within, or } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { split, unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { readDecimal } from './decimal.js'
import { noModifiers } from './kind.js'
import type { ValueKind } from './kind.js'
import { canonicalOf } from './unit.js'

/** km; R4 leaves it to the server. */
const UNSAID_DISTANCE = 10

/**
 * `Location.near` (R4 location.html#positional-searches): `latitude|longitude|distance|units`, the distance being at
 * most so much, 10 km where it is not said, in km or in a unit of length of UCUM.
 */
export const near = Object.freeze<ValueKind>({
  elements: Object.freeze(['Location.position']),
  modifiers: noModifiers,
  index: ({ code }, value, _type, into) => {
    const { longitude, latitude } = value as LocationPosition
    if (isWithin(longitude, 180) && isWithin(latitude, 90)) (into.points[code] ??= []).push({ type: 'Point', coordinates: [longitude, latitude] })
  },
  filter: ({ parameter: { code }, values }) => or(...values.map(value => readNear(value, code)))
})

function isWithin (degrees: unknown, most: number): degrees is number {
  return typeof degrees === 'number' && Math.abs(degrees) <= most
}

function readNear (value: string, code: string): Filter {
  const [first = '', second = '', third = '', unit = 'km', ...more] = split(value, '|').map(piece => unescape(piece, code))
  const [latitude, longitude, distance] = [first, second, third === '' ? String(UNSAID_DISTANCE) : third].map(text => readDecimal(text)?.value)
  if (!isWithin(latitude, 90) || !isWithin(longitude, 180) || distance === undefined || distance < 0 || more.length > 0) {
    throw invalidParameter(code, 'takes latitude|longitude|distance|units: degrees, and a distance of 0 or more')
  }
  const metre = canonicalOf(unit === '' ? 'km' : unit)
  if (metre?.dimension !== canonicalOf('m')?.dimension) throw invalidParameter(code, 'takes a unit of length of UCUM')
  return within(`points.${code}`, { longitude, latitude, km: (metre?.toBase(distance) ?? 0) / 1000 })
}
