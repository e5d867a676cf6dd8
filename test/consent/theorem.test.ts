/**
 * The theorems of `consent.md` 8 about what the server's own decision and compiled filter show, the model aside. The filter
 * is asked in memory: `differential.test.ts` holds MongoDB to it. Each theorem says how often it had something to say.
 */
import fc from 'fast-check'
import t from 'tap'
import type { ConsentProvision } from '@medplum/fhirtypes'
import { asked as anyAsked } from './draw.js'
import type { Asked } from './engine.js'
import { at } from './generators-cast.js'
import { choice as anyChoice, choiceOf, consentOf, tidyOf } from './generators-choice.js'
import type { ChoiceDraft } from './generators-choice.js'
import { breakChoice, WAYS } from './broken.js'
import type { WorldConsent } from './scenario.js'
import { sightOf } from './sight.js'
import type { Sight } from './sight.js'
import { choice, purpose } from './model/scene.js'

const SEED = Number(process.env['SEED'] ?? 20261129)
const RUNS = { seed: SEED, numRuns: Number(process.env['RUNS'] ?? 200) }
/** Rules whose permits no deny overrides. */
const ABOVE = [3, 4, 5, 7, 9]

const everyPurpose = ['TREAT', 'BTG', 'ETREAT'].flatMap(purpose)
const having = (asked: Asked, consents: readonly WorldConsent[]): Asked => ({ ...asked, world: { ...asked.world, consents } })
const isWithin = (fewer: ReadonlySet<string>, more: ReadonlySet<string>): boolean => [...fewer].every(id => more.has(id))
const shows = (fewer: Sight, more: Sight): boolean => isWithin(fewer.decided, more.decided) && isWithin(fewer.filtered, more.filtered)
const isSame = (one: Sight, other: Sight): boolean => shows(one, other) && shows(other, one)
const holdsDeny = ({ resource: { provision } }: WorldConsent): boolean => [provision, ...provision?.provision ?? []].some(each => each?.type !== 'permit')

/** A choice that a draft says, in a world of its own size. */
function drawn (asked: Asked, draft: ChoiceDraft): WorldConsent {
  const documents = asked.world.documents.filter(({ resource }) => resource.resourceType === 'DocumentReference').length
  return consentOf(draft, 90, asked.now, documents)
}

/** The same, of which every part denies. */
function denying (consent: WorldConsent): WorldConsent {
  const deny = ({ provision, ...rest }: ConsentProvision): ConsentProvision => ({ ...rest, type: 'deny', ...provision && { provision: provision.map(deny) } })
  return { ...consent, resource: { ...consent.resource, provision: deny(consent.resource.provision ?? {}) } }
}

/** Such as deny often, most of them to the caller who asks most. */
const anyDeny = fc.oneof(tidyOf(choiceOf('partage')), tidyOf(choiceOf('pcf')), choiceOf('blocage'), choiceOf('partage'), anyChoice)

interface Count { said: number, shown: number }
/** @param least of the runs in which the theorem had something to say: it was not true for want of cases */
function theorem (sentence: string, property: (count: Count) => fc.IRawProperty<unknown>, least: number): void {
  t.test(sentence, async t => {
    const count = { said: 0, shown: 0 }
    await fc.assert(property(count), RUNS)
    t.comment(`seed ${SEED}: ${RUNS.numRuns} runs, ${count.said} in which it had something to say, ${count.shown} in which something was shown`)
    t.ok(count.said >= least * RUNS.numRuns, 'it had something to say')
    t.ok(count.shown >= RUNS.numRuns * 0.1, 'and something was shown')
  })
}

const ground = (now: number): WorldConsent => ({ ...choice('PCF', { type: 'permit', purpose: everyPurpose }), acknowledged: now })

theorem('C3 any deny overrides every permit outside rules 3 to 7 and 9', count => fc.asyncProperty(anyAsked, anyDeny, async (asked, draft) => {
  const deny = denying(drawn(asked, draft))
  const alone = await sightOf(having(asked, [ground(asked.now), deny]))
  const denied = alone.stored.filter(({ type }) => type !== 'List').map(({ type, _id }) => `${type}/${_id}`).filter(name => [8, 11].includes(alone.rules.get(name) ?? 0))
  const all = await sightOf(having(asked, [...asked.world.consents, ground(asked.now), deny]))
  if (denied.length > 0) count.said++
  if (all.decided.size > 0) count.shown++
  return denied.every(name => (!all.decided.has(name) && !all.filtered.has(name)) || ABOVE.includes(all.rules.get(name) ?? 0))
}), 0.15)

theorem('nothing said is deny, but to the holder, to whom the law lets represent them, and to authors', count => fc.asyncProperty(anyAsked, async asked => {
  const silent = await sightOf(having(asked, []))
  if (asked.world.consents.length > 0) count.said++
  if (silent.decided.size > 0) count.shown++
  const mayBeSeen = new Set(['holder', 'representative'].includes(asked.caller.kind) ? silent.decided : silent.stored.filter(silent.isAuthor).map(({ type, _id }) => `${type}/${_id}`))
  return isWithin(silent.decided, mayBeSeen) && isWithin(silent.filtered, silent.decided)
}), 0.5)

theorem('C3 the order of choices, and saying one twice, do not matter', count => fc.asyncProperty(anyAsked, fc.array(fc.nat(99), { minLength: 20, maxLength: 20 }), async (asked, order) => {
  const mixed = asked.world.consents.map((consent, index) => ({ consent, place: at(order, index) })).toSorted((one, other) => one.place - other.place).map(({ consent }) => consent)
  const [once, again] = [await sightOf(asked), await sightOf(having(asked, [...mixed, ...mixed.slice((order[0] ?? 0) % 3)]))]
  if (mixed.length > 1) count.said++
  if (once.decided.size > 0) count.shown++
  return isSame(once, again) && [...once.rules].every(([name, rule]) => again.rules.get(name) === rule)
}), 0.5)

/** One more deny: a choice of its own, or an exception of one that is there. */
theorem('one more deny never shows more', count => fc.asyncProperty(anyAsked, anyDeny, fc.nat(20), async (asked, draft, place) => {
  const deny = denying(drawn(asked, draft))
  const { consents } = asked.world
  const into = consents[place]
  const exception: ConsentProvision = { ...deny.resource.provision, type: 'deny' }
  delete exception.provision
  const more = into === undefined || deny.resource.contained !== undefined
    ? [...consents, deny]
    : consents.with(place, { ...into, resource: { ...into.resource, provision: { ...into.resource.provision, provision: [...into.resource.provision?.provision ?? [], exception] } } })
  const [before, after] = [await sightOf(asked), await sightOf(having(asked, more))]
  if (after.decided.size < before.decided.size) count.said++
  if (before.decided.size > 0) count.shown++
  return shows(after, before)
}), 0.06)

theorem('one permit fewer never shows more', count => fc.asyncProperty(anyAsked, fc.nat(20), async (asked, place) => {
  const permits = asked.world.consents.filter(consent => !holdsDeny(consent))
  const gone = permits.length === 0 ? undefined : at(permits, place)
  const [before, after] = [await sightOf(asked), await sightOf(having(asked, asked.world.consents.filter(consent => consent !== gone)))]
  if (after.decided.size < before.decided.size) count.said++
  if (before.decided.size > 0) count.shown++
  return shows(after, before)
}), 0.03)

theorem('an exception that permits shows no less than none', count => fc.asyncProperty(anyAsked, fc.nat(20), async (asked, place) => {
  const among = asked.world.consents.filter(({ resource: { provision } }) => provision?.type === 'deny' && provision.provision?.length === 1 && provision.provision[0]?.type === 'permit')
  fc.pre(among.length > 0)
  const chosen = at(among, place)
  const without = { ...chosen, resource: { ...chosen.resource, provision: { ...chosen.resource.provision, provision: [] } } }
  const [before, after] = [await sightOf(asked), await sightOf(having(asked, asked.world.consents.map(consent => consent === chosen ? without : consent)))]
  count.said++
  if (before.decided.size > 0) count.shown++
  return shows(after, before)
}), 0.5)

theorem('C6 a choice that cannot be understood never shows more', count => fc.asyncProperty(anyAsked, fc.constantFrom(...WAYS), fc.nat(20), fc.nat(2), async (asked, way, place, where) => {
  const { consents } = asked.world
  fc.pre(consents.length > 0)
  const index = place % consents.length
  const [before, after] = [await sightOf(asked), await sightOf(having(asked, consents.with(index, breakChoice(at(consents, index), way, where))))]
  if (after.decided.size < before.decided.size) count.said++
  if (before.decided.size > 0) count.shown++
  return shows(after, before)
}), 0.03)
