/**
 * The announcement of what waits to be told by a professional (`INVISIBLE_PATIENT`; CSP R1111-53): after two weeks the
 * holder is asked to see one. The prompt names no resource, says not how many there are, and comes once for all that
 * waited when it came.
 */
import type { AuditEvent } from '@medplum/fhirtypes'
import { EVERYONE } from '../consent/choice.js'
import type { TraceFacts } from '../consent/family.js'
import { isOpenAccount } from '../consent/situation.js'
import type { RulesBody } from '../consent/rules.js'
import { and, compare, equals, isIn } from '../filter/filter.js'
import type { Due, Version } from '../interaction/store.js'
import { composed, idOf } from './letter.js'
import type { LetterContext } from './letter.js'
import type { Deliver } from './outbox.js'
import type { Sending } from './send.js'
import { ANNOUNCEMENT } from './words.js'

export interface Announcing {
  /** The announcement that a write makes due, where what it wrote waits for one. */
  readonly dueOf: (trace: Version) => Promise<readonly Due[]>
  readonly deliver: Deliver
}

/** As much as the families that know this label have in common. */
interface Withheld { readonly labels?: readonly string[], readonly began?: number, readonly opens?: number }

const HOUR = 3600_000
const DAY = 24 * HOUR
const WRITES: readonly string[] = ['C', 'U']
const FAMILIES: readonly TraceFacts['family'][] = ['record', 'message', 'agenda']

/** @param days after how many days the holder is asked to see a professional */
export function createAnnouncing (context: LetterContext, days: number, sendings: Sending['dueOf']): Announcing {
  const { store, clock } = context

  async function withheld (about: string): Promise<{ readonly isSecret: boolean, readonly began: number } | undefined> {
    const [type = '', id = ''] = about.split('/')
    const version = await store.read(type, id)
    if (version === undefined || version.isDeleted) return undefined
    const { labels = [], began, opens = 0 } = version.facts as Withheld
    return labels.includes('INVISIBLE_PATIENT') && began !== undefined && clock() < opens ? { isSecret: labels.includes('INVISIBLE_REPRESENTANTS_LEGAUX'), began } : undefined
  }

  return {
    dueOf: async ({ patient, facts, text }) => {
      const { family, about: [about] } = facts as TraceFacts
      const { action = '' } = JSON.parse(text) as AuditEvent
      if (patient === null || about === undefined || !WRITES.includes(action) || !FAMILIES.includes(family) || about.startsWith('Binary/')) return []
      const waiting = await withheld(about)
      return waiting === undefined ? [] : [{ id: `announcement|${about}`, way: 'announcement', patient, about, at: waiting.began + days * DAY }]
    },

    deliver: async ({ patient, about }, now) => {
      const waiting = await withheld(about)
      if (waiting === undefined) return 'done'
      const rules = await store.rules(patient, EVERYONE)
      // Nobody reads a record that is shut; where it opens while this still waits, its holder is asked then.
      if (rules === undefined || !isOpenAccount((JSON.parse(rules.body) as RulesBody).account ?? 'none')) return { later: now + HOUR }
      const found = `prompt|${patient}`
      const filter = and(equals('patient', patient), isIn('found', [found]), compare('at', 'ge', waiting.began))
      if ((await store.findKept({ type: 'Communication', filter, sort: [], limit: 1 })).length > 0) return 'done'
      const version = composed(context, {
        id: idOf(`announcement|${patient}|${about}`),
        patient,
        kind: 'announcement',
        recipient: { reference: { reference: `Patient/${patient}` }, keys: [`Patient/${patient}`] },
        text: ANNOUNCEMENT,
        at: clock(),
        found: [found]
      })
      await store.commit({ changes: [{ next: version, claims: [] }], turns: [{ patient, turn: rules.turn }], traces: [], due: await sendings(patient, [{ kind: 'announcement', version, isToHolder: true, isSecret: waiting.isSecret }]) })
      return 'done'
    }
  }
}
