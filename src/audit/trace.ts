import type { AuditEvent, Extension } from '@medplum/fhirtypes'
import { familyOf } from '../consent/family.js'
import type { Hidden, TraceFacts } from '../consent/family.js'
import { inPersonKeys } from '../consent/caller.js'
import type { Caller } from '../consent/caller.js'
import type { Version } from '../interaction/store.js'
import { extract } from '../search/extract.js'
import type { Registry } from '../search/parameter.js'
import { DECISION, NIL, OF_RECORD, decisionExtension, disclosedExtension, toAuditEvent } from './event.js'
import type { Access, InteractionCode } from './event.js'

export interface TracePorts {
  readonly registry: Registry
  readonly hash: (text: string) => string
  readonly newId: () => string
  readonly clock: () => number
}

/** The interactions that leave a version behind which can be read. */
const WRITES: readonly InteractionCode[] = ['create', 'update', 'patch']

/** The journal entry of one access, ready to be stored: an AuditEvent with the facts that decide who may read it. */
export function toTrace (access: Access, caller: Caller, ports: TracePorts): Version {
  const recorded = ports.clock()
  const event = toAuditEvent(access, caller, ports.newId(), recorded)
  const about = access.about === undefined ? [] : [access.about]
  const disclosed = access.disclosed ?? []
  const choices = [...access.decision?.choices ?? [], ...access.rests?.otherwise.choices ?? []].map(id => `Consent/${id}`)
  const facts: TraceFacts = {
    agents: caller.person === undefined ? [] : inPersonKeys({ person: caller.person, own: caller.own }),
    by: caller.principal.migrator === undefined ? caller.principal.kind : 'operator',
    isPermitted: access.decision?.permit ?? access.outcome === '0',
    family: access.type === OF_RECORD ? 'record' : familyOf(access.type),
    about,
    disclosed,
    isNamed: access.isNamed ?? true,
    ...choices.length === 0 ? {} : { choices },
    isSecret: caller.principal.isSecret,
    ...access.rests === undefined ? {} : { rests: access.rests },
    ...access.outcome === '0' && WRITES.includes(access.interaction) ? { isWrite: true } : {}
  }
  const text = JSON.stringify(event)
  return {
    type: 'AuditEvent',
    id: event.id ?? '',
    version: '1',
    revision: 1,
    at: recorded,
    // What is not there is in no record.
    patient: access.patient === NIL ? null : access.patient,
    isDeleted: false,
    // What a search disclosed is no search key: the key would tell what the shown event does not.
    ...extract(ports.registry, event, ports.hash),
    facts,
    text
  }
}

/**
 * The event as its reader may see it: the decision for holder and representatives alone, and no id of what is hidden from
 * the reader, a choice that decided neither; nor a permit for the sake of what is hidden from them.
 */
export function viewTrace (trace: Version, reader: { readonly isTold: boolean, readonly hidden: Hidden }): string {
  const event = JSON.parse(trace.text) as AuditEvent
  const { disclosed, rests } = trace.facts as TraceFacts
  const { extension = [], ...rest } = event
  const isOtherwise = rests !== undefined && rests.on.every(reference => reader.hidden.has(reference))
  const decided = isOtherwise ? decisionExtension(rests.otherwise) : extension.filter(({ url }) => url === DECISION)
  const shown = [
    ...reader.isTold ? decided.map(one => withoutHidden(one, reader.hidden)) : [],
    ...extension.filter(({ url }) => url !== DECISION),
    ...disclosedExtension(disclosed.filter(reference => !reader.hidden.has(reference)))
  ]
  const { resourceType, id, meta, ...body } = rest
  return JSON.stringify({ resourceType, id, meta, ...shown.length === 0 ? {} : { extension: shown }, ...body })
}

function withoutHidden ({ url, extension = [] }: Extension, hidden: Hidden): Extension {
  return { url, extension: extension.filter(({ valueReference }) => valueReference?.reference === undefined || !hidden.has(valueReference.reference)) }
}
