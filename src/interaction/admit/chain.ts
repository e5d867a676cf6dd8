/**
 * Chains (`consent.md` 1 and 4): a document, all that replaced it and all that it replaced. Restricting labels, whoever
 * set them, are those of the whole chain, both ways; so a mask survives every replacement.
 */
import type { CodeableConcept, DocumentReference } from '@medplum/fhirtypes'
import { factsOf } from '../../consent/facts.js'
import type { Authorship, Chain, Facts } from '../../consent/facts.js'
import { isRestricting, labelKey, labelsOf, markOf } from '../../consent/label.js'
import { and, equals, isIn } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { belowBase } from '../../search/literal.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import type { Change, Kept, Version, Write } from '../store.js'
import { next } from '../version.js'
import { broken, parsed, unresolved } from './admission.js'

/** Documents of one chain, beyond which a deposit is refused. */
const MOST_MEMBERS = 200

interface Aligned {
  readonly companions: readonly Change[]
  readonly reindexed: NonNullable<Write['reindexed']>
}
interface Joined extends Aligned { readonly resource: DocumentReference, readonly chain: Chain }

/** @param at since when it is in the record */
interface Deposit { readonly patient: string, readonly document: DocumentReference, readonly id: string, readonly authorship: Authorship, readonly at: number }

/** Puts a deposit into the chains of what it replaces, and of earlier deposits of the same document by the same structure. */
export async function joinChain (context: Context, sight: Sight, { patient, document, id, authorship, at }: Deposit): Promise<Joined> {
  const { now } = sight.caller
  const replaced = await replacedBy(context, sight, patient, document)
  const sameOrigin = authorship.origins.length === 0
    ? []
    : await find(context, isIn('facts.origins', authorship.origins))
  const chains = [...replaced, ...sameOrigin].map(version => version.facts as Facts)
  if (chains.length === 0) return { resource: document, chain: { ids: [id], began: at, opens: context.opensAfter(at), wasWithheld: false }, companions: [], reindexed: [] }
  const members = await find(context, and(equals('patient', patient), isIn('_id', chains.flatMap(({ chain }) => chain))))
  if (members.length > MOST_MEMBERS) throw broken('This document was replaced too often', 'DocumentReference.relatesTo')
  const chain: Chain = {
    ids: [...members.map(member => member.id), id],
    began: Math.max(...chains.map(({ began }) => began)),
    opens: Math.max(...chains.map(({ opens }) => opens)),
    wasWithheld: chains.some(({ wasWithheld }) => wasWithheld)
  }
  const isWithheld = ({ labels, opens }: Facts) => labels.includes('INVISIBLE_PATIENT') && now < opens
  const asks = labelsOf(document).some(label => markOf(label) === 'INVISIBLE_PATIENT')
  if (chains.some(each => each.wasWithheld && !isWithheld(each)) && (asks || chains.some(isWithheld))) {
    throw broken('The announcement of a document is not withheld a second time', 'DocumentReference.securityLabel')
  }
  const labels = restricting([document, ...members.map(asLabelled)])
  const superseded = new Set(replaced.map(version => version.id))
  const aligned = align(context, at, members, { labels, chain, superseded })
  return { resource: withLabels(document, labels), chain, ...aligned }
}

/** The other documents of a chain after an update of one of them: its restricting labels are theirs. */
export async function alignChain (context: Context, now: number, document: DocumentReference, known: Facts): Promise<Aligned> {
  const others = known.chain.filter(id => id !== document.id)
  if (others.length === 0) return { companions: [], reindexed: [] }
  const wasWithheld = known.wasWithheld || labelsOf(document).some(label => markOf(label) === 'INVISIBLE_PATIENT')
  const chain = { ids: known.chain, began: known.began, opens: known.opens, wasWithheld }
  const members = await find(context, isIn('_id', others))
  return align(context, now, members, { labels: restricting([document]), chain, superseded: new Set() })
}

interface Alignment { readonly labels: readonly CodeableConcept[], readonly chain: Chain, readonly superseded: ReadonlySet<string> }

/** A member whose labels or status change gets a new version, another one new facts only. */
function align (context: Context, now: number, members: readonly Version[], { labels, chain, superseded }: Alignment): Aligned {
  const companions: Change[] = []
  const reindexed: { type: string, id: string, facts: Facts }[] = []
  for (const member of members) {
    const known = member.facts as Facts
    const before = member.isDeleted ? undefined : parsed(member)
    const after = before === undefined
      ? undefined
      : { ...withLabels(before, labels), status: superseded.has(member.id) && before.status === 'current' ? 'superseded' as const : before.status }
    if (before === undefined || after === undefined) {
      // A deleted document has no text any more; its labels are kept among its facts.
      reindexed.push({ type: member.type, id: member.id, facts: factsOfDeleted(known, labels, chain) })
    } else if (after.status !== before.status || keysOf(after) !== keysOf(before)) {
      companions.push({ next: next(context, member, after, factsOf(after, known, chain), now), replaces: member, claims: known.claims })
    } else {
      reindexed.push({ type: member.type, id: member.id, facts: factsOf(before, known, chain) })
    }
  }
  return { companions, reindexed }
}

/** A member as far as its labels go; a deleted one has them among its facts only. */
function asLabelled (member: Version): DocumentReference {
  if (!member.isDeleted) return parsed(member)
  const coding = (member.facts as Facts).tags.map(tag => ({ system: tag.slice(0, tag.lastIndexOf('|')), code: tag.slice(tag.lastIndexOf('|') + 1) }))
  return { resourceType: 'DocumentReference', status: 'current', content: [], securityLabel: [{ coding }] }
}

function factsOfDeleted (known: Facts, labels: readonly CodeableConcept[], chain: Chain): Facts {
  const labelled = factsOf({ resourceType: 'DocumentReference', status: 'current', content: [], securityLabel: [...labels] }, known, chain)
  return { ...known, labels: labelled.labels, tags: labelled.tags, chain: chain.ids, began: chain.began, opens: labelled.opens, wasWithheld: labelled.wasWithheld }
}

function keysOf (document: DocumentReference): string {
  return restricting([document]).flatMap(({ coding = [] }) => coding.map(labelKey)).toSorted().join()
}

/** The restricting labels of some documents, each once. */
function restricting (documents: readonly DocumentReference[]): readonly CodeableConcept[] {
  const labels = new Map(documents.flatMap(labelsOf).filter(isRestricting).map(label => [labelKey(label), label]))
  return [...labels.values()].map(label => ({ coding: [label] }))
}

/** A document with exactly these restricting labels, its other labels kept. */
function withLabels (document: DocumentReference, labels: readonly CodeableConcept[]): DocumentReference {
  const wanted = new Set(labels.flatMap(({ coding = [] }) => coding.map(labelKey)))
  const stays = (label: { system?: string, code?: string }) => !isRestricting(label) || wanted.has(labelKey(label))
  const own = (document.securityLabel ?? []).map(concept => ({ ...concept, coding: (concept.coding ?? [{}]).filter(stays) })).filter(({ coding }) => coding.length > 0)
  const security = document.meta?.security?.filter(stays)
  const present = new Set([...own.flatMap(({ coding }) => coding), ...security ?? []].map(labelKey))
  const missing = labels.filter(({ coding = [] }) => coding.some(label => !present.has(labelKey(label))))
  const securityLabel = [...own, ...missing]
  const { securityLabel: _, meta, ...rest } = document
  const { security: __, ...otherMeta } = meta ?? {}
  const newMeta = { ...otherMeta, ...security === undefined || security.length === 0 ? {} : { security } }
  return {
    ...rest,
    ...Object.keys(newMeta).length === 0 ? {} : { meta: newMeta },
    ...securityLabel.length === 0 ? {} : { securityLabel }
  }
}

/** What a deposit replaces: of this patient, authored by the writer or their structure, even when that is blocked. */
async function replacedBy (context: Context, sight: Sight, patient: string, { relatesTo = [] }: DocumentReference): Promise<readonly Kept[]> {
  const { person, own, client, relative, principal } = sight.caller
  const keys = [...person === undefined ? [] : [person], ...own, ...client === undefined ? [] : [client], ...relative === undefined ? [] : [relative], ...principal.kind === 'holder' ? [`Patient/${patient}`] : []]
  return await Promise.all(relatesTo.filter(({ code }) => code === 'replaces').map(async ({ target }) => {
    const reference = belowBase(target.reference ?? '', context.base)
    const [, id] = /^DocumentReference\/([A-Za-z0-9.-]{1,64})$/.exec(reference) ?? []
    const version = id === undefined ? undefined : await context.store.read('DocumentReference', id)
    const isOwn = version !== undefined && !version.isDeleted && version.patient === patient && (version.facts as Facts).authors.some(author => keys.includes(author))
    if (!isOwn) throw unresolved('DocumentReference.relatesTo.target')
    return version
  }))
}

async function find (context: Context, filter: Filter): Promise<readonly Version[]> {
  return await context.store.find({ type: 'DocumentReference', filter, sort: [], limit: MOST_MEMBERS + 1 })
}
