import type { DocumentType } from './terminology.js'
import type { Person } from './patient.js'
import type { Content } from './report.js'

export interface Author { readonly id: string, readonly family: string, readonly given: string }

/** A document before it has a form: what both PDF and CDA say. */
export interface Sheet {
  readonly uuid: string
  readonly title: string
  /** An instant with its offset. */
  readonly date: string
  readonly kind: DocumentType
  readonly person: Person
  readonly author: Author
  /** The name of the structure. */
  readonly structure: string
  readonly structureId: string
  readonly content: Content
}
