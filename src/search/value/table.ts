import type { ParameterType } from '../parameter.js'
import { createComposite } from './composite.js'
import { date } from './date.js'
import { near } from './near.js'
import { number } from './number.js'
import { phonetic } from './phonetic.js'
import { quantity } from './quantity.js'
import { reference } from './reference.js'
import { string } from './string.js'
import { token } from './token.js'
import { uri } from './uri.js'
import type { ValueKind } from './kind.js'

/** The one special parameter that is built is `near`. */
const simple = Object.freeze({ token, reference, date, string, phonetic, uri, number, quantity, special: near })

/** The types of search parameters that are built, and what each does with values. */
export const valueKinds: Readonly<Record<ParameterType, ValueKind>> = Object.freeze({ ...simple, composite: createComposite(simple) })
