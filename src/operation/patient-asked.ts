import { NOBODY } from '../interaction/nobody.js'
import type { Sight } from '../interaction/sight.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { faultOf, invalidParameter } from '../search/fault.js'
import type { PageToken } from '../search/page.js'

const ONE = /^(?:Patient\/)?[A-Za-z0-9\-.]{1,64}$/

/**
 * The parameters of an operation on the record of one patient: of the one to whom the token is bound, where none is named. They
 * are for the search alone, and in no link: whether the token's patient is there is not told to whom they look like nobody.
 * @param names those that name one @throws OutcomeError `invalid-parameter` where there is none, or more than one
 */
export function patientAsked (sight: Sight, parameters: PageToken['parameters'], names: readonly string[] = ['patient']): PageToken['parameters'] {
  const [named, ...others] = parameters.filter(([name]) => names.includes(name))
  if (others.length > 0 || (named !== undefined && !ONE.test(named[1]))) throw invalidParameter((others[0] ?? named)?.[0] ?? 'patient', 'names one patient')
  if (named !== undefined) return parameters
  const { principal, patient = NOBODY } = sight.caller
  if (principal.ins === undefined) throw new OutcomeError('invalid-parameter', { ...faultOf('patient', 'is needed'), code: 'required' })
  return [['patient', patient], ...parameters]
}
