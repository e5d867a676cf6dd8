import { randomUUID } from 'node:crypto'
import type { NotificationConfig } from '../config.js'
import type { Context } from '../interaction/context.js'
import { createAnnouncing } from './announce.js'
import type { TraceFeed } from './feed.js'
import type { SightOf } from './judge.js'
import { createMail } from './mail.js'
import type { Deliver, Outbox } from './outbox.js'
import type { Rests } from './rest.js'
import { createSending } from './send.js'
import type { Memory, Sender } from './send.js'
import { retell, tell } from './tell.js'
import { createWorker } from './worker.js'
import type { Worker } from './worker.js'

export interface NotificationPorts {
  readonly context: Context
  readonly sightOf: SightOf
  readonly settings: NotificationConfig
  readonly feed: TraceFeed
  readonly outbox: Outbox
  readonly memory: Memory
  readonly rests: Rests
  readonly webhook: Sender['webhook']
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

/** Puts together what tells holders what others did; nothing is told before it is started. */
export function createNotifications ({ context, sightOf, settings, feed, outbox, memory, rests, webhook, warn }: NotificationPorts): Worker {
  const { mail } = settings
  const sender = { mail: mail === undefined ? undefined : createMail(mail.url, mail.from), webhook }
  const sending = createSending({ context, sightOf, sender, memory, rests, mailEvery: settings.mailMinutes * 60_000 })
  const announcing = createAnnouncing(context, settings.announceDays, sending.dueOf)
  const telling = { context, outbox, announcing, sendings: sending.dueOf, warn }
  const { clock } = context
  const again: Deliver = async ({ about }) => {
    await retell(telling, about)
    return 'done'
  }
  return createWorker({
    warn,
    clock,
    tell: async traces => { await tell(telling, traces) },
    // One for each way: a receiver that does not answer holds up no mail.
    deliveries: [{ mail: sending.deliver.mail }, { webhook: sending.deliver.webhook }, { announcement: announcing.deliver }, { trace: again }]
      .map(deliver => ({ outbox, clock, warn, deliver })),
    feed,
    owner: randomUUID()
  })
}
