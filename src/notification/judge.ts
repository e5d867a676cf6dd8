import type { Patient } from '@medplum/fhirtypes'
import { isUnsaid } from '../consent/family.js'
import type { ParticipationFacts } from '../consent/participation.js'
import { and, equals } from '../filter/filter.js'
import type { Context } from '../interaction/context.js'
import { current } from '../interaction/directory.js'
import { namedBy } from '../interaction/hidden.js'
import type { Sight } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import type { Principal } from '../security/principal.js'
import { insKey } from '../security/identity.js'

export type SightOf = (principal: Principal, now: number) => Promise<Sight>

export interface JudgePorts { readonly context: Pick<Context, 'store'>, readonly sightOf: SightOf }

/** As whom is asked: nothing but where they stand. */
const ASKING = { subject: 'notification', scopes: [], mode: 'normal', isSecret: false, expires: 0 } as const
/** The most people around one holder whom the operator wrote; of a record with more of them nothing is sent. */
const MOST_AROUND = 50

/**
 * Whether the fact of a notification may leave the server now: the holder would be shown it, by the rules of every read,
 * and so would each legal representative of theirs be shown what it tells of. The address may be a representative's: who
 * is told that something happened, and does not find it, knows that it is hidden from them.
 */
export async function mayBeSent (ports: JudgePorts, holder: Patient, notification: Kept, now: number): Promise<boolean> {
  const ins = (holder.identifier ?? []).map(insKey).find(key => key !== undefined)
  if (ins === undefined || notification.patient === null || notification.isDeleted) return false
  const sight = await ports.sightOf({ ...ASKING, kind: 'holder', ins }, now)
  await sight.enter([notification.patient])
  await sight.learn(notification.patient, namedBy(notification))
  return sight.decide(notification).permit && await isShownToLegal(ports, ins, notification, notification.patient, now)
}

/** The notification itself is its recipient's alone: what counts is what it tells of. One that names nothing tells them nothing. */
async function isShownToLegal ({ context: { store }, sightOf }: JudgePorts, ins: string, notification: Kept, patient: string, now: number): Promise<boolean> {
  const around = await store.findKept({ type: 'RelatedPerson', filter: and(equals('patient', patient), current, equals('facts.by', 'operator')), sort: [], limit: MOST_AROUND + 1 })
  const { told } = notification.facts as ParticipationFacts
  const shown = await Promise.all(around.map(async ({ id }) => {
    const sight = await sightOf({ ...ASKING, kind: 'representative', representative: id, ins }, now)
    await sight.enter([patient])
    const situation = sight.situation(patient)
    if (situation?.stands !== 'representative' || !situation.isLegal) return true
    await sight.learn(patient, namedBy(notification))
    return told !== undefined && !isUnsaid(told, sight.hiddenIn(patient))
  }))
  return around.length <= MOST_AROUND && shown.every(isShown => isShown)
}
