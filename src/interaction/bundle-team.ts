import type { Consent } from '@medplum/fhirtypes'
import { kindCodings } from '../consent/provision.js'
import type { Step } from './transaction-target.js'

/** The teams of a transaction that come with the choice that makes them a ground: `CareTeam/id`. */
export function teamsOf (steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap(({ request: { method, type, resource } }) => {
    if (method !== 'POST' || type !== 'Consent') return []
    const { category = [], provision } = resource as Partial<Consent>
    const isOfTeam = kindCodings({ category } as Consent).some(({ code }) => code === 'equipe-soins')
    return isOfTeam ? (provision?.actor ?? []).flatMap(({ reference }) => reference?.reference ?? []) : []
  }))
}
