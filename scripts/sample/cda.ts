/**
 * CDA R2 level 1: a header, and the document itself as PDF inside (`nonXMLBody`), with the templates that the CI-SIS asks
 * of an unstructured document: HL7 France, CI-SIS, IHE XDS-SD.
 */
import { oidOf } from './identifier.js'
import { LOINC } from './terminology.js'
import type { Sheet } from './sheet.js'

const SYSTEMS = { loinc: '2.16.840.1.113883.6.1', complement: '1.2.250.1.213.1.1.4.12' }
const INS = '1.2.250.1.213.1.4.10'
const ID_NAT_PS = '1.2.250.1.71.4.2.1'
const ID_NAT_ST = '1.2.250.1.71.4.2.2'
const TEMPLATES = ['2.16.840.1.113883.2.8.2.1', '1.2.250.1.213.1.1.1.1', '1.3.6.1.4.1.19376.1.2.20']

export function cdaOf ({ uuid, title, date, kind, person, author, structure, structureId }: Sheet, pdf: Buffer): Buffer {
  const { code = '', display = '', system } = kind.type
  const time = date.replace(/[-:T]/g, '').slice(0, 14) + date.slice(-6).replace(':', '')
  const name = `<name><family>${escaped(author.family)}</family><given>${escaped(author.given)}</given></name>`
  const organization = (tag: string) => `<${tag}><id root="${ID_NAT_ST}" extension="${structureId}"/><name>${escaped(structure)}</name></${tag}>`
  const entity = `<id root="${ID_NAT_PS}" extension="${author.id}"/><assignedPerson>${name}</assignedPerson>${organization('representedOrganization')}`
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <realmCode code="FR"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
${TEMPLATES.map(root => `  <templateId root="${root}"/>`).join('\n')}
  <id root="${oidOf(uuid)}"/>
  <code code="${code}" displayName="${escaped(display)}" codeSystem="${system === LOINC ? SYSTEMS.loinc : SYSTEMS.complement}"/>
  <title>${escaped(title)}</title>
  <effectiveTime value="${time}"/>
  <confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="fr-FR"/>
  <recordTarget><patientRole>
    <id root="${INS}" extension="${person.ins}"/>
    <patient>
      <name><family qualifier="BR">${escaped(person.family)}</family><given>${escaped(person.given)}</given></name>
      <administrativeGenderCode code="${person.gender === 'female' ? 'F' : 'M'}" codeSystem="2.16.840.1.113883.5.1"/>
      <birthTime value="${person.birthDate.replaceAll('-', '')}"/>
    </patient>
  </patientRole></recordTarget>
  <author><time value="${time}"/><assignedAuthor>${entity}</assignedAuthor></author>
  <custodian><assignedCustodian>${organization('representedCustodianOrganization')}</assignedCustodian></custodian>
  <legalAuthenticator><time value="${time}"/><signatureCode code="S"/><assignedEntity>${entity}</assignedEntity></legalAuthenticator>
  <documentationOf><serviceEvent><effectiveTime><low value="${time}"/></effectiveTime></serviceEvent></documentationOf>
  <component><nonXMLBody><text mediaType="application/pdf" representation="B64">${pdf.toString('base64')}</text></nonXMLBody></component>
</ClinicalDocument>
`)
}

/** Text as XML 1.0 has it, in elements and in attributes. */
function escaped (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
