/** What the published CapabilityStatements ask of a server that claims them (`domain.md` 11): their SHALL, by their canonical. */
import type { CapabilityStatement } from '@medplum/fhirtypes'

interface Demand {
  readonly formats: readonly string[]
  /** Of `restful-security-service`. */
  readonly security?: string
  readonly system?: readonly string[]
  /** By type: interactions, parameters (a dot is a chain), operations with `$`. */
  readonly types: Readonly<Record<string, readonly string[]>>
}

export const MHD_RESPONDER = 'https://profiles.ihe.net/ITI/MHD/CapabilityStatement/IHE.MHD.DocumentResponder'
export const PDSM_MANAGER = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/CapabilityStatement/PDSm-GestionnaireDePartageDeDocuments'
export const PCF_REGISTRY = 'https://profiles.ihe.net/ITI/PCF/CapabilityStatement/IHE.PCF.consentRegistry'
export const BULK_DATA = 'http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data'
export const IPA_SERVER = 'http://hl7.org/fhir/uv/ipa/CapabilityStatement/ipa-server'

const words = (text: string) => text.split(' ')
const both = words('xml json')
const found = words('read search-type')
const ofPatient = [...found, 'patient']

const DEMANDS: Readonly<Record<string, Demand>> = {
  [MHD_RESPONDER]: {
    formats: both,
    types: {
      DocumentReference: [...found, ...words('_id _lastUpdated author.given author.family category creation date event facility format identifier patient patient.identifier period related security-label setting status type')],
      List: [...found, ...words('_id _lastUpdated code date identifier patient patient.identifier source.given source.family status designationType sourceId')],
      Binary: ['read']
    }
  },
  [PDSM_MANAGER]: {
    formats: both,
    system: ['transaction'],
    types: {
      List: [...found, ...words('date DesignationType identifier status isArchived title SourceId source authorOrg code patient')],
      DocumentReference: [...found, 'patch', 'conditionalUpdate', ...words('type setting identifier creation security-label status isArchived period-start period-end format category relatesto event period subject patient author')],
      Binary: ['read']
    }
  },
  [PCF_REGISTRY]: { formats: both, system: ['search-system'], types: { Consent: words('create read vread update delete search-type _lastUpdated _id status patient patient.identifier actor') } },
  // Its levels are a choice; here it is that of patients.
  [BULK_DATA]: { formats: ['json'], types: { Patient: ['$export'] } },
  [IPA_SERVER]: {
    formats: ['json'],
    security: 'SMART-on-FHIR',
    types: {
      Patient: [...found, '_id', 'identifier'],
      ...Object.fromEntries(words('AllergyIntolerance Condition Immunization MedicationRequest MedicationStatement').map(type => [type, ofPatient])),
      DocumentReference: [...ofPatient, ...words('_id category date type $docref')],
      Observation: [...ofPatient, ...words('category code date')],
      Medication: ['read'],
      Practitioner: ['read'],
      PractitionerRole: ['read']
    }
  }
}

/** What of a claim a statement does not declare. @throws Error for a claim of which nothing is known here */
export function unmet (claim: string, { format = [], rest = [] }: CapabilityStatement): readonly string[] {
  const demand = DEMANDS[claim]
  if (demand === undefined) throw new Error(`what ${claim} demands is not known`)
  const { resource: resources = [], interaction: system = [], security } = rest[0] ?? {}
  const services = (security?.service ?? []).flatMap(({ coding = [] }) => coding.map(({ code }) => code))
  return [
    ...demand.formats.filter(each => !format.includes(each)),
    ...demand.security === undefined || services.includes(demand.security) ? [] : [demand.security],
    ...(demand.system ?? []).filter(each => !system.some(({ code }) => code === each)),
    ...Object.entries(demand.types).flatMap(([type, wanted]) => {
      const resource = resources.find(each => each.type === type)
      const names = (resource?.searchParam ?? []).map(({ name }) => name)
      const declared = new Set([
        ...(resource?.interaction ?? []).map(({ code }) => code as string), ...names, ...(resource?.operation ?? []).map(({ name }) => `$${name}`), ...resource?.conditionalUpdate === true ? ['conditionalUpdate'] : []
      ])
      return wanted.filter(each => !declared.has(each) && !(each.includes('.') && names.includes(each.slice(0, each.indexOf('.'))))).map(each => `${type} ${each}`)
    })
  ]
}
