/** The one base of the canonicals of our own, and those of them that the code asks for by name. */
export const CANONICAL_BASE = 'https://fhir.espace-sante.example'

export const CONSENT_KIND = `${CANONICAL_BASE}/CodeSystem/consent-kind`
export const ACCOUNT_STATUS = `${CANONICAL_BASE}/CodeSystem/account-status`
export const LEGAL_REPRESENTATION = `${CANONICAL_BASE}/StructureDefinition/legal-representation`
export const NOTIFICATION_KIND = `${CANONICAL_BASE}/CodeSystem/notification-kind`
export const MESSAGE_KIND = `${CANONICAL_BASE}/CodeSystem/message-kind`
/** The system of parties that no directory lists: the operator. */
export const PARTY = `${CANONICAL_BASE}/NamingSystem/party`
export const DOCUMENT_TYPE = `${CANONICAL_BASE}/ValueSet/document-type`
export const MATRIX = `${CANONICAL_BASE}/ConceptMap/matrix`
export const TYPE_TO_CLASS = `${CANONICAL_BASE}/ConceptMap/type-to-class`
export const RESOURCE_TO_DOCUMENT_TYPE = `${CANONICAL_BASE}/ConceptMap/resource-to-document-type`
