/**
 * `Patient/[id]/$report-access`: the holder, or who represents them by law, questions an access that they saw among the
 * traces (CSP L1111-19). What they ask is a message of theirs to the operator, who learns the id of the trace and what the
 * asker writes, and nothing else of the record (decision 0034). One trace is questioned once by each: who asks again is
 * answered what they asked.
 */
import type { Communication } from '@medplum/fhirtypes'
import { toTrace } from '../audit/trace.js'
import { OPERATOR } from '../consent/caller.js'
import { participationFacts } from '../consent/participation.js'
import { and, equals, isIn } from '../filter/filter.js'
import { withMarks } from '../interaction/admit/deposit-label.js'
import { operatorReference } from '../interaction/admit/operator.js'
import { versionHeaders } from '../interaction/answer.js'
import type { Answer } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { shown, turnOf, written } from '../interaction/create.js'
import { current } from '../interaction/directory.js'
import { access, absent, refuse, tracingRefusal } from '../interaction/read.js'
import type { Sight } from '../interaction/sight.js'
import type { Kept, Version } from '../interaction/store.js'
import { first } from '../interaction/version.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { MESSAGE_KIND } from '../terminology/canonical.js'
import { invalid, readInput, referenceIn, textIn } from './input.js'
import type { Asked, Given } from './input.js'
import { traced } from './why.js'

export interface ReportAccess extends Asking { readonly id: string, readonly asked: Asked }

/** What is asked, by whom: `Patient/id` or `RelatedPerson/id`. */
interface Question { readonly asker: string, readonly event: string, readonly comment: string | undefined }

const OPERATION = '$report-access'
const EVENT = /^AuditEvent\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
/** Characters of a comment. */
const MOST_SAID = 2000

export async function reportAccess (context: Context, asking: ReportAccess): Promise<Answer> {
  const { sight, id } = asking
  needScope(asking, 'AuditEvent', 'r')
  needScope(asking, 'Communication', 'c')
  const version = await context.store.read('Patient', id)
  const refused = await refuse(context, { sight, type: 'Patient', id }, 'operation', version)
  if (refused !== undefined || version === undefined) return traced(refused ?? absent(sight, 'Patient', 'operation'), OPERATION)
  return traced(await tracingRefusal(sight, 'operation', version, async () => await reported(context, asking, version)), OPERATION)
}

async function reported (context: Context, { sight, id, asked }: ReportAccess, patient: Kept): Promise<Answer> {
  const asker = askerOf(sight, id)
  const input = readInput(context, asked, ['event', 'comment'])
  const event = eventIn(input.get('event'))
  const comment = commentIn(input.get('comment'))
  const refused = await refuseEvent(context, sight, event, patient)
  if (refused !== undefined) return refused
  const question = { asker, event, comment }
  const before = await askedBefore(context, id, question)
  if (before !== undefined) return told(sight, before, [access(sight, 'Communication', 'operation', before, '0')])
  const message = messageOf(context, sight, id, question)
  await context.store.commit({
    changes: [{ next: message, claims: [] }],
    ...turnOf(sight, id, 'Communication'),
    traces: [toTrace({ ...written(sight, 'Communication', 'create', message), query: OPERATION }, sight.caller, context)]
  })
  return told(sight, message, [])
}

/** A helper reads and deposits, and has no other right; to anybody else it is not theirs to ask. */
function askerOf (sight: Sight, id: string): string {
  const situation = sight.situation(id)
  if (situation?.stands === 'holder') return `Patient/${id}`
  const [key] = situation?.stands === 'representative' && situation.isLegal ? situation.keys : []
  if (key === undefined) throw new OutcomeError('forbidden')
  return key
}

function eventIn (given: Given | undefined): string {
  if (given === undefined) throw new OutcomeError('invalid-parameter', { diagnostics: 'Which access is questioned', expression: 'event', code: 'required' })
  const id = EVENT.exec(referenceIn(given).reference ?? '')?.[1]
  if (id === undefined) throw invalid(given, 'The event is a reference to an AuditEvent')
  return id
}

function commentIn (given: Given | undefined): string | undefined {
  if (given === undefined) return undefined
  const text = textIn(given)
  if (text.trim() === '' || text.length > MOST_SAID) throw invalid(given, `The comment has 1 to ${MOST_SAID} characters`)
  return text
}

/** A trace that the asker does not see, of whatever record, is as absent as one that never was, and costs as much. */
async function refuseEvent (context: Context, sight: Sight, id: string, patient: Kept): Promise<Answer | undefined> {
  const version = await context.store.read('AuditEvent', id)
  const event = version?.patient === patient.patient ? version : undefined
  if (event === undefined) await context.store.neighbour('AuditEvent', id)
  return await refuse(context, { sight, type: 'AuditEvent', id }, 'operation', event, patient)
}

const keyOf = ({ asker, event }: Question) => `question|AuditEvent/${event}|${asker}`

/** Per asker: that somebody else asked the same is theirs. */
async function askedBefore ({ store }: Context, patient: string, question: Question): Promise<Kept | undefined> {
  const [version] = await store.findKept({ type: 'Communication', filter: and(equals('patient', patient), current, isIn('found', [keyOf(question)])), sort: [], limit: 1 })
  return version
}

function messageOf (context: Context, sight: Sight, patient: string, question: Question): Version {
  const { asker, event, comment } = question
  const { now, principal } = sight.caller
  const holder = `Patient/${patient}`
  const resource = withMarks<Communication>({
    resourceType: 'Communication',
    status: 'completed',
    category: [{ coding: [{ system: MESSAGE_KIND, code: 'report-access' }] }],
    subject: { reference: holder },
    about: [{ reference: `AuditEvent/${event}` }],
    sent: new Date(now).toISOString(),
    recipient: [operatorReference() as NonNullable<Communication['recipient']>[number], ...asker === holder ? [] : [{ reference: holder }]],
    sender: { reference: asker },
    ...comment === undefined ? {} : { payload: [{ contentString: comment }] }
  }, principal.isSecret ? ['INVISIBLE_REPRESENTANTS_LEGAUX'] : [])
  const facts = participationFacts(resource, [asker], [OPERATOR, holder], { began: now, opens: context.opensAfter(now), wasWithheld: false })
  return first(context, { patient, resource, facts, claims: [], found: [keyOf(question)] }, context.newId(), now)
}

function told (sight: Sight, version: Kept, accesses: Answer['accesses']): Answer {
  return { status: 200, headers: versionHeaders(version), body: shown(sight, version, 'representation'), sight, accesses }
}
