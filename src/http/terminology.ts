/** The rows of the operations on the terminology: on its types, and on one definition where R4 has them there. */
import { expand } from '../operation/expand.js'
import { lookup } from '../operation/lookup.js'
import { subsumes } from '../operation/subsumes.js'
import { askTerms } from '../operation/terminology.js'
import type { AskingTerms, TermOperation } from '../operation/terminology.js'
import { translate } from '../operation/translate.js'
import { validateCodeOfSet, validateCodeOfSystem } from '../operation/validate-code.js'
import { asked, idOf } from './asked.js'
import type { Row } from './rows.js'

type Type = AskingTerms['type']

const OPERATIONS: Readonly<Record<Type, readonly TermOperation[]>> = {
  CodeSystem: [lookup, validateCodeOfSystem, subsumes],
  ValueSet: [expand, validateCodeOfSet],
  ConceptMap: [translate]
}

export function isOfTerminology (type: string): type is Type {
  return Object.hasOwn(OPERATIONS, type)
}

/** @throws Error at start for an operation that is not built, on this type */
export function terminologyRows (type: Type, name: string | undefined): readonly Row[] {
  const operation = OPERATIONS[type].find(each => each.name === name)
  if (operation === undefined) throw new Error(`capability-statement.json declares ${type} $${name}, which is not built`)
  const rows = (path: string, isInstance: boolean): readonly Row[] => (['GET', 'POST'] as const).map(method => ({
    method,
    path,
    interaction: 'operation',
    handle: async (context, sight, request) => await askTerms(context, { sight, type, ...isInstance ? { id: idOf(request) } : {}, asked: asked(request) }, operation)
  }))
  return [...rows(`/${type}/$${name}`, false), ...operation === lookup ? [] : rows(`/${type}/:id/$${name}`, true)]
}
