import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { CodeSystem, Coding, ConceptMap, ValueSet } from '@medplum/fhirtypes'

/** The type of a document and its class, with the displays that are published. */
export interface DocumentType { readonly type: Coding, readonly category: Coding }

export const LOINC = 'http://loinc.org'
const A03 = 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument'

/** Reads `terminology/`: a type that is not there, or has no class, is not generated. */
export function createTypes (root: string): (code: string) => DocumentType {
  const json = <T>(name: string) => JSON.parse(readFileSync(path.join(root, 'terminology', name), 'utf8')) as T
  const types = (json<ValueSet>('document-type.json').compose?.include ?? [])
    .flatMap(({ system, concept = [] }) => concept.map(({ code, display }) => ({ system, code, display })))
  const classes = new Map((json<ConceptMap>('type-to-class.json').group ?? [])
    .flatMap(({ element = [] }) => element.map(({ code, target = [] }) => [code, target[0]?.code])))
  const displays = new Map((json<CodeSystem>('tre-a03-classe-document.json').concept ?? []).map(({ code, display }) => [code, display]))
  return code => {
    const type = types.find(each => each.code === code)
    const category = classes.get(code)
    const display = category === undefined ? undefined : displays.get(category)
    if (type?.system === undefined || type.display === undefined || category === undefined || display === undefined) throw new Error(`terminology/ does not have the type ${code} with its class`)
    return { type: { system: type.system, code, display: type.display }, category: { system: A03, code: category, display } }
  }
}
