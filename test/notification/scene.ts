/** What the tests of this folder share: workers of their own on the server's data, with a clock of their own. */
import type { NotificationConfig } from '../../src/config.js'
import { createNotifications } from '../../src/notification/create.js'
import type { NotificationPorts } from '../../src/notification/create.js'
import type { Worker } from '../../src/notification/worker.js'
import { createMemory } from '../../src/store/memory-store.js'
import { createOutbox } from '../../src/store/outbox-store.js'
import { createRests } from '../../src/store/rest-store.js'
import { createSealing } from '../../src/store/stored.js'
import { createTraceFeed } from '../../src/store/trace-feed.js'
import { matches } from '../interaction/scene.js'
import type { Record, Scene } from '../interaction/scene.js'
import { INS_TEST } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'

export const KINDS = 'https://fhir.espace-sante.example/CodeSystem/notification-kind'
export const SETTINGS: NotificationConfig = { isOn: true, announceDays: 14, mailMinutes: 60 }

export interface Set { readonly clock?: () => number, readonly settings?: Partial<NotificationConfig>, readonly ports?: Partial<NotificationPorts> }
export interface Made { readonly worker: Worker, readonly ports: NotificationPorts, readonly warnings: readonly object[] }

/** A worker as a server has it; several are as several servers. */
export function workerOf ({ app, mongo, database }: Scene, { clock = Date.now, settings = {}, ports = {} }: Set = {}): Made {
  const db = mongo.db(database)
  const warnings: object[] = []
  const whole: NotificationPorts = {
    context: { ...app.context, clock },
    sightOf: app.sightOf,
    settings: { ...SETTINGS, ...settings },
    feed: createTraceFeed(db, createSealing(app.context.keyring)),
    outbox: createOutbox(db),
    memory: createMemory(db),
    rests: createRests(db),
    webhook: undefined,
    warn: (fields, message) => { warnings.push({ ...fields, message }) },
    ...ports
  }
  return { worker: createNotifications(whole), ports: whole, warnings }
}

/** From now on, and not before. */
export async function beginning (scene: Scene): Promise<void> {
  await scene.mongo.db(scene.database).collection('Feed').deleteMany({})
  await workerOf(scene).ports.feed.begin(Date.now())
}

/**
 * Tells all that was written by now. MongoDB may say that nothing follows while it is still reading: how far it is stands
 * in the position, whose text begins with a time.
 */
export async function tellAll ({ mongo, database }: Scene, worker: Pick<Worker, 'tellAll'>, feed: 'traces' | 'writes' = 'traces'): Promise<boolean> {
  const db = mongo.db(database)
  const { operationTime } = await db.command({ hello: 1 }) as { readonly operationTime: { readonly high: number, readonly low: number } }
  const by = [operationTime.high, operationTime.low].map(part => (part >>> 0).toString(16).padStart(8, '0')).join('').toUpperCase()
  for (;;) {
    if (!await worker.tellAll()) return false
    const position = await db.collection<{ readonly _id: string, readonly token?: unknown }>('Feed').findOne({ _id: feed })
    const token = position?.['token'] as { readonly _data: string } | undefined
    if ((token?._data ?? '').slice(2, 18) >= by) return true
  }
}

/** The notifications that somebody sees in a record: their kinds, oldest first. */
export async function told (scene: Scene, token: string, { id }: Pick<Record, 'id'>): Promise<readonly string[]> {
  return (await notifications(scene, token, id)).map(kindOf)
}

export async function notifications ({ get }: Scene, token: string, patient: string): Promise<readonly TestResponse['json'][]> {
  const bundle = await get(token, `/Communication?patient=Patient/${patient}&category=notification&_count=200&_sort=sent`)
  if (bundle.status !== 200) throw new Error(`${bundle.status} ${bundle.text}`)
  return matches(bundle)
}

/** A holder of sixteen. */
export const MINOR = { birthDate: new Date(Date.now() - 16 * 365.25 * 86_400_000).toISOString().slice(0, 10) }

/** Somebody who represents a minor by law, with their token. */
export async function legalOf ({ made, operator, token }: Scene, { id, ins }: Record): Promise<{ readonly relative: TestResponse['json'], readonly parent: string }> {
  const relative = await made(operator, {
    resourceType: 'RelatedPerson',
    patient: { reference: `Patient/${id}` },
    name: [{ family: 'PETIT' }],
    extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/legal-representation', valueCode: 'minor' }]
  })
  return { relative, parent: await token({ actor: 'representative', representative_id: relative.id, ins: `${INS_TEST}|${ins}`, sub: relative.id }) }
}

export function kindOf ({ category }: TestResponse['json']): string {
  return category.flatMap(({ coding }: TestResponse['json']) => coding).find(({ system }: TestResponse['json']) => system === KINDS)?.code
}
