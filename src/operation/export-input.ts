/** What an export is asked with (Bulk Data Access, *Kick-off Request*): parameters of the address, or a Parameters resource. */
import { isOwned, isShared } from '../consent/family.js'
import { intervalOf } from '../filter/interval.js'
import type { Context } from '../interaction/context.js'
import { MOST_CANDIDATES } from '../interaction/visible.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { invalidParameter, tooCostly, unknownParameters } from '../search/fault.js'
import { belowBase } from '../search/literal.js'
import { allows } from '../security/scope.js'
import type { Scope } from '../security/scope.js'
import { givenIn, invalid, referenceIn, textIn } from './input.js'
import type { Asked, Given } from './input.js'

/** What is exported: of each of the types what changed since an instant, ms, of the patients who are named, or of those whom the caller finds. */
export interface Exporting {
  readonly types: readonly string[]
  readonly since?: number
  readonly patients?: readonly string[]
}

export interface ReadExport {
  readonly exporting: Exporting
  /** Names that were left out, under lenient handling only. */
  readonly ignored: readonly string[]
}

const NAMES: readonly string[] = ['_outputFormat', '_since', '_type', 'patient']
const FORMATS: readonly string[] = ['application/fhir+ndjson', 'application/ndjson', 'ndjson']
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const PATIENT = /^Patient\/([A-Za-z0-9\-.]{1,64})$/

/**
 * @throws OutcomeError `invalid-parameter`, `unknown-parameter`; `too-costly` for too many patients; `scope-insufficient` where
 *   the scopes reach none of the types, or not all that are named
 */
export function readExport (context: Context, scopes: readonly Scope[], asked: Asked, isLenient: boolean): ReadExport {
  const all = givenIn(context, asked)
  const ignored = [...new Set(all.filter(({ name }) => !NAMES.includes(name)).map(({ name }) => name))]
  if (ignored.length > 0 && !isLenient) throw unknownParameters(ignored)
  const given = (name: string) => all.filter(each => each.name === name)
  checkFormat(one(given('_outputFormat')))
  const since = one(given('_since'))
  const patients = given('patient').map(each => patientIn(context, each))
  if (patients.length > MOST_CANDIDATES) throw tooCostly('patient', `names too many: one export is of at most ${MOST_CANDIDATES} patients`)
  return {
    exporting: {
      types: typesIn(context, scopes, given('_type')),
      ...since === undefined ? {} : { since: instantIn(since) },
      ...patients.length === 0 ? {} : { patients: [...new Set(patients)] }
    },
    ignored
  }
}

function one ([given, again]: readonly Given[]): Given | undefined {
  if (again !== undefined) throw invalid(again, 'The parameter is given twice')
  return given
}

/** A plus sign that was not escaped arrives as a blank. */
function checkFormat (given: Given | undefined): void {
  if (given !== undefined && !FORMATS.includes(textIn(given).replace(' ', '+'))) throw invalidParameter('_outputFormat', `is one of ${FORMATS.join(', ')}`)
}

function instantIn (given: Given): number {
  const text = textIn(given).replace(' ', '+')
  const interval = INSTANT.test(text) ? intervalOf(text) : undefined
  if (interval === undefined) throw invalid(given, 'The parameter is an instant, with its seconds and its offset')
  return interval.lo
}

function patientIn (context: Context, given: Given): string {
  // To leave it out would ask for everybody.
  if (given.place === given.name) throw invalid(given, 'Patients are named in a body: an address is in logs')
  const { reference = '' } = referenceIn(given)
  const id = PATIENT.exec(belowBase(reference, context.base))?.[1]
  if (id === undefined) throw invalid(given, 'The parameter is a reference to a Patient')
  return id
}

/** The types of records that are searched here: those that are named, or all that the scopes reach. */
function typesIn (context: Context, scopes: readonly Scope[], given: readonly Given[]): readonly string[] {
  const exported = context.registry.types.filter(type => isExported(context, type))
  const named = given.flatMap(each => textIn(each).split(',').map(type => type.trim()))
  if (!named.every(type => exported.includes(type))) throw invalidParameter('_type', 'takes the types of a record that are searched here')
  const within = named.length === 0 ? exported.filter(type => isReached(scopes, type)) : exported.filter(type => named.includes(type))
  if (within.length === 0 || !within.every(type => isReached(scopes, type))) throw new OutcomeError('scope-insufficient')
  return within
}

function isExported ({ declares }: Context, type: string): boolean {
  return declares(type, 'search-type') && !isShared(type) && !isOwned(type)
}

/** Whoever takes a file of a type finds and reads it. */
export function isReached (scopes: readonly Scope[], type: string): boolean {
  return allows(scopes, type, 's') && allows(scopes, type, 'r')
}
