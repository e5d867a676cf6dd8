/**
 * `$why`: why a resource was answered to who asks; to the holder and their representatives also who else sees it, by which
 * rule and which choice, and why somebody they name does not (`consent.md` 4 and 7). Every answer is the engine's own, asked
 * with the sight that the other one would have at this instant. What the asker may not read is absent, as for a read, and
 * traced as one; nobody but holder and representatives is told of anybody else, nor of a choice that they do not read.
 */
import pLimit from 'p-limit'
import { PURPOSE, isOpenAccount } from '../consent/situation.js'
import type { Answer, Parameter } from '../interaction/answer.js'
import { ownerOf } from '../interaction/content.js'
import { needScope } from '../interaction/context.js'
import type { Context } from '../interaction/context.js'
import { access, absent, refuse, tracingRefusal } from '../interaction/read.js'
import type { Sight } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { around } from './around.js'
import { readInput } from './input.js'
import type { Asked } from './input.js'
import { identityOf } from './named.js'
import type { Place } from './named.js'
import { PARTY_PARAMETERS, partyAsked, partyOf, strangers, whoIs } from './party.js'
import type { Party } from './party.js'
import { told } from './told.js'
import type { Telling } from './told.js'
import { verdictsOf } from './verdict.js'

export interface Why extends Telling { readonly type: string, readonly id: string, readonly asked: Asked }

const OPERATION = '$why'
/** Of the others, how many are asked about at once. */
const AT_ONCE = 8

export async function why (context: Context, asking: Why): Promise<Answer> {
  const { sight, type, id } = asking
  needScope(asking, type, 'r')
  const version = type === 'Binary' ? await ownerOf(context, id) : await context.store.read(type, id)
  const judged = version?.type ?? (type === 'Binary' ? 'DocumentReference' : type)
  const refused = await refuse(context, { sight, type: judged, id }, 'operation', version)
  if (refused !== undefined || version === undefined) return traced(refused ?? absent(sight, type, 'operation'), OPERATION)
  return traced(await tracingRefusal(sight, 'operation', version, async () => ({
    status: 200,
    headers: {},
    body: { kind: 'parameters', parameters: await parameters(context, asking, version) },
    sight,
    accesses: [access(sight, version.type, 'operation', version, '0')]
  })), OPERATION)
}

/** Its accesses say which operation it was. */
export function traced (answer: Answer, operation: string): Answer {
  return { ...answer, accesses: answer.accesses.map(each => ({ ...each, query: operation })) }
}

async function parameters (context: Context, asking: Why, version: Kept): Promise<readonly Parameter[]> {
  const { sight, asked } = asking
  const input = readInput(context, asked, PARTY_PARAMETERS)
  const isTold = isToldOfOthers(sight, version.patient ?? '')
  if (!isTold && input.size > 0) throw new OutcomeError('forbidden', { diagnostics: 'Only the holder and their representatives are told of the sight of others', expression: [...input.values()][0]?.place ?? '' })
  const place = { sight, patient: version.patient ?? '' }
  const party = await partyAsked(context, place, input)
  const { parties, hasMore } = party !== undefined ? { parties: [party], hasMore: false } : isTold ? await others(context, place, version) : { parties: ofOperator(context, place), hasMore: false }
  const inTurn = pLimit(AT_ONCE)
  const rows = await Promise.all(parties.map(async (each): Promise<Parameter> => ({ name: 'party', parts: await inTurn(async () => await row(context, asking, version, each)) })))
  return [
    { name: 'resource', version },
    { name: 'answer', parts: await told(context, asking, version, sight.decide(version)) },
    ...rows,
    ...hasMore ? [{ name: 'hasMore', value: { valueBoolean: true } }] : []
  ]
}

/** Whoever reads the choices and the decisions of the traces: holder and representatives (`consent.md` 2, 7). */
function isToldOfOthers (sight: Sight, patient: string): boolean {
  const stands = sight.situation(patient)?.stands
  return stands === 'holder' || stands === 'representative'
}

/** Who keeps the accounts knows that one is not open, and so that nobody reads it. */
function ofOperator (context: Context, place: Place): readonly Party[] {
  const { sight, patient } = place
  if (sight.caller.principal.kind !== 'operator' || isOpenAccount(sight.account(patient))) return []
  return strangers(context, place).filter(({ kind }) => kind === 'structure')
}

async function others (context: Context, place: Place, version: Kept): Promise<{ readonly parties: readonly Party[], readonly hasMore: boolean }> {
  // A content that no document names has one reader, who asks.
  if (version.type === 'Binary') return { parties: [], hasMore: false }
  const { named, hasMore } = await around(context, place, version)
  const parties = await Promise.all(named.map(async one => await partyOf(context, place, one, { mode: 'normal' })))
  return { parties: [...parties, ...strangers(context, place, named)], hasMore }
}

/** One of the others: who, how they would ask, and each answer that they would get. */
async function row (context: Context, asking: Why, version: Kept, party: Party): Promise<readonly Parameter[]> {
  const { kind, mode, profession, structure } = party
  const who = whoIs(party)
  const verdicts = await verdictsOf(context.sightOf, party, version, asking.sight.caller.now)
  const answers = await Promise.all(verdicts.map(async ({ decision, professions }): Promise<Parameter> => ({
    name: 'answer',
    parts: [...professions.map(one => ({ name: 'profession', value: { valueCoding: codingOf(one) } })), ...await told(context, asking, version, decision)]
  })))
  return [
    { name: 'kind', value: { valueCode: kind } },
    ...who === undefined ? [] : [{ name: 'who', ...who }],
    ...kind === 'professional' ? [{ name: 'purpose', value: { valueCode: PURPOSE[mode] } }] : [],
    ...profession === undefined ? [] : [{ name: 'profession', value: { valueCoding: codingOf(profession) } }],
    ...structure === undefined ? [] : [{ name: 'structure', value: { valueReference: identityOf(structure) } }],
    ...answers
  ]
}

function codingOf (token: string) {
  const bar = token.lastIndexOf('|')
  return { system: token.slice(0, bar), code: token.slice(bar + 1) }
}
