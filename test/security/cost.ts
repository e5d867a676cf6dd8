/** What an answer cost: what is hidden costs as many commands to MongoDB as what is absent. */
import { face } from './scene.js'
import type { Scene } from './scene.js'
import type { TestResponse } from '../helper/app.js'

export interface Cost { readonly look: string, readonly commands: number }

/** What a client sees of an answer, and how many commands it cost; those that write the journal apart. */
export async function costOf ({ mongo, database }: Scene, ask: () => Promise<TestResponse>): Promise<Cost> {
  const db = mongo.db(database)
  await db.command({ profile: 0 })
  await db.collection('system.profile').drop().catch(() => {})
  await db.command({ profile: 2 })
  const look = face(await ask())
  await db.command({ profile: 0 })
  const commands = await db.collection('system.profile').countDocuments({ op: { $in: ['query', 'command', 'getmore'] }, 'command.profile': { $exists: false }, 'command.insert': { $exists: false } })
  return { look, commands }
}
