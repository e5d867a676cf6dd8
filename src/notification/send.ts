/**
 * What of a notification goes out of the server: that something happened, and nothing of what. It is decided when it is
 * sent, not when it is due: what the holder, or one who represents them by law, would not be shown by then waits, and so
 * does a second mail within the hour, for which one mail is enough.
 */
import type { Patient } from '@medplum/fhirtypes'
import { preferencesOf } from '../interaction/admit/preference.js'
import type { Preference, Way } from '../interaction/admit/preference.js'
import type { Due, Version } from '../interaction/store.js'
import { mayBeSent } from './judge.js'
import type { SightOf } from './judge.js'
import type { Kind } from './kind.js'
import type { Letter, LetterContext } from './letter.js'
import { waitAfter } from './outbox.js'
import type { Deliver } from './outbox.js'
import type { Rests } from './rest.js'
import { WebhookError } from './webhook.js'

/** Sends mails and calls webhooks; undefined where the server is not set up for it. */
export interface Sender {
  readonly mail?: ((to: string, id: string) => Promise<void>) | undefined
  readonly webhook?: ((endpoint: string, id: string, now: number) => Promise<void>) | undefined
}

/** When somebody was last told by a way: `way|patient`. */
export interface Memory {
  readonly last: (key: string) => Promise<number | undefined>
  readonly note: (key: string, at: number) => Promise<void>
}

export interface SendPorts {
  readonly context: LetterContext
  readonly sightOf: SightOf
  readonly sender: Sender
  readonly memory: Memory
  readonly rests: Rests
  /** Between two mails to one holder, ms. */
  readonly mailEvery: number
}

export interface Sending {
  readonly dueOf: (patient: string, letters: readonly Pick<Letter, 'kind' | 'version' | 'isToHolder' | 'isSecret'>[]) => Promise<readonly Due[]>
  readonly deliver: Readonly<Record<Way, Deliver>>
}

const HOUR = 3600_000
/** After the latest instant at which anything that waits to be announced opens, what is hidden is sent no more, ms. */
const LONGER = 10 * 24 * HOUR
/** The longest for which an origin that did not answer is left alone, ms. */
const LONGEST_REST = 8 * 60_000
const ADDRESS = /^[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:"]{1,190}$/

export function createSending ({ context, sightOf, sender, memory, rests, mailEvery }: SendPorts): Sending {
  const { store, clock } = context

  async function patientOf (id: string): Promise<Patient | undefined> {
    const kept = await store.read('Patient', id)
    const opened = kept === undefined || kept.isDeleted ? undefined : await store.opened(kept)
    return opened === undefined ? undefined : JSON.parse(opened.text) as Patient
  }

  /** The ways that are open, among those that the holder wants. */
  function wanted (patient: Patient): readonly Preference[] {
    return preferencesOf(patient).filter(({ way }) => sender[way] !== undefined && (way !== 'mail' || addressOf(patient) !== undefined))
  }

  /** A notification that is still to be sent by a way, with whom it is for. */
  async function stillWanted (way: Way, { patient, about }: Due): Promise<{ readonly holder: Patient, readonly notification: Version, readonly endpoint: string | undefined } | undefined> {
    const [holder, kept] = await Promise.all([patientOf(patient), store.read('Communication', about.split('/')[1] ?? '')])
    const notification = kept === undefined ? undefined : await store.opened(kept)
    const preference = holder === undefined || notification === undefined ? undefined : wanted(holder).find(each => each.way === way && isFor(each, kindOf(notification)))
    return holder === undefined || notification === undefined || preference === undefined ? undefined : { holder, notification, endpoint: preference.endpoint }
  }

  /** Calls an endpoint. Whoever waits at an origin that does not answer waits for all that it is to be told: it is left alone for a while. */
  async function call (endpoint: string, id: string, now: number): Promise<void> {
    const origin = `origin|${URL.canParse(endpoint) ? new URL(endpoint).origin : ''}`
    const entered = await rests.enter(origin, now)
    // That is a try of this: who is gone for a day is told nothing of that day.
    if ('until' in entered) throw new WebhookError('resting')
    const failures = entered.failures + 1
    try {
      await sender.webhook?.(endpoint, id, now)
    } catch (error) {
      const isAnswered = error instanceof WebhookError
      if (!isAnswered) await rests.fail(origin, failures, clock() + Math.min(waitAfter(failures), LONGEST_REST))
      else if (failures > 1) await rests.end(origin)
      throw error
    }
    if (failures > 1) await rests.end(origin)
  }

  return {
    dueOf: async (patient, letters) => {
      const told = letters.filter(({ isToHolder, isSecret }) => isToHolder && !isSecret)
      if (told.length === 0 || (sender.mail === undefined && sender.webhook === undefined)) return []
      const holder = await patientOf(patient)
      if (holder === undefined) return []
      return told.flatMap(({ kind, version }) => [...new Set(wanted(holder).filter(each => isFor(each, kind)).map(({ way }) => way))]
        .map((way): Due => ({ id: `${way}|${version.id}`, way, patient, about: `Communication/${version.id}`, at: clock() })))
    },

    deliver: {
      mail: async (due, now) => {
        const still = await stillWanted('mail', due)
        const to = still === undefined ? undefined : addressOf(still.holder)
        if (still === undefined || to === undefined) return 'done'
        if (!await mayBeSent({ context, sightOf }, still.holder, still.notification, now)) return hiddenYet(context, still.notification, now)
        const key = `mail|${due.patient}`
        const last = await memory.last(key) ?? 0
        // A mail that went after it says as much.
        if (last >= still.notification.at) return 'done'
        if (now < last + mailEvery) return { later: last + mailEvery }
        await sender.mail?.(to, still.notification.id)
        await memory.note(key, now)
        return 'done'
      },

      webhook: async (due, now) => {
        const still = await stillWanted('webhook', due)
        if (still?.endpoint === undefined) return 'done'
        if (!await mayBeSent({ context, sightOf }, still.holder, still.notification, now)) return hiddenYet(context, still.notification, now)
        await call(still.endpoint, still.notification.id, now)
        return 'done'
      }
    }
  }
}

function hiddenYet ({ opensAfter }: LetterContext, { at }: Version, now: number): 'done' | { readonly later: number } {
  return now > opensAfter(at) + LONGER ? 'done' : { later: now + HOUR }
}

function isFor ({ kinds }: Preference, kind: string): boolean {
  return kinds === null || kinds.includes(kind)
}

function kindOf ({ text }: Version): Kind {
  const { category = [] } = JSON.parse(text) as { readonly category?: readonly { readonly coding?: readonly { readonly code?: string }[] }[] }
  return category[1]?.coding?.[0]?.code as Kind
}

/** The holder's first address that is no old one, and is one address. */
function addressOf ({ telecom = [] }: Patient): string | undefined {
  return telecom.find(({ system, use, value = '' }) => system === 'email' && use !== 'old' && ADDRESS.test(value))?.value
}
