/**
 * The document of a `$summary`: a Bundle with a Composition of ours before what it is about (R4 documents.html, IPS). The
 * Composition says of a record nothing but which of the entries is in which section, and how many: all of them were decided on.
 */
import type { Composition, CompositionSection } from '@medplum/fhirtypes'
import type { Body, Section } from '../interaction/answer.js'
import type { Kept } from '../interaction/store.js'

type Document = Extract<Body, { kind: 'document' }>

const IPS = 'http://hl7.org/fhir/uv/ips/StructureDefinition'
const LOINC = 'http://loinc.org'
/** LOINC: Patient summary document. */
const PATIENT_SUMMARY = '60591-5'

/** What is in a document, each version once. */
export function entriesOf ({ subject, sections, beside }: Document): readonly Kept[] {
  const all = [subject, ...sections.flatMap(({ versions }) => versions), ...beside]
  return [...new Map(all.map(version => [`${version.type}/${version.id}`, version])).values()]
}

/** @param view a version as its reader may see it */
export async function documentOf (document: Document, base: string, view: (version: Kept) => Promise<string>): Promise<string> {
  const entries = await Promise.all(entriesOf(document).map(async version => `{"fullUrl":${JSON.stringify(addressOf(version, base))},"resource":${await view(version)}}`))
  const head = {
    resourceType: 'Bundle',
    id: document.id,
    meta: { profile: [`${IPS}/Bundle-uv-ips`] },
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${document.id}` },
    type: 'document',
    timestamp: new Date(document.at).toISOString()
  }
  const first = `{"fullUrl":"urn:uuid:${document.id}","resource":${JSON.stringify(composition(document, base))}}`
  return `${JSON.stringify(head).slice(0, -1)},"entry":[${[first, ...entries].join(',')}]}`
}

function composition ({ id, at, subject, sections }: Document, base: string): Composition {
  return {
    resourceType: 'Composition',
    id,
    meta: { profile: [`${IPS}/Composition-uv-ips`] },
    status: 'final',
    type: { coding: [{ system: LOINC, code: PATIENT_SUMMARY }] },
    subject: { reference: addressOf(subject, base) },
    date: new Date(at).toISOString(),
    author: [{ type: 'Device', display: 'espace-sante-fhir' }],
    title: 'International Patient Summary',
    section: sections.map(section => sectionOf(section, base))
  }
}

/** Where nothing is seen, nothing is said of why: that there is nothing, or nothing for this reader, reads the same. */
function sectionOf ({ title, code, versions, isCut }: Section, base: string): CompositionSection {
  const { length } = versions
  const said = length === 0 ? 'no information available' : isCut ? `the newest ${length} entries, of more` : `${length} ${length === 1 ? 'entry' : 'entries'}`
  return {
    title,
    code: { coding: [{ system: LOINC, code }] },
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${title}: ${said}</p></div>` },
    ...length === 0
      ? { emptyReason: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/list-empty-reason', code: 'unavailable', display: 'Unavailable' }], text: 'No information available' } }
      : { entry: versions.map(version => ({ reference: addressOf(version, base) })) }
  }
}

function addressOf ({ type, id }: Kept, base: string): string {
  return `${base}/${type}/${id}`
}
