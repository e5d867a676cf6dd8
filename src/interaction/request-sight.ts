import { OPERATOR, inPersonKeys, isOutsideCare, isSocial } from '../consent/caller.js'
import type { Caller } from '../consent/caller.js'
import { EVERYONE, isWithin } from '../consent/choice.js'
import type { Choice } from '../consent/choice.js'
import { ownDeposits, ownFeed } from '../consent/compile.js'
import type { Decision } from '../consent/decide.js'
import { compileIn, decideIn, familyOf, isOwned, isShared } from '../consent/family.js'
import { CONTAINERS, RECORD_TYPES } from '../consent/record-type.js'
import { ofParticipants } from '../consent/participation.js'
import type { RulesBody } from '../consent/rules.js'
import { readableTypes, situate } from '../consent/situation.js'
import { compileSubscription, decideSubscription } from '../consent/subscription.js'
import type { SubscriptionFacts } from '../consent/subscription.js'
import type { AccountStatus, Policy, Situation } from '../consent/situation.js'
import { evaluate } from '../filter/evaluate.js'
import { all, and, anyBy, element, isIn, none, not, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { allows } from '../security/scope.js'
import { directoryStamp, standing } from './directory.js'
import type { Directory, Placed } from './directory.js'
import { withAuthors } from './list-authors.js'
import { hiddenAmong, known } from './hidden.js'
import type { Known } from './hidden.js'
import { NOBODY, isNobody } from './nobody.js'
import type { Sight } from './sight.js'
import type { ResourceStore, Version } from './store.js'

export interface SightPorts {
  readonly store: ResourceStore
  readonly directory: Directory
  readonly policy: Policy
  readonly hash: (text: string) => string
  /** The declared types. */
  readonly types: readonly string[]
  /** The most patients whose grounds one query without a patient may span. */
  readonly maxPatients: number
}

export interface Rules { readonly turn: number, readonly body: RulesBody }

/** One request's sight: made by `sights.ts`. */
export class RequestSight implements Sight {
  caller: Caller
  readonly election: string
  /** The place that the caller was taken to have, for comparison; undefined for who has none. */
  readonly #placed: Placed | undefined
  #settling: Promise<boolean> | undefined
  readonly #ports: SightPorts
  readonly #replace: (() => Promise<Placed>) | undefined
  readonly #rules: (patient: string, actor: string) => Promise<Rules | undefined>
  readonly #situations = new Map<string, Situation>()
  readonly #accounts = new Map<string, AccountStatus>()
  readonly #turns = new Map<string, number>()
  readonly #maskedByDefault = new Set<string>()
  readonly #hidden = new Map<string, Known>()
  /** Asked once in a request, however many types it spans. */
  #words: ReturnType<ResourceStore['patientsWithRules']> | undefined
  #speaking: ReturnType<ResourceStore['patientsSpeaking']> | undefined

  constructor (
    { election, caller }: { readonly election: string, readonly caller: Omit<Caller, keyof ReturnType<typeof standing>> }, placed: Placed, ports: SightPorts,
    rules: (patient: string, actor: string) => Promise<Rules | undefined>, replace: (() => Promise<Placed>) | undefined
  ) {
    this.election = election
    this.caller = { ...caller, ...standing(placed, caller.now) }
    this.#placed = replace === undefined ? undefined : placed
    this.#ports = ports
    this.#rules = rules
    this.#replace = replace
  }

  /** Asks, along with the rules, whether the directory is still the one that the caller's place was read under. */
  async #settle (): Promise<boolean> {
    this.#settling ??= this.#compare()
    return await this.#settling
  }

  async #compare (): Promise<boolean> {
    if (this.#placed === undefined || this.#replace === undefined) return true
    const isCurrent = await directoryStamp(this.#ports.store) === this.#placed.stamp
    if (!isCurrent) this.caller = { ...this.caller, ...standing(await this.#replace(), this.caller.now) }
    return isCurrent
  }

  readonly situation = (patient: string) => this.#situations.get(patient)
  readonly hiddenIn = (patient: string) => this.#hidden.get(patient) ?? known()
  readonly turn = (patient: string) => ({ patient, turn: this.#turns.get(patient) ?? -1 })
  readonly isMaskedByDefault = (patient: string) => this.#maskedByDefault.has(patient)
  readonly account = (patient: string) => this.#accounts.get(patient) ?? 'none'

  readonly enter = async (patients: readonly string[]): Promise<void> => {
    const fresh = [...new Set(patients)].filter(patient => !this.#situations.has(patient))
    // In one turn of the event loop, so that it is one round trip.
    const [isSettled] = await Promise.all([this.#settle(), this.#read(fresh)])
    if (!isSettled) await this.#read(fresh)
  }

  async #read (patients: readonly string[]): Promise<void> {
    await Promise.all(patients.map(async patient => {
      const { person, client, relative, own, enclosing, listed } = this.caller
      const actors = [person, client, relative, ...own, ...enclosing, ...listed, EVERYONE].filter(actor => actor !== undefined)
      const rules = await Promise.all(actors.map(async actor => await this.#rules(patient, actor)))
      const everyone = rules.at(-1)
      const account = everyone?.body.account ?? 'none'
      const teams = rules.flatMap((each, index) => (each?.body.teams ?? []).map(team => enclosing.includes(actors[index] ?? '') ? { ...team, isGround: false } : team))
      this.#turns.set(patient, everyone?.turn ?? -1)
      const choices = new Map(rules.flatMap(each => each?.body.choices ?? []).map(choice => [choice.consent, choice]))
      const isDefault = (choice: Choice) => choice.kind === 'defaut-confidentialite' && isWithin(this.caller.now, choice.period)
      if ([...choices.values()].some(isDefault)) this.#maskedByDefault.add(patient)
      this.#accounts.set(patient, account)
      const spoken = await withAuthors(this.#ports.store, [...choices.values()], this.caller.now)
      this.#situations.set(patient, situate(this.caller, { patient, account: isNobody(patient) ? 'open' : account, choices: spoken, teams, majority: everyone?.body.majority, relative: rules.find(each => each?.body.relative !== undefined)?.body.relative }, this.#ports.policy))
    }))
  }

  readonly decide = ({ type, id, patient, facts }: Pick<Version, 'type' | 'id' | 'patient' | 'facts'>): Decision => {
    if (isShared(type)) return { permit: true, rule: 0, choices: [] }
    if (isOwned(type)) return decideSubscription(this.caller, facts as SubscriptionFacts)
    if (this.#isIdentifiedTo(type, patient)) return { permit: true, rule: 0, choices: [] }
    const situation = patient === null ? undefined : this.#situations.get(patient)
    if (situation === undefined || patient === null) return { permit: false, rule: 1, choices: [] }
    const decision = decideIn(situation, { type, id, facts }, this.hiddenIn(patient))
    return decision.permit && !evaluate(this.#withinScope(type), { facts }) ? { permit: false, rule: 5, choices: [] } : decision
  }

  /** A scope narrows what is inside a container too: who may not ask for a type sees none that holds one of it. */
  #withinScope (type: string): Filter {
    const { scopes } = this.caller.principal
    const beyond = CONTAINERS.includes(type) ? Object.keys(RECORD_TYPES).filter(held => !allows(scopes, held, 'r') && !allows(scopes, held, 's')) : []
    return not(element('facts.items', isIn('type', beyond)))
  }

  readonly among = async (type: string, patients: readonly string[]): Promise<Filter> => {
    if (isShared(type)) return all
    if (isOwned(type)) return compileSubscription(this.caller)
    await this.enter(patients)
    if (familyOf(type) === 'identity' && this.#isOperator()) return isIn('patient', patients.filter(patient => this.#isIdentifiedTo(type, patient)))
    return and(this.#withinScope(type), anyBy('patient', [...new Set(patients)].flatMap(patient => {
      const situation = this.#situations.get(patient)
      return situation === undefined ? [] : [compileIn(situation, type)]
    })))
  }

  readonly anywhere = async (type: string): Promise<Filter> => {
    const family = familyOf(type)
    if (isOwned(type)) return compileSubscription(this.caller)
    if (isShared(type) || (type === 'Patient' && this.#isOperator())) return all
    if (this.caller.patient !== undefined) return await this.among(type, [this.caller.patient])
    // Which of these accounts are open is judged later.
    if (family === 'message' && this.#isOperator()) return and(this.#withinScope(type), ofParticipants([OPERATOR]))
    const { principal } = this.caller
    const isCaring = (principal.kind === 'professional' || principal.kind === 'structure') && !isOutsideCare(principal, this.#ports.policy)
    if (!isCaring || principal.mode !== 'normal') return none
    const { store, maxPatients } = this.#ports
    this.#words ??= this.#askWords()
    // What is said of everyone speaks of the record family only.
    const [{ granting, other }, ofEveryone] = await Promise.all([this.#words, family === 'record' ? this.#allSpeaking() : []])
    if (granting.length > maxPatients) throw tooManyPatients()
    const taken = and(this.#withinScope(type), this.#ownOf(type))
    if (taken === none) return await this.among(type, granting)
    // What is said of the caller may be over, or still to come.
    const speaking = [...ofEveryone, ...other]
    // Asked and entered even where nobody spoke: whether somebody did costs nothing that could be told.
    const most = maxPatients + other.length
    const special = await store.distinct(type, and(taken, isIn('patient', speaking)), 'patient', most)
    await this.enter([...granting, ...special, NOBODY])
    // Those who shut the caller out are not there, and do not count.
    const open = special.filter(patient => this.#isOpen(type, patient))
    if (special.length > most || open.length > maxPatients) throw tooManyPatients()
    const asked = [...new Set([...granting, ...open])]
    return or(await this.among(type, asked), and(not(isIn('patient', [...granting, ...special, ...other])), taken))
  }

  /** Whether a record that was entered may hold something of a type for the caller. */
  #isOpen (type: string, patient: string): boolean {
    const situation = this.#situations.get(patient)
    return situation !== undefined && compileIn(situation, type) !== none
  }

  /** Asked along with whether the caller's place is still the same, and again where it is not. */
  async #askWords (): ReturnType<ResourceStore['patientsWithRules']> {
    const ask = async () => {
      const { person, own, enclosing, listed } = this.caller
      const actors = [person, ...own, ...enclosing].filter(actor => actor !== undefined)
      return await this.#ports.store.patientsWithRules(actors, listed, this.#ports.maxPatients, this.caller.now)
    }
    const [words, isSettled] = await Promise.all([ask(), this.#settle()])
    return isSettled ? words : await ask()
  }

  async #allSpeaking (): Promise<readonly string[]> {
    this.#speaking ??= this.#ports.store.patientsSpeaking()
    return await this.#speaking
  }

  /** In a record about which nothing is said, its account open, a caller sees what they deposited and take part in. */
  #ownOf (type: string): Filter {
    const { principal, own, now } = this.caller
    const family = familyOf(type)
    const isComplete = principal.kind === 'structure' || (principal.person !== undefined && principal.profession !== undefined && principal.structure !== undefined)
    if (!isComplete) return none
    const inPerson = inPersonKeys(this.caller)
    if (family === 'message' || family === 'agenda') return ofParticipants([...inPerson, ...own])
    if (family !== 'record') return none
    if (principal.kind === 'structure') return ownFeed(own, type)
    return ownDeposits({ inPerson, asStructure: own, readableTypes: readableTypes(this.#ports.policy, principal, now), isSocial: isSocial(principal) }, type)
  }

  readonly learn = async (patient: string, references: readonly string[]): Promise<void> => {
    const { hidden, asked } = this.hiddenIn(patient)
    // Kept from the start: who asks at the same time adds to the same.
    if (!this.#hidden.has(patient)) this.#hidden.set(patient, known(hidden, asked))
    const situation = this.#situations.get(patient)
    if (situation === undefined) return
    const fresh = [...new Set(references)].filter(reference => !asked.has(reference))
    for (const reference of await hiddenAmong(this.#ports, situation, fresh)) hidden.add(reference)
    for (const reference of fresh) asked.add(reference)
  }

  #isOperator (): boolean {
    return this.caller.principal.kind === 'operator'
  }

  /** The operator sees every Patient, and who stands around the holder of an open account. */
  #isIdentifiedTo (type: string, patient: string | null): boolean {
    if (familyOf(type) !== 'identity' || !this.#isOperator()) return false
    const account = this.account(patient ?? '')
    return type === 'Patient' || account === 'open' || account === 'active'
  }
}

function tooManyPatients (): OutcomeError {
  return new OutcomeError('too-costly', { diagnostics: 'Without a patient this search spans too many records: name a patient, `_id` or `identifier`' })
}
