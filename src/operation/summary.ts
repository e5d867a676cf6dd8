/**
 * `Patient/[id]/$summary` (IPS 1.1.0): a document of what the caller sees of the medical profile. Each section is a search; the
 * three that IPS needs are always there, and read the same whether there is nothing or nothing for this caller. To whom a read of
 * the patient shows nothing, it answers as that does.
 */
import { NIL, OF_RECORD } from '../audit/event.js'
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
import { escape } from '../search/escape.js'
import { faultOf, notSupported } from '../search/fault.js'
import { allows } from '../security/scope.js'
import { readInput, textIn } from './input.js'
import type { Asked } from './input.js'
import { lastOfEach } from './lastn.js'
import { SECTIONS } from './summary-sections.js'
import type { Part } from './summary-sections.js'
import { traced } from './why.js'

/** @property isFound whether an identifier led to it */
export interface Summary extends Asking { readonly id: string, readonly asked: Asked, readonly isFound?: boolean }

const OPERATION = '$summary'
/** What a summary may be asked to conform to: it has one form. */
const PROFILES: readonly string[] = ['Bundle-uv-ips', 'Composition-uv-ips'].map(name => `http://hl7.org/fhir/uv/ips/StructureDefinition/${name}`)
const INCLUDED = ['MedicationStatement', 'MedicationRequest'].map(source => ({ source, parameter: 'medication', target: 'Medication' }))

/** Of the one patient whom an identifier finds in full. */
export async function summaryOf (context: Context, { sight, asked }: Omit<Summary, 'id'>): Promise<Answer> {
  needScope({ sight }, 'Patient', 's')
  const identifier = readInput(context, asked, ['identifier', 'profile']).get('identifier')
  if (identifier === undefined) throw new OutcomeError('invalid-parameter', { ...faultOf('identifier', 'is needed, or the id of the patient'), code: 'required' })
  const prepared = await prepare(context, { sight }, readQuery(context, 'Patient', [['identifier', textIn(identifier).split('|').map(escape).join('|')]], false, sight.caller.now))
  const found = await context.store.findKept({ type: 'Patient', filter: prepared.filter, sort: [], limit: 2 })
  const [one, ...others] = (await shown(context, sight, [prepared], found)).filter(({ subset }) => subset === undefined)
  if (others.length > 0) throw new OutcomeError('several-matches', faultOf('identifier', 'is that of more than one patient'))
  return await summary(context, { sight, id: one?.version.id ?? NIL, asked, isFound: true })
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
  const profile = readInput(context, asking.asked, asking.isFound === true ? ['identifier', 'profile'] : ['profile']).get('profile')
  if (profile !== undefined && !PROFILES.includes(textIn(profile).replace(/\|.*$/, ''))) throw notSupported('profile', `is one of ${PROFILES.join(', ')}`)
  const sections = await Promise.all(SECTIONS.map(async ({ title, code, isNeeded, parts }): Promise<Section & { readonly isNeeded: boolean }> => {
    const all = await Promise.all(parts.map(async part => await seen(context, asking, part)))
    return { title, code, isNeeded, versions: all.flatMap(({ versions }) => versions), isCut: all.some(({ isCut }) => isCut) }
  }))
  const told = sections.filter(({ isNeeded, versions }) => isNeeded || versions.length > 0)
  const entries = told.flatMap(({ versions }) => versions).map((version): Entry => ({ version, mode: 'match' }))
  const request = readQuery(context, 'MedicationStatement', [['patient', id]], false, sight.caller.now)
  const beside = (await include(context, asking, { ...request, includes: INCLUDED }, entries)).map(({ version }) => version)
  const { subject, ...document } = { subject: patient, sections: told.map(({ isNeeded, ...section }) => section), beside }
  const versions = [subject, ...entries.map(({ version }) => version), ...beside]
  return {
    status: 200, headers: {}, body: { kind: 'document', id: context.newId(), at: sight.caller.now, subject, ...document }, sight, accesses: [accessTo(asking, versions)]
  }
}

/** What the caller sees of one sort of entries, the newest first. */
async function seen (context: Context, asking: Summary, { type, query, isLast }: Part): Promise<Pick<Section, 'versions' | 'isCut'>> {
  const { sight, id } = asking
  const most = context.limits.count
  if (!allows(sight.caller.principal.scopes, type, 's')) return { versions: [], isCut: false }
  const given = [['patient', id], ...query] as const
  if (isLast === true) return await lastOfEach(context, asking, given, most)
  const prepared = await prepare(context, asking, readQuery(context, type, [...given, ['_sort', '-_lastUpdated']], false, sight.caller.now))
  const { request: { sort }, filter } = prepared
  const found = await context.store.findKept({ type, filter, sort, limit: most + 1 })
  return { versions: (await shown(context, sight, [prepared], found.slice(0, most))).map(({ version }) => version), isCut: found.length > most }
}

/** One, of the record: how many there are must not tell of a type that is hidden from their reader. */
function accessTo ({ sight, id }: Summary, versions: readonly Kept[]): Access {
  return { interaction: 'operation', type: OF_RECORD, patient: id, disclosed: versions.map(version => `${version.type}/${version.id}`), ...decided(sight, id, versions), isNamed: true, outcome: '0' }
}
