/**
 * `$simulate-consent`: what somebody would see of a record after a choice, and what they see before it. Both are asked of the
 * engine with that one's sight: the filter counts in MongoDB, the decision says it of each resource that is listed; the
 * choice is compiled as its writing would (`candidate.ts`), and nothing is written. Who asks may write that choice, and is
 * told of what they see themselves, no more.
 */
import { RECORD_TYPES } from '../consent/record-type.js'
import { and, equals, not, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Answer, Parameter } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { current } from '../interaction/directory.js'
import { access, absent, refuse, tracingRefusal } from '../interaction/read.js'
import type { Sight, SightOf } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { allows } from '../security/scope.js'
import { supposeEnded, supposeMade } from './candidate.js'
import type { Supposed } from './candidate.js'
import { readInput } from './input.js'
import type { Asked, Given } from './input.js'
import { PARTY_PARAMETERS, partyAsked, single } from './party.js'
import { sightIn } from './verdict.js'
import { traced } from './why.js'

export interface Simulate extends Asking { readonly id: string, readonly asked: Asked }

/** The sights of somebody: as it is, and as it would be. */
interface Sights { readonly before: Sight, readonly after: Sight }
/** How much of a type is seen, before, after, and either way; and the filters that say so. */
interface Count { readonly type: string, readonly before: number, readonly after: number, readonly either: number, readonly filters: Filters }
interface Filters { readonly before: Filter, readonly after: Filter, readonly changed: Filter, readonly same: Filter, readonly either: Filter }

const OPERATION = '$simulate-consent'
/** Resources that one answer lists, what would change first. */
const MOST_LISTED = 200

export async function simulateConsent (context: Context, asking: Simulate): Promise<Answer> {
  const { sight, id } = asking
  needScope(asking, 'Patient', 'r')
  const version = await context.store.read('Patient', id)
  const refused = await refuse(context, { sight, type: 'Patient', id }, 'operation', version)
  if (refused !== undefined || version === undefined) return traced(refused ?? absent(sight, 'Patient', 'operation'), OPERATION)
  return traced(await tracingRefusal(sight, 'operation', version, async () => await simulated(context, asking, version)), OPERATION)
}

async function simulated (context: Context, { sight, asked, id }: Simulate, version: Kept): Promise<Answer> {
  const stands = sight.situation(id)
  // A helper chooses nothing; who else chooses in a record does so for its holder, and is told of nobody's sight.
  if (stands?.stands !== 'holder' && !(stands?.stands === 'representative' && stands.isLegal)) throw new OutcomeError('forbidden')
  const input = readInput(context, asked, ['consent', 'end', ...PARTY_PARAMETERS])
  const party = await partyAsked(context, { sight, patient: id }, input)
  if (party === undefined) throw missing('Whose sight is asked for: actor, or purpose', 'actor')
  const principal = single(party)
  const supposed = await suppose(context, sight, id, input)
  const sightOn = async (sightOf: SightOf) => await sightIn(sightOf, principal, id, sight.caller.now)
  const sights = { before: await sightOn(context.sightOf), after: await sightOn(context.sightsOver(supposed.store)) }
  const counts = await countAll(context, sight, id, sights)
  const listed = await list(context, counts)
  return {
    status: 200,
    headers: {},
    body: { kind: 'parameters', parameters: toParameters(counts, listed, sights) },
    warnings: supposed.warnings,
    sight,
    accesses: [{ ...access(sight, 'Patient', 'operation', version, '0'), disclosed: listed.map(({ type, id }) => `${type}/${id}`) }]
  }
}

async function suppose (context: Context, sight: Sight, patient: string, input: ReadonlyMap<string, Given>): Promise<Supposed> {
  const [made, ended] = [input.get('consent'), input.get('end')]
  if (made !== undefined && ended === undefined) return await supposeMade(context, sight, made)
  if (ended !== undefined && made === undefined) return await supposeEnded(context, sight, patient, ended)
  throw missing('Which choice is asked about: one that would be made (consent), or one that would end (end)', ended?.place ?? 'consent')
}

function missing (diagnostics: string, expression: string): OutcomeError {
  return new OutcomeError('invalid-parameter', { diagnostics, expression, code: 'required' })
}

/** The identity and the record family, contents left to their documents, as far as the asker's scopes reach. */
async function countAll (context: Context, sight: Sight, patient: string, sights: Sights): Promise<readonly Count[]> {
  const { scopes } = sight.caller.principal
  const types = ['Patient', ...Object.keys(RECORD_TYPES)].filter(type => context.registry.types.includes(type) && allows(scopes, type, 'r'))
  const counts = await Promise.all(types.map(async (type): Promise<Count> => {
    const filters = await filtersOf(sight, patient, sights, type)
    const count = async (filter: Filter) => await context.store.count(type, filter)
    const [before, after, either] = await Promise.all([count(filters.before), count(filters.after), count(filters.either)])
    return { type, before, after, either, filters }
  }))
  return counts.filter(({ either }) => either > 0)
}

/** What the other one sees, of what the asker sees themselves. */
async function filtersOf (sight: Sight, patient: string, sights: Sights, type: string): Promise<Filters> {
  const [before, after] = [await sights.before.among(type, [patient]), await sights.after.among(type, [patient])]
  const own = await sight.among(type, [patient])
  const seen = (filter: Filter) => and(equals('patient', patient), current, own, filter)
  return {
    before: seen(before),
    after: seen(after),
    changed: seen(or(and(before, not(after)), and(after, not(before)))),
    same: seen(and(before, after)),
    either: seen(or(before, after))
  }
}

/** What would change, then what would not. */
async function list ({ store }: Context, counts: readonly Count[]): Promise<readonly Kept[]> {
  const listed: Kept[] = []
  for (const part of ['changed', 'same'] as const) {
    for (const { type, filters } of counts) {
      const limit = MOST_LISTED - listed.length
      if (limit > 0) listed.push(...await store.findKept({ type, filter: filters[part], sort: [], limit }))
    }
  }
  return listed
}

function toParameters (counts: readonly Count[], listed: readonly Kept[], { before, after }: Sights): readonly Parameter[] {
  const numbers = (of: readonly Pick<Count, 'before' | 'after'>[]): readonly Parameter[] => (['before', 'after'] as const).map(name =>
    ({ name, value: { valueUnsignedInt: of.reduce((sum, each) => sum + each[name], 0) } }))
  const leftOut = counts.reduce((sum, { either }) => sum + either, 0) - listed.length
  return [
    { name: 'total', parts: numbers(counts) },
    ...counts.map((count): Parameter => ({ name: 'type', parts: [{ name: 'code', value: { valueCode: count.type } }, ...numbers([count])] })),
    ...listed.map((version): Parameter => ({
      name: 'resource',
      parts: [
        { name: 'reference', version },
        { name: 'before', value: { valueBoolean: before.decide(version).permit } },
        { name: 'after', value: { valueBoolean: after.decide(version).permit } }
      ]
    })),
    ...leftOut > 0 ? [{ name: 'leftOut', value: { valueUnsignedInt: leftOut } }] : []
  ]
}
