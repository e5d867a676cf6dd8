/** What notifications say, in the words of their readers: who did what and when, never to what. */
import type { AuditEvent, AuditEventAgent } from '@medplum/fhirtypes'
import { ZONE } from '../filter/interval.js'
import type { Kind } from './kind.js'

const ACTS: Readonly<Record<Exclude<Kind, 'announcement'>, string>> = {
  access: 'a consulté',
  deposit: 'a ajouté un élément à',
  change: 'a modifié un élément de',
  emergency: 'a consulté en urgence',
  choice: 'a enregistré un choix dans'
}

export const ANNOUNCEMENT = 'Un professionnel de santé souhaite vous rencontrer. Prenez rendez-vous avec votre médecin traitant, ou avec le professionnel qui vous suit.'

const DAY = new Intl.DateTimeFormat('fr-FR', { timeZone: ZONE, day: '2-digit', month: '2-digit', year: 'numeric' })
const TIME = new Intl.DateTimeFormat('fr-FR', { timeZone: ZONE, hour: '2-digit', minute: '2-digit' })

/** @param whose the record, as its reader calls it: `votre dossier` */
export function sentence (event: AuditEvent, kind: Exclude<Kind, 'announcement'>, whose: string): string {
  const when = new Date(event.recorded ?? '')
  return `${whoOf(userOf(event))} ${ACTS[kind]} ${whose} le ${DAY.format(when)} à ${TIME.format(when)}.`
}

/** The agent who asked. */
export function userOf ({ agent = [] }: AuditEvent): AuditEventAgent | undefined {
  return agent.find(({ requestor }) => requestor === true)
}

function whoOf (user: AuditEventAgent | undefined): string {
  const { type, identifier: { value } = {} } = user?.who ?? {}
  switch (type) {
    case 'Practitioner': return `Le professionnel ${value ?? ''}${user?.altId === undefined ? '' : ` (structure ${user.altId})`}`
    case 'Organization': return value === undefined ? 'L’opérateur du service' : `La structure ${value}`
    case 'Device': return `L’application ${value ?? ''}`
    case 'RelatedPerson': return 'Un de vos représentants ou aidants'
    default: return 'Quelqu’un'
  }
}
