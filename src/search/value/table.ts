import type { ParameterType } from '../parameter.js'
import { createComposite } from './composite.js'
import { date } from './date.js'
import { number } from './number.js'
import { quantity } from './quantity.js'
import { reference } from './reference.js'
import { string } from './string.js'
import { token } from './token.js'
import { uri } from './uri.js'
import type { ValueKind } from './kind.js'

const simple = Object.freeze({ token, reference, date, string, uri, number, quantity })

/** The types of search parameters that are built, and what each does with values. */
export const valueKinds: Readonly<Record<ParameterType, ValueKind>> = Object.freeze({ ...simple, composite: createComposite(simple) })
