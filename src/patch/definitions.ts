/** What R4 says of the children of a type; `validation/definitions.ts` reads it from the StructureDefinitions. */
export interface Definitions {
  /**
   * @param type a resource type, a data type (`HumanName`), or a part of a type (`Patient.contact`)
   * @param name as FHIRPath has it: `value` for `value[x]`
   * @returns nothing where there is no such element, or no such type
   */
  childOf (type: string, name: string): ElementShape | undefined
}

export interface ElementShape {
  readonly isList: boolean
  /** The ways in which it stands in JSON: one, or one for each type of a choice. */
  readonly forms: readonly Form[]
}

export interface Form {
  /** The name in JSON: `birthDate`, `valueDateTime`. */
  readonly key: string
  /** `date`, `HumanName`, `Patient.contact`; nothing for a resource, which names its type itself. */
  readonly type: string | undefined
  /** Whether it is primitive and may have an id and extensions beside its value, under `_key`. */
  readonly hasSibling: boolean
}
