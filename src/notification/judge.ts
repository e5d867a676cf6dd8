import type { Patient } from '@medplum/fhirtypes'
import { namedBy } from '../interaction/hidden.js'
import type { Sight } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import type { Principal } from '../security/principal.js'
import { insKey } from '../security/identity.js'

export type SightOf = (principal: Principal, now: number) => Promise<Sight>

/** Whether the holder of a record would be shown one of its notifications now, by the rules of every read. */
export async function isShown (sightOf: SightOf, { identifier = [] }: Patient, notification: Kept, now: number): Promise<boolean> {
  const ins = identifier.map(insKey).find(key => key !== undefined)
  if (ins === undefined || notification.patient === null || notification.isDeleted) return false
  const sight = await sightOf({ kind: 'holder', subject: 'notification', scopes: [], ins, mode: 'normal', isSecret: false, expires: 0 }, now)
  await sight.enter([notification.patient])
  await sight.learn(notification.patient, namedBy(notification))
  return sight.decide(notification).permit
}
