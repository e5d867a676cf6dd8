/**
 * The decision for one record resource: rules 1 to 14 of `consent.md` 4, the first that matches decides.
 * It reads only the situation and the facts of the resource; that is why `release` can ask it again for each one.
 */
import type { Clause, Selector, Span } from './choice.js'
import type { Denials } from './denials.js'
import { codesOf } from './facts.js'
import type { Facts, Item } from './facts.js'
import { BEYOND } from './label.js'
import type { Professional, Situation } from './situation.js'
import { consentsOf } from './statement.js'
import type { Statement } from './statement.js'

export interface Decision {
  readonly permit: boolean
  /** The number of the rule that decided. */
  readonly rule: number
  /** The ids of the Consents that decided. */
  readonly choices: readonly string[]
}

/** A resource of the record, or an item of a container. */
export interface Judged { readonly type: string, readonly id: string, readonly facts: Item['facts'] & Pick<Facts, 'items'> }

/** What no application sees, but of what it deposited itself. */
const KEPT: readonly string[] = ['MASQUE_PS', 'INVISIBLE_PATIENT', BEYOND]

const permit = (rule: number, choices: readonly string[] = []): Decision => ({ permit: true, rule, choices })
const deny = (rule: number, choices: readonly string[] = []): Decision => ({ permit: false, rule, choices })

/**
 * Whether the caller of `situation` may see `resource`, deletion left aside (rule 2 answers 410 to whoever may).
 * A container is seen only if everything that it holds is (`consent.md` 2).
 */
export function decide (situation: Situation, resource: Judged): Decision {
  const own = decideAlone(situation, resource)
  if (!own.permit || resource.facts.items === undefined) return own
  return resource.facts.items.map(item => decideAlone(situation, item)).find(decision => !decision.permit) ?? own
}

/** By which references choices mean a resource: made once, however many choices are asked. */
interface Referred extends Judged {
  readonly itself: string
  /** All versions of a document, itself among them. */
  readonly chain: readonly string[]
}

function referred (resource: Judged): Referred {
  const { type, id, facts } = resource
  return { type, id, facts, itself: `${type}/${id}`, chain: facts.chain.map(one => `${type}/${one}`) }
}

function decideAlone (situation: Situation, resource: Judged): Decision {
  const { facts } = resource
  if (situation.stands === 'shut') return deny(situation.rule, situation.choices)
  if (situation.stands === 'holder') {
    if (!situation.isOpen) return deny(1)
    const isWithheld = facts.labels.includes('INVISIBLE_PATIENT') && situation.now < facts.opens
    return isWithheld ? deny(3) : permit(3)
  }
  if (situation.stands === 'representative') {
    if (!situation.isOpen) return deny(1)
    const isWithheld = facts.labels.includes('INVISIBLE_PATIENT') && situation.now < facts.opens
    return isWithheld || facts.labels.includes(BEYOND) ? deny(4) : permit(4, situation.choices)
  }
  if (facts.enteredInError && !meets(facts.authors, authorKeys(situation))) return deny(2)
  switch (situation.stands) {
    case 'application': return decideApplication(situation, referred(resource))
    case 'treating': return situation.beyond !== undefined && facts.labels.includes(BEYOND) ? decideAlone(situation.beyond, resource) : permit(7, [situation.choice])
    case 'structure': return meets(facts.authors, situation.keys) ? permit(9) : deny(9)
    case 'professional': return decideProfessional(situation, referred(resource))
    default: return situation satisfies never
  }
}

function decideApplication (situation: Extract<Situation, { stands: 'application' }>, resource: Referred): Decision {
  const { facts } = resource
  if (!meets(facts.authors, situation.keys) && meets(facts.labels, KEPT)) return deny(5)
  const denying = denyingOf(situation.denials, resource)
  if (denying.length > 0) return deny(5, consentsOf(denying))
  const allowing = situation.statements.filter(statement => says(statement, resource) === 'permit')
  return allowing.length > 0 ? permit(5, consentsOf(allowing)) : deny(5)
}

function decideProfessional (caller: Professional, resource: Referred): Decision {
  const { facts } = resource
  if (meets(facts.authors, caller.inPerson)) return permit(9)
  const isStructureAuthor = meets(facts.authors, caller.asStructure)
  const isBeyond = facts.labels.includes(BEYOND)
  const grounds = caller.grounds.filter(statement => !(isBeyond && statement.isOfRepresentative) && says(statement, resource) === 'permit')
  if (grounds.length === 0 && !(isStructureAuthor && caller.mode === 'normal')) return deny(10)
  const denials = denyingOf(caller.denials, resource)
  if (denials.length > 0) return deny(11, consentsOf(denials))
  if (facts.types.length === 0 || !facts.types.every(type => caller.readableTypes.has(type))) return deny(12)
  if (facts.labels.includes('MASQUE_PS') && !(isBeyond ? caller.seesMaskedBeyond : caller.seesMasked) && !isStructureAuthor) return deny(13)
  if (facts.labels.includes('MASQUE_PSOCIAL') && caller.isSocial) return deny(13)
  return permit(14, consentsOf(grounds))
}

function authorKeys (situation: Exclude<Situation, { stands: 'shut' | 'holder' | 'representative' }>): readonly string[] {
  return situation.stands === 'professional' ? [...situation.inPerson, ...situation.asStructure] : situation.keys
}

function denyingOf ({ documents, authors, others }: Denials, resource: Referred): readonly Statement[] {
  const { chain, facts } = resource
  return [...new Set([
    ...others.filter(statement => says(statement, resource) === 'deny'),
    ...documents.size === 0 ? [] : chain.flatMap(reference => documents.get(reference) ?? []),
    ...authors.size === 0 ? [] : facts.attributedTo.flatMap(author => authors.get(author) ?? [])
  ])]
}

/** What a choice says of a resource (`consent.md` 3, PCF): its exceptions first, a deny among them before a permit. */
function says ({ base, exceptions }: Statement, resource: Referred): 'permit' | 'deny' | undefined {
  const matching = exceptions.length === 0 ? exceptions : exceptions.filter(clause => isAbout(clause, resource))
  if (matching.length > 0) return matching.some(clause => clause.effect === 'deny') ? 'deny' : 'permit'
  return base !== null && isAbout(base, resource) ? base.effect : undefined
}

function isAbout ({ effect, selector }: Clause, resource: Referred): boolean {
  const { facts } = resource
  const { labels, classes, codes, data, dataPeriod } = selector
  return (labels === undefined || meets(facts.tags, labels)) &&
    (classes === undefined || meets(facts.classes, classes)) &&
    (dataPeriod === undefined || isDuring(facts.period, dataPeriod, effect)) &&
    (data === undefined || data.some(part => isOf(part, effect, resource))) &&
    (codes === undefined || meets(codesOf(facts), codes) || (effect === 'deny' && meets(facts.types, codes)))
}

/** A deny on a document covers its chain, and what it is attributed to; a permit exactly the one named, and who wrote it. */
function isOf ({ meaning, value }: NonNullable<Selector['data']>[number], effect: 'permit' | 'deny', { itself, chain, facts }: Referred): boolean {
  if (meaning === 'authoredby') return (effect === 'deny' ? facts.attributedTo : facts.authoredBy).includes(value)
  return (effect === 'deny' ? chain.includes(value) : itself === value) || (meaning === 'related' && facts.related.includes(value))
}

/** A deny is about whatever touches its period, a permit about what lies inside it. */
function isDuring (period: Span, wanted: Span, effect: 'permit' | 'deny'): boolean {
  return effect === 'deny'
    ? period.start <= wanted.end && period.end >= wanted.start
    : period.start >= wanted.start && period.end <= wanted.end
}

function meets (values: readonly string[], wanted: readonly string[]): boolean {
  return values.some(value => wanted.includes(value))
}
