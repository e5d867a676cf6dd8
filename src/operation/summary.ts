/**
 * `Patient/[id]/$summary` (IPS 1.1.0): a document of what the caller sees of the medical profile. Each section is a search; the
 * three that IPS needs are always there, and read the same whether there is nothing or nothing for this caller. To whom a read of
 * the patient shows nothing, it answers as that does.
 */
import { NIL } from '../audit/event.js'
import type { Access } from '../audit/event.js'
import type { Answer, Entry, Section } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { include } from '../interaction/include.js'
import { readQuery } from '../interaction/query-terms.js'
import { absent, refuse, tracingRefusal } from '../interaction/read.js'
import { decided, prepare, shown } from '../interaction/search.js'
import { inTime } from '../interaction/search-time.js'
import type { Kept } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { faultOf, notSupported } from '../search/fault.js'
import { allows } from '../security/scope.js'
import { readInput, textIn } from './input.js'
import type { Asked } from './input.js'
import { lastOfEach } from './lastn.js'
import { SECTIONS } from './summary-sections.js'
import type { Part } from './summary-sections.js'
import { traced } from './why.js'

export interface Summary extends Asking { readonly id: string, readonly asked: Asked }

const OPERATION = '$summary'
/** What a summary may be asked to conform to: it has one form. */
const PROFILES: readonly string[] = ['Bundle-uv-ips', 'Composition-uv-ips'].map(name => `http://hl7.org/fhir/uv/ips/StructureDefinition/${name}`)
const INCLUDED = ['MedicationStatement', 'MedicationRequest'].map(source => ({ source, parameter: 'medication', target: 'Medication' }))

/** Of the one patient whom an identifier finds in full. */
export async function summaryOf (context: Context, { sight, asked }: Omit<Summary, 'id'>): Promise<Answer> {
  needScope({ sight }, 'Patient', 's')
  const identifier = readInput(context, asked, ['identifier', 'profile']).get('identifier')
  if (identifier === undefined) throw new OutcomeError('invalid-parameter', { ...faultOf('identifier', 'is needed, or the id of the patient'), code: 'required' })
  const prepared = await prepare(context, { sight }, readQuery(context, 'Patient', [['identifier', textIn(identifier)]], false, sight.caller.now))
  const found = await context.store.findKept({ type: 'Patient', filter: prepared.filter, sort: [], limit: 2 })
  const [one, ...others] = (await shown(context, sight, [prepared], found)).filter(({ subset }) => subset === undefined)
  if (others.length > 0) throw new OutcomeError('several-matches', faultOf('identifier', 'is that of more than one patient'))
  return await summary(context, { sight, id: one?.version.id ?? NIL, asked })
}

export async function summary (whole: Context, asking: Summary): Promise<Answer> {
  const context = inTime(whole)
  const { sight, id } = asking
  needScope(asking, 'Patient', 'r')
  const patient = await context.store.read('Patient', id)
  const refused = await refuse(context, { sight, type: 'Patient', id }, 'operation', patient)
  if (refused !== undefined || patient === undefined) return traced(refused ?? absent(sight, 'Patient', 'operation'), OPERATION)
  return traced(await tracingRefusal(sight, 'operation', patient, async () => await summarise(context, asking, patient)), OPERATION)
}

async function summarise (context: Context, asking: Summary, patient: Kept): Promise<Answer> {
  const { sight, id } = asking
  const profile = readInput(context, asking.asked, ['identifier', 'profile']).get('profile')
  if (profile !== undefined && !PROFILES.includes(textIn(profile).replace(/\|.*$/, ''))) throw notSupported('profile', `is one of ${PROFILES.join(', ')}`)
  const sections = await Promise.all(SECTIONS.map(async ({ title, code, isNeeded, parts }): Promise<Section & { readonly isNeeded: boolean }> => ({
    title, code, isNeeded, versions: (await Promise.all(parts.map(async part => await seen(context, asking, part)))).flat()
  })))
  const told = sections.filter(({ isNeeded, versions }) => isNeeded || versions.length > 0)
  const entries = told.flatMap(({ versions }) => versions).map((version): Entry => ({ version, mode: 'match' }))
  const request = readQuery(context, 'MedicationStatement', [['patient', id]], false, sight.caller.now)
  const beside = (await include(context, asking, { ...request, includes: INCLUDED }, entries)).map(({ version }) => version)
  const { subject, ...document } = { subject: patient, sections: told.map(({ isNeeded, ...section }) => section), beside }
  const versions = [subject, ...entries.map(({ version }) => version), ...beside]
  return {
    status: 200, headers: {}, body: { kind: 'document', id: context.newId(), at: sight.caller.now, subject, ...document }, sight, accesses: accessesTo(asking, versions)
  }
}

/** What the caller sees of one sort of entries, the newest first. */
async function seen (context: Context, asking: Summary, { type, query, isLast }: Part): Promise<readonly Kept[]> {
  const { sight, id } = asking
  if (!allows(sight.caller.principal.scopes, type, 's')) return []
  const given = [['patient', id], ...query] as const
  if (isLast === true) return (await lastOfEach(context, asking, given)).map(({ version }) => version)
  const prepared = await prepare(context, asking, readQuery(context, type, [...given, ['_sort', '-_lastUpdated']], false, sight.caller.now))
  const { request: { sort }, filter } = prepared
  const found = await context.store.findKept({ type, filter, sort, limit: context.limits.count })
  return (await shown(context, sight, [prepared], found)).map(({ version }) => version)
}

/** Of each type of which something is told, one. */
function accessesTo ({ sight, id }: Summary, versions: readonly Kept[]): readonly Access[] {
  return [...new Set(versions.map(({ type }) => type))].map((type): Access => {
    const told = versions.filter(version => version.type === type)
    return { interaction: 'operation', type, patient: id, disclosed: told.map(version => `${type}/${version.id}`), ...decided(sight, id, told), isNamed: true, outcome: '0' }
  })
}
