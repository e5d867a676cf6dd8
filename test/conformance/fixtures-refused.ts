/** Which published examples are refused, at which place, and why. */
export const REFUSED: Readonly<Record<string, readonly string[]>> = {
  // An identity is opened with an INS and the strict traits.
  'ihe-balp/Patient-ex-patient.json': ['Patient.identifier'],
  'ihe-pcf/Patient-ex-mother.json': ['Patient.identifier'],
  'ihe-pcf/Patient-ex-patient.json': ['Patient.identifier'],
  'ihe-scheduling/Patient-pat1.json': ['Patient.identifier'],
  // A record resource belongs to one patient: these name none.
  'ihe-balp/DocumentReference-Dr-SAML-QDI.json': ['DocumentReference.subject'],
  'ihe-balp/DocumentReference-ex-documentreference.json': ['DocumentReference.subject'],
  'ihe-balp/DocumentReference-ex-documentreference2.json': ['DocumentReference.subject'],
  'ihe-mhd/DocumentReference-ex-DocumentReferenceMinimal.json': ['DocumentReference.subject'],
  'ihe-mhd/DocumentReference-ex-DocumentReferenceMinimalEncounter.json': ['DocumentReference.subject'],
  'ihe-mhd/DocumentReference-ex-documentreference.json': ['DocumentReference.subject'],
  'ihe-mhd/DocumentReference-ex-documentreference2.json': ['DocumentReference.subject'],
  'ihe-pcf/DocumentReference-ex-consent-ink.json': ['DocumentReference.subject'],
  'ihe-balp/List-ex-list.json': ['List.subject'],
  'ihe-mhd/List-ex-minimalFolder.json': ['List.subject'],
  'ihe-mhd/List-ex-minimalSubmissionSet.json': ['List.subject'],
  // They hold what was refused above, or what no example is.
  'ihe-mhd/List-ex-compFolder.json': ['List.entry[1].item'],
  'ihe-mhd/List-ex-compSubmissionSetFull.json': ['List.entry[1].item'],
  'ihe-mhd/List-ex-compSubmissionSetFullUnContained.json': ['List.entry[1].item'],
  'ihe-mhd/List-ex-compSubmissionSetList.json': ['List.entry[1].item'],
  'ans-pdsm/List-ExampleFolder.json': ['List.entry[0].item'],
  // What it contains is a version of its own (dom-4), and one is referred to by nothing (dom-3).
  'ans-pdsm/List-ExampleSubmissionSet.json': ['List.contained[0]', 'List.contained[1]'],
  // Bytes that are not of the declared type: a PDF that is a text; what is no base64.
  'ans-pdsm/Binary-6789.json': ['Binary.contentType'],
  'ihe-pcf/Binary-B-ink.json': ['Binary.data'],
  'ans-pdsm/DocumentReference-exemple-pdsm-documentreference.json': ['DocumentReference.contained[0]', 'DocumentReference.contained[0]'],
  // A choice has a provision; and whom it or a list names must be somebody: a Practitioner without identifier is nobody known.
  // With identities they are taken, and `pcf.test.ts` says what they do.
  'ihe-pcf/Group-ex-privilegedUsers.json': ['Group.member[0].entity'],
  'ihe-balp/Consent-ex-consent.json': ['Consent.provision'],
  'ihe-pcf/Consent-ex-consent-advanced-normal-break-glass-restricted.json': ['Consent.provision.actor.reference'],
  'ihe-pcf/Consent-ex-consent-advanced-normal-focused-psy-or-sdv.json': ['Consent.provision.actor.reference'],
  'ihe-pcf/Consent-ex-consent-advanced-normal-focused-psy.json': ['Consent.provision.actor.reference'],
  'ihe-pcf/Consent-ex-consent-advanced-normal-focused-restricted.json': ['Consent.provision.actor.reference'],
  'ihe-pcf/Consent-ex-consent-intermediate-purpose.json': ['Consent.provision.actor.reference'],
  'ihe-pcf/Consent-ex-dissent-intermediate-break-glass.json': ['Consent.provision.actor.reference'],
  'ihe-pcf/Consent-ex-consent-intermediate-authoredby.json': ['Consent.provision.data.reference'],
  'ihe-pcf/Consent-ex-consent-intermediate-not-authoredby.json': ['Consent.provision.data.reference'],
  // They are about ValueSets, which are no part of a record, and about Consents, which a hospital does not read.
  'ihe-pcf/Provenance-SlsSensitive-initial-history.json': ['Provenance.target'],
  'ihe-pcf/Provenance-SlsSensitive-split-history.json': ['Provenance.target'],
  'ihe-pcf/Provenance-SlsSensitive-update-history.json': ['Provenance.target'],
  'ihe-pcf/Provenance-ex-provenance-consent-basic-treat.json': ['Provenance.target[0]'],
  'ihe-pcf/Provenance-ex-provenance2-consent-basic-treat.json': ['Provenance.target[0]'],
  // Size and hash are not those of the content, as published, and it is no PDF.
  'ans-pdsm/DocumentReference-PDSmSimplifiedExample.json': ['DocumentReference.content[0].attachment.size', 'DocumentReference.content[0].attachment.hash']
}
