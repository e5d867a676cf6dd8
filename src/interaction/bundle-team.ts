import type { Consent } from '@medplum/fhirtypes'
import { kindCodings } from '../consent/provision.js'
import type { Context } from './context.js'
import type { Step } from './transaction-target.js'

/** The teams of a transaction that come with the choice that makes them a ground: `CareTeam/id`. */
export function teamsOf ({ validate }: Context, steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap(({ answer, condition, request: { method, type, resource } }) => {
    // A choice that may not be written, is none, or does not count, brings no team.
    if (method !== 'POST' || type !== 'Consent' || answer !== undefined || condition !== undefined || validate(resource).length > 0) return []
    const { provision, status } = resource as Consent
    const isOfTeam = kindCodings(resource as Consent).some(({ code }) => code === 'equipe-soins')
    return isOfTeam && status === 'active' ? (provision?.actor ?? []).flatMap(({ reference }) => reference?.reference ?? []) : []
  }))
}
