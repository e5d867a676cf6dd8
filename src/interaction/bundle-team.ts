import type { Consent } from '@medplum/fhirtypes'
import { kindCodings } from '../consent/provision.js'
import type { Step } from './transaction-target.js'

/** The teams of a transaction that come with the choice that makes them a ground: `CareTeam/id`. */
export function teamsOf (steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap(({ answer, condition, request: { method, type, resource } }) => {
    // A choice that may not be written, or that does not count, brings no team.
    if (method !== 'POST' || type !== 'Consent' || answer !== undefined || condition !== undefined) return []
    const { category = [], provision, status } = resource as Partial<Consent>
    const isOfTeam = kindCodings({ category } as Consent).some(({ code }) => code === 'equipe-soins')
    return isOfTeam && status === 'active' ? (provision?.actor ?? []).flatMap(({ reference }) => reference?.reference ?? []) : []
  }))
}
