/**
 * Sentences of `consent.md` 2 and 5 about the families that section 4 does not decide: choices, traces, identity, contents
 * that no document has claimed, and what is compiled of them. The decision and the filter are asked each.
 */
import t from 'tap'
import { compileIn, decideIn, familyOf, isShared } from '../../src/consent/family.js'
import type { ChoiceFacts, Subject, TraceFacts } from '../../src/consent/family.js'
import { BEYOND, TRE_A07 } from '../../src/consent/label.js'
import { choiceFactsOf } from '../../src/consent/provision.js'
import { compileRules, speaks, speaksUntil } from '../../src/consent/rules.js'
import type { RulesBody } from '../../src/consent/rules.js'
import { depositorKeys } from '../../src/consent/unclaimed.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { standing } from './engine.js'
import { options } from './generators.js'
import { APPLICATION, FINESS, RPPS, resolve } from './scenario.js'
import type { Caller, WorldConsent } from './scenario.js'
import { NOW, aboutReport, access, actor, ada, askedOf, block, choice, finer, holder, laboratory, lin, physician, purpose, treating, ward } from './model/scene.js'
import type { Case } from './model/scene.js'

type Line = readonly [sentence: string, given: Case, subject: Subject, isSeen: boolean, hidden?: readonly string[]]

/** Each line: a sentence, who asks under which choices, for what, whether it is there for them, and what is hidden from them. */
function pin (name: string, lines: readonly Line[]): void {
  t.test(name, async t => {
    for (const [sentence, given, { type, id, facts }, isSeen, hidden = []] of lines) {
      const situation = await standing(askedOf(given), '')
      if (situation === null) throw new Error('the token is refused')
      const filter = compileIn(situation, type)
      const stored = { _id: id, patient: 'patient', facts }
      // What tells of something hidden is among what the filter finds: it is decided on later.
      t.same([decideIn(situation, { type, id, facts }, new Set(hidden)).permit, evaluate(filter, stored)], [isSeen, isSeen || hidden.length > 0], sentence)
      t.notOk(evaluate(filter, { ...stored, patient: 'another' }), `${sentence}: in no other record`)
    }
  })
}

const parent: Case = { caller: { ...holder, kind: 'representative', relatedPerson: 'parent' } }
const appointed = choice('administrateur', { type: 'permit', ...actor(ada) })
const software: Caller = { kind: 'structure', mode: 'normal', structure: ward }
const app: Caller = { kind: 'application', mode: 'normal', ins: '180126978912536', client: 'app', scope: 'patient/*.rs' }
const paired = choice('application', { type: 'permit', ...actor({ system: APPLICATION, value: 'app' }) })

const kept = ({ resource }: WorldConsent): Subject => ({
  type: 'Consent',
  id: 'choice',
  facts: choiceFactsOf(resource, [], { acknowledged: NOW, partyOf: reference => resolve(askedOf({}), reference), knows: options.knows })
})
/** What a minor chose in a secret session. */
const beyond = choice('acces-ponctuel', { type: 'permit', ...actor(ada) }, { consent: { meta: { security: [{ system: TRE_A07, code: BEYOND }] } } })
pin('choices', [
  ['the holder reads every choice', { caller: holder }, kept(block(lin)), true],
  ['also while the account is not open', { caller: holder, world: { account: 'closed' } }, kept(block(lin)), true],
  ['a legal representative reads them', parent, kept(block(lin)), true],
  ['also while the account is not open, as the holder', { ...parent, world: { account: 'closed' } }, kept(block(lin)), true],
  ['but none that is beyond them', parent, kept(beyond), false],
  ['which the holder and who is named in it read', { caller: holder }, kept(beyond), true],
  ['in person', {}, kept(beyond), true],
  ['the médecin traitant reads them', { consents: [treating] }, kept(block(lin)), true],
  ['an administrator reads them', { consents: [appointed] }, kept(block(lin)), true],
  ['a professional reads a choice that names them', {}, kept(access()), true],
  ['and one that names their structure', {}, kept(access(ward)), true],
  ['but none about others', { consents: [access()] }, kept(access(lin)), false],
  ['nor one that holds a deny', { consents: [access()] }, kept(choice('PCF', { type: 'permit', ...actor(ada), provision: [{ type: 'deny', ...actor(lin) }] })), false],
  ['nor one that singles data out', { consents: [access()] }, kept(finer('permit', aboutReport)), false],
  ['nor any, once they are blocked', { consents: [block()] }, kept(access()), false],
  ['an application reads no choice, its own neither', { caller: app, consents: [paired] }, kept(paired), false],
  ['nor does the software of a structure', { caller: software }, kept(access(ward)), false],
  ['nor does the operator', { caller: { kind: 'operator', mode: 'normal' } }, kept(access()), false]
])

const event = (more: Partial<TraceFacts> = {}): Subject => ({
  type: 'AuditEvent',
  id: 'event',
  facts: { agents: [`${RPPS}|${lin.value}`], by: 'professional', isPermitted: true, family: 'record', about: ['DocumentReference/report'], disclosed: [], isNamed: true, isSecret: false, ...more } satisfies TraceFacts
})
const own = { agents: [`${RPPS}|${ada.value}`] }
const found = { about: [], disclosed: ['DocumentReference/report', 'DocumentReference/other'] }
pin('traces', [
  ['the holder reads all about the record', { caller: holder }, event({ family: 'choice', isPermitted: false }), true],
  ['but none while the account is not open', { caller: holder, world: { account: 'suspended' } }, event(), false],
  ['a representative reads them too', parent, event({ family: 'choice' }), true],
  ['but none of a secret session', parent, event({ isSecret: true }), false],
  ['nor any while the account is not open', { ...parent, world: { account: 'suspended' } }, event(), false],
  ['the médecin traitant reads the events of the record family', { consents: [treating] }, event(), true],
  ['and those only', { consents: [treating] }, event({ family: 'choice' }), false],
  ['besides, as any professional, those in which they are the agent', { consents: [treating] }, event({ ...own, family: 'choice' }), true],
  ['a professional reads events in which they are the agent', {}, event(own), true],
  ['not those of others, whatever their ground', { consents: [appointed] }, event(), false],
  ['nor those of an access that was refused', {}, event({ ...own, isPermitted: false }), false],
  ['nor their own, once they are blocked', { consents: [block()] }, event(own), false],
  ['an event about what is hidden from its reader is absent', { caller: holder }, event(), false, ['DocumentReference/report']],
  ['a search that disclosed only what is hidden from its reader is absent', { caller: holder }, event({ ...found, isNamed: false }), false, found.disclosed],
  ['unless it named the record', { caller: holder }, event(found), true, found.disclosed],
  ['or disclosed something else', { caller: holder }, event({ ...found, isNamed: false }), true, ['DocumentReference/report']],
  ['an application reads none', { caller: app, consents: [paired] }, event(), false],
  ['nor does the operator', { caller: { kind: 'operator', mode: 'normal' } }, event(), false]
])

const identity: Subject = { type: 'Patient', id: 'patient', facts: {} }
pin('identity', [
  ['the holder is shown in full to themselves', { caller: holder }, identity, true],
  ['but not while the account is not open', { caller: holder, world: { account: 'closed' } }, identity, false],
  ['to a representative', parent, identity, true],
  ['but not while the account is not open, either', { ...parent, world: { account: 'closed' } }, identity, false],
  ['to the médecin traitant', { consents: [treating] }, identity, true],
  ['to an application for its own holder', { caller: app, consents: [paired] }, identity, true],
  ['to whoever has a ground about the whole record', { consents: [access()] }, identity, true],
  ['not to whoever has one about some of it', { consents: [finer('permit', aboutReport)] }, identity, false],
  ['nor by an exception', { consents: [choice('PCF', { type: 'deny', ...actor(lin), provision: [{ type: 'permit', ...actor(ada) }] })] }, identity, false],
  ['nor to an author without a ground', { caller: { ...physician, person: lin, structure: laboratory } }, identity, false],
  ['nor to whoever is blocked', { consents: [access(), block()] }, identity, false],
  ['nor to the software of a structure', { caller: software, consents: [access(ward)] }, identity, false]
])

const adaAtWard = `${RPPS}|${ada.value}@${FINESS}|${ward.value}`
const posted = (depositor: string, claimedBy: string | null = null): Subject => ({ type: 'Binary', id: 'content', facts: { depositor, claimedBy, received: '' } })
pin('contents that no document has claimed', [
  ['its depositor reads it', {}, posted(adaAtWard), true],
  ['under the token of that structure only', { caller: { ...physician, structure: laboratory } }, posted(adaAtWard), false],
  ['a colleague does not', { caller: { ...physician, person: lin } }, posted(adaAtWard), false],
  ['nor its depositor, once a document has claimed it', {}, posted(adaAtWard, 'report'), false],
  ['nor once they are blocked', { consents: [block()] }, posted(adaAtWard), false],
  ['nor while the account is not open', { world: { account: 'closed' } }, posted(adaAtWard), false],
  ['the médecin traitant reads what they posted', { consents: [treating] }, posted(adaAtWard), true],
  ['nothing else', { consents: [treating] }, posted(`${RPPS}|${lin.value}@${FINESS}|${ward.value}`), false],
  ['the software of a structure reads what it posted', { caller: software }, posted(`${FINESS}|${ward.value}`), true],
  ['which no professional of that structure does', { consents: [access()] }, posted(`${FINESS}|${ward.value}`), false],
  ['not as médecin traitant either', { consents: [treating] }, posted(`${FINESS}|${ward.value}`), false],
  ['the holder reads what they posted', { caller: holder }, posted('Patient/patient'), true],
  ['but not while the account is not open', { caller: holder, world: { account: 'closed' } }, posted('Patient/patient'), false],
  ['and nothing that was posted for them', { caller: holder }, posted(adaAtWard), false],
  ['a representative reads what they posted', parent, posted('RelatedPerson/parent'), true],
  ['an application too, under its choice', { caller: app, consents: [paired] }, posted(`${APPLICATION}|app`), true]
])

t.test('who posts something is its depositor under one key', async t => {
  t.same(depositorKeys({ person: 'ada', own: ['ward', 'clinic'] }, 'nina'), ['ada@ward', 'ada@clinic'], 'a person as of the structure of the token')
  t.same(depositorKeys({ own: ['ward'] }, 'nina'), ['ward'], 'the software of a structure as the structure')
  t.same(depositorKeys({ own: [], client: 'app' }, 'nina'), ['app'], 'an application as itself')
  t.same(depositorKeys({ own: [], relative: 'RelatedPerson/parent' }, 'nina'), ['RelatedPerson/parent'], 'a representative as themselves')
  t.same(depositorKeys({ own: [] }, 'nina'), ['Patient/nina'], 'the holder as the patient')
})

t.test('a type has a family, or nobody is shown it', async t => {
  t.throws(() => familyOf('Basic'), /has no family/)
  t.same(['Organization', 'Group', 'Slot', 'Patient', 'Binary', 'Consent'].map(isShared), [true, true, true, false, false, false], 'only the directory and the open agenda belong to no record')
})

const compiled = (consent: WorldConsent): ChoiceFacts => kept(consent).facts as ChoiceFacts
const bodyOf = (...consents: readonly WorldConsent[]): RulesBody => compileRules(undefined, consents.map(compiled))
t.test('what is compiled for one actor', async t => {
  const before: RulesBody = { choices: [], account: 'open', majority: NOW, teams: [{ team: 'CareTeam/team', period: { start: 0, end: NOW }, isGround: true }] }
  const ended = compiled(choice('acces-ps', { type: 'permit', ...actor(ada) }, { consent: { status: 'inactive' } }))
  t.same(compileRules(before, [compiled(access()), ended]), { ...before, choices: [compiled(access()).choice] }, 'the choices that count, beside all else that is known')
  t.same(compileRules({ ...before, ...bodyOf(access()) }, []), before, 'what was said before is forgotten')
})

t.test('whether a search without a patient asks a record', async t => {
  t.equal(speaks('ada', bodyOf(access())), true, 'for who is named by a permit')
  t.equal(speaks('ada', bodyOf(block())), false, 'not for who is blocked, and no more')
  t.equal(speaks('ada', { choices: [], teams: [{ team: 'CareTeam/team', period: { start: 0, end: NOW }, isGround: true }] }), true, 'for who is in a team')
  t.equal(speaks('*', bodyOf(finer('deny', aboutReport))), false, 'not for everyone, when somebody is named')
  t.equal(speaks('*', bodyOf(choice('PCF', { type: 'deny' }))), true, 'for everyone, when a finer choice names nobody')
  t.equal(speaks('*', bodyOf(block('Practitioner/lost'))), true, 'or a block cannot be understood')
  t.equal(speaks('*', bodyOf(choice('urgence-ps', { type: 'permit', purpose: purpose('BTG') }))), false, 'not when it opens emergencies')
  const toList = (code: string): RulesBody => bodyOf(choice('PCF', { type: 'permit', purpose: purpose(code), ...actor('Group/privileged') }))
  t.equal(speaks('Group/privileged', toList('TREAT')), true, 'for a list that is named for treatment')
  const ends = (end: string) => choice('acces-ps', { type: 'permit', ...actor(ada), period: { start: '2026-01-01T00:00:00Z', end } })
  t.equal(speaksUntil('ada', bodyOf(ends('2026-01-02T00:00:00Z'), ends('2026-01-03T00:00:00Z'), block())), Date.parse('2026-01-03T00:00:00Z') + 999, 'until the last permit is over, whatever blocks')
  t.equal(speaksUntil('Group/privileged', toList('TREAT')), 8.64e15, 'of a list always')
  t.equal(speaks('Group/privileged', toList('BTG')), false, 'not for one that is named for emergencies')
})
