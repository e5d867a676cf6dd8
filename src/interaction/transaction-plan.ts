/**
 * What a transaction will do, decided before anything is done (R4 http.html#trules): the id of each entry, where each
 * reference leads, and the order. Whatever is wrong with the Bundle itself is said here, with its entry.
 */
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Kind } from '../outcome/catalogue.js'
import { entryPlace } from './bundle.js'
import type { Read } from './bundle.js'
import { danglingFault, entryOf, pointersIn, relink, rootOf } from './bundle-link.js'
import type { Pointer } from './bundle-link.js'
import { takeBinaries } from './bundle-binary.js'
import { takeMedications } from './bundle-medication.js'
import { conditionalEdges } from './bundle-condition.js'
import { checkConditional } from './conditional-reference.js'
import type { Context } from './context.js'
import type { Asked } from './entry.js'
import { isNeeded } from './transaction-need.js'
import { joined, ordered } from './transaction-order.js'
import type { Edge, Edges } from './transaction-order.js'
import { targets } from './transaction-target.js'
import type { Step } from './transaction-target.js'

/** @returns the entries in the order in which they are done @throws OutcomeError naming the entry */
export async function plan (context: Context, entries: readonly Read[], asked: Asked): Promise<readonly Step[]> {
  checkConditional(entries.flatMap((read, index) => 'error' in read ? [] : pointersIn(read.request.resource ?? read.request.patch?.body, `${entryPlace(index)}.resource`)))
  const steps = await targets(context, entries, asked)
  checkAlone(steps)
  const byAddress = addresses(steps)
  const taken = takeMedications(takeBinaries(context, steps, byAddress), byAddress, asked)
  const links = link(taken, byAddress)
  return ordered(taken, joined(links, conditionalEdges(context, taken, asked.sight.caller.now)))
}

/** No two entries are about one resource. */
function checkAlone (steps: readonly Step[]): void {
  const seen = new Set<string>()
  for (const { index, id, answer, request: { type, method } } of steps) {
    if (id === undefined || method === 'GET' || answer !== undefined) continue
    const key = `${type}/${id}`
    if (seen.has(key)) throw wrong('Another entry is about the same resource', `${entryPlace(index)}.request.url`)
    seen.add(key)
  }
}

function addresses (steps: readonly Step[]): ReadonlyMap<string, Step> {
  const byAddress = new Map<string, Step>()
  for (const step of steps) {
    const { fullUrl, method } = step.request
    if (fullUrl === undefined || method === 'GET') continue
    if (byAddress.has(fullUrl)) throw wrong('Another entry has the same fullUrl', `${entryPlace(step.index)}.fullUrl`)
    byAddress.set(fullUrl, step)
  }
  return byAddress
}

/** Rewrites what points into the Bundle. @returns the new resources that each entry points at */
function link (steps: readonly Step[], byAddress: ReadonlyMap<string, Step>): Edges {
  const placeOf = ({ request: { type }, id = '' }: Step) => `${type}/${id}`
  return new Map(steps.map(step => {
    const { resource, patch, fullUrl } = step.request
    const root = rootOf(fullUrl)
    const targetOf = (pointer: Pick<Pointer, 'text' | 'name'>) => steps[byAddress.get(entryOf(pointer, root, byAddress) ?? '')?.index ?? -1]
    const user = steps.find(({ index }) => index === step.user)
    // What uses a medication comes before it: to that the medication belongs.
    const edges: Edge[] = user === undefined ? [] : [{ target: user, isNeeded: true }]
    for (const pointer of pointersIn(resource ?? patch?.body, `${entryPlace(step.index)}.resource`)) {
      const target = targetOf(pointer)
      if (target?.owner !== undefined) throw wrong('A Binary belongs to one DocumentReference, which names it as its content', pointer.place, 'business-rule')
      if (target !== undefined) {
        pointer.holder[pointer.name] = placeOf(target)
        const edge = { target, isNeeded: isNeeded(step.request.type, pointer, target.request.type) }
        const isOwn = target.user === step.index || (target === step && !edge.isNeeded)
        if (target.request.method === 'POST' && !isOwn) edges.push(edge)
        continue
      }
      const fault = danglingFault(pointer)
      if (fault !== undefined) throw new OutcomeError('business-rule', fault)
    }
    relink(resource, text => {
      const target = targetOf({ text, name: 'href' })
      return target === undefined || target.owner !== undefined ? undefined : placeOf(target)
    })
    return [step, edges]
  }))
}

function wrong (diagnostics: string, expression: string, kind: Kind = 'invalid-request'): OutcomeError {
  return new OutcomeError(kind, { diagnostics, expression })
}
