import type { Bundle } from '@medplum/fhirtypes'
import { INS_TEST, oidOf, patientReference } from './identifier.js'
import { ID_NAT_PS, ID_NAT_ST } from '../../src/security/identity.js'
import type { Chance } from './chance.js'
import type { Deposit } from './document.js'
import type { Author } from './sheet.js'

const MHD = 'https://profiles.ihe.net/ITI/MHD'

/** Several documents of one patient as one ITI-65 transaction: the SubmissionSet, then each document and its Binary. */
export function submissionOf (chance: Chance, deposits: readonly Deposit[], { ins, author, structureId, date }: {
  readonly ins: string, readonly author: Author, readonly structureId: string, readonly date: string
}): Bundle {
  const [set, sent] = [chance.uuid(), deposits.map(deposit => ({ ...deposit, url: `urn:uuid:${chance.uuid()}`, binary: `urn:uuid:${chance.uuid()}` }))]
  return {
    resourceType: 'Bundle',
    meta: { profile: [`${MHD}/StructureDefinition/IHE.MHD.Comprehensive.ProvideBundle`] },
    type: 'transaction',
    entry: [
      {
        fullUrl: `urn:uuid:${set}`,
        resource: {
          resourceType: 'List',
          meta: { profile: [`${MHD}/StructureDefinition/IHE.MHD.Comprehensive.SubmissionSet`] },
          contained: [
            { resourceType: 'Practitioner', id: 'auteur', identifier: [{ system: ID_NAT_PS, value: author.id }], name: [{ family: author.family, given: [author.given] }] },
            { resourceType: 'Patient', id: 'patient', identifier: [{ system: INS_TEST, value: ins }] }
          ],
          extension: [
            { url: `${MHD}/StructureDefinition/ihe-designationType`, valueCodeableConcept: deposits[0]?.document.category?.[0] ?? {} },
            { url: `${MHD}/StructureDefinition/ihe-sourceId`, valueIdentifier: { system: ID_NAT_ST, value: structureId } },
            { url: `${MHD}/StructureDefinition/ihe-sourcePatientId`, valueReference: { reference: '#patient' } }
          ],
          identifier: [{ use: 'usual', system: 'urn:ietf:rfc:3986', value: `urn:oid:${oidOf(set)}` }],
          status: 'current',
          mode: 'working',
          code: { coding: [{ system: `${MHD}/CodeSystem/MHDlistTypes`, code: 'submissionset' }] },
          subject: patientReference(ins),
          date,
          source: { reference: '#auteur' },
          entry: sent.map(({ url }) => ({ item: { reference: url } }))
        },
        request: { method: 'POST', url: 'List' }
      },
      ...sent.flatMap(({ document, bytes, url, binary }): NonNullable<Bundle['entry']> => {
        const [content] = document.content
        return [
          {
            fullUrl: url,
            resource: { ...document, content: [{ ...content, attachment: { ...content?.attachment, url: binary } }] },
            request: { method: 'POST', url: 'DocumentReference' }
          },
          {
            fullUrl: binary,
            resource: { resourceType: 'Binary', contentType: content?.attachment.contentType ?? '', data: bytes.toString('base64') },
            request: { method: 'POST', url: 'Binary' }
          }
        ]
      })
    ]
  }
}
