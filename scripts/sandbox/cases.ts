/** The guided cases, each in steps, and whether a step was seen: told by the record itself, as its holder reads it. */
import type { AuditEvent, Bundle, Consent, DocumentReference, Resource } from '@medplum/fhirtypes'
import { TRE_A07 } from '../../src/consent/label.js'
import { CONSENT_KIND } from '../../src/terminology/canonical.js'
import type { Ask } from './ask.js'
import type { Filled } from './fill.js'

export interface Step { readonly says: string, readonly isSeen: boolean }
export interface Case { readonly title: string, readonly asks: string, readonly steps: readonly Step[] }

/** What the holder's record tells of what happened since it was filled, oldest first. */
interface Told { readonly events: readonly Event[], readonly documents: readonly DocumentReference[], readonly choices: readonly Consent[] }

interface Event {
  readonly at: string
  /** An identifier of the professional or structure; `holder`. */
  readonly who: string
  /** `search-type`, `read`, … */
  readonly what: string
  readonly isPermitted: boolean
  readonly isEmergency: boolean
  /** What a search or an operation asked. */
  readonly query: string
}

/** By this the page knows what it asked itself. */
const OWN = '_count=199'
const BTG = 'BTG'

/** @returns the cases of the holder's record, as far as they are done */
export async function casesOf (ask: Ask, filled: Filled): Promise<readonly Case[]> {
  const { doctor, laboratory, urgentist } = filled.roles
  const { events, documents, choices } = await readAll(ask, filled)
  const by = (who: string, what: RegExp) => events.filter(event => event.who === who && what.test(event.what))
  const after = (list: readonly Event[], since: string | undefined) => since === undefined ? [] : list.filter(({ at }) => at >= since)
  const masked = documents.find(({ securityLabel = [] }) => securityLabel.some(({ coding = [] }) => coding.some(({ system, code }) => system === TRE_A07 && code === 'MASQUE_PS')))?.meta?.lastUpdated
  const blocked = choices.find(({ status, category }) => status === 'active' && category.some(({ coding = [] }) => coding.some(({ system, code }) => system === CONSENT_KIND && code === 'blocage')))?.meta?.lastUpdated
  const looks = /^(?:read|search-type)$/
  return [
    {
      title: 'Deposit',
      asks: 'The laboratory deposits a result into the holder\'s record.',
      steps: [{ says: 'POST DocumentReference as laboratory', isSeen: by(laboratory, /^create$/).some(({ isPermitted }) => isPermitted) }]
    },
    {
      title: 'Replace',
      asks: 'The laboratory corrects it: a new document with relatesTo replaces.',
      steps: [{ says: 'POST DocumentReference with relatesTo as laboratory', isSeen: documents.some(({ relatesTo = [] }) => relatesTo.some(({ code }) => code === 'replaces')) }]
    },
    {
      title: 'Mask',
      asks: 'The holder masks a document; the general practitioner looks for it and finds nothing.',
      steps: [
        { says: 'PUT or PATCH of a DocumentReference with the label MASQUE_PS as holder', isSeen: masked !== undefined },
        { says: 'GET DocumentReference?patient=… or the document as general practitioner', isSeen: after(by(doctor, looks), masked).length > 0 }
      ]
    },
    {
      title: 'Block',
      asks: 'The holder blocks the general practitioner, who asks again and is not there any more.',
      steps: [
        { says: 'POST Consent of the kind blocage as holder', isSeen: blocked !== undefined },
        { says: 'GET DocumentReference?patient=… as general practitioner', isSeen: after(by(doctor, looks), blocked).some(({ isPermitted }) => !isPermitted) }
      ]
    },
    {
      title: 'Emergency',
      asks: 'A hospital doctor whom nobody let in sees what the hospital deposited, at most; breaks the glass, and sees the record.',
      steps: [
        { says: 'GET DocumentReference?patient=… as hospital doctor', isSeen: by(urgentist, looks).some(({ isEmergency }) => !isEmergency) },
        { says: 'the same with the token that breaks the glass', isSeen: by(urgentist, looks).some(({ isPermitted, isEmergency }) => isPermitted && isEmergency) }
      ]
    },
    {
      title: 'Trace',
      asks: 'The holder reads who was there.',
      steps: [{ says: 'GET AuditEvent?patient=… or Patient/[id]/$activity as holder', isSeen: by('holder', /^(?:search-type|operation)$/).some(({ query }) => /^AuditEvent\?|^\$activity/.test(query) && !query.includes(OWN)) }]
    }
  ]
}

async function readAll (ask: Ask, { personas, began }: Filled): Promise<Told> {
  const { patient = '', ins = '' } = personas.find(({ key }) => key === 'holder') ?? {}
  const since = new Date(began).toISOString()
  const find = async <T extends Resource>(type: string, more: string): Promise<readonly T[]> => {
    const found: T[] = []
    for (let path: string | undefined = `${type}?patient=Patient/${patient}&${OWN}&${more}`; path !== undefined;) {
      const { status, json } = await ask({ as: 'holder', ins }, 'GET', path)
      if (status !== 200) throw new Error(`the holder's record answered ${status}`)
      const { entry = [], link = [] } = json as Bundle
      found.push(...entry.map(({ resource }) => resource as T))
      const next = link.find(({ relation }) => relation === 'next')?.url
      path = next?.slice(next.indexOf(`${type}?`))
    }
    return found
  }
  const [events, documents, choices] = await Promise.all([
    find<AuditEvent>('AuditEvent', '_sort=-date'), find<DocumentReference>('DocumentReference', `_lastUpdated=ge${since}`), find<Consent>('Consent', `_lastUpdated=ge${since}`)
  ])
  return { events: events.map(eventOf).filter(({ at }) => at >= since).toReversed(), documents, choices }
}

function eventOf ({ recorded, subtype, agent, entity = [], extension = [] }: AuditEvent): Event {
  const { who, purposeOfUse = [] } = agent.find(({ requestor }) => requestor) ?? {}
  const decision = extension.find(({ url }) => url.endsWith('/decision'))?.extension
  const query = entity.flatMap(each => each.query === undefined ? [] : [Buffer.from(each.query, 'base64').toString()]).join('&')
  return {
    at: recorded,
    who: who?.identifier?.value ?? (who?.type === 'Patient' ? 'holder' : ''),
    what: subtype?.[0]?.code ?? '',
    isPermitted: decision?.find(({ url }) => url === 'permit')?.valueBoolean === true,
    isEmergency: purposeOfUse.some(({ coding = [] }) => coding.some(({ code }) => code === BTG)),
    query
  }
}
