/**
 * Who is who, whatever the identifier says it in: one key for a person, one for a structure.
 *
 * RPPS and idNatPs (`8` + RPPS) are one person; FINESS, SIRET, SIREN and idNatSt of one site share the key of the
 * idNatSt (prefixes of `domain.md` 1.2 and 1.3). Which keys belong to one structure is the directory's to say.
 */
export interface Identifier { readonly system?: string | undefined, readonly value?: string | undefined }

export const INS_SYSTEMS: readonly string[] = [
  'urn:oid:1.2.250.1.213.1.4.8', 'urn:oid:1.2.250.1.213.1.4.9', 'urn:oid:1.2.250.1.213.1.4.10', 'urn:oid:1.2.250.1.213.1.4.11'
]
export const ID_NAT_PS = 'urn:oid:1.2.250.1.71.4.2.1'
export const ID_NAT_ST = 'urn:oid:1.2.250.1.71.4.2.2'
export const CLIENT = 'https://fhir.espace-sante.example/NamingSystem/client'

const RPPS = 'https://rpps.esante.gouv.fr'
const STRUCTURE_PREFIX: Readonly<Record<string, string>> = {
  'https://finess.esante.gouv.fr': '1',
  'https://adelirang.esante.gouv.fr': '0',
  'https://rppsrang.esante.gouv.fr': '4'
}
const SIRENE = 'https://sirene.fr'

/** The key of an identified person, structure or application; undefined for an identifier of an unknown system. */
export function identityKey ({ system, value }: Identifier): string | undefined {
  const text = value?.trim()
  if (text === undefined || text === '') return undefined
  if (system === RPPS) return `person:8${text}`
  if (system === ID_NAT_PS) return `person:${text}`
  if (system === ID_NAT_ST) return `structure:${text}`
  if (system === SIRENE) return `structure:${text.length === 14 ? '3' : '2'}${text}`
  if (system === CLIENT) return `client:${text}`
  const prefix = system !== undefined && Object.hasOwn(STRUCTURE_PREFIX, system) ? STRUCTURE_PREFIX[system] : undefined
  return prefix === undefined ? undefined : `structure:${prefix}${text}`
}

/** The keys of some structures, each by its idNatSt. */
export function structureKeys (values: readonly string[]): ReadonlySet<string> {
  return new Set(values.flatMap(value => identityKey({ system: ID_NAT_ST, value }) ?? []))
}

/** `system|value` of an INS, or undefined where the identifier is none. */
export function insKey ({ system, value }: Identifier): string | undefined {
  return system !== undefined && INS_SYSTEMS.includes(system) && value !== undefined ? `${system}|${value.trim()}` : undefined
}
