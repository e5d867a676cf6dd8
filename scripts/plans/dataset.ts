/** Fills a database by the server's own modules: admission, version, sealing, commit; many in one transaction, without contents and traces. */
import type { Resource } from '@medplum/fhirtypes'
import type { App } from '../../src/app.js'
import { admitterOf, create } from '../../src/interaction/create.js'
import { first } from '../../src/interaction/version.js'
import type { Principal } from '../../src/security/principal.js'
import { HOSPITAL, INS, ofDirectory, ofRecord, patientOf } from './resource.js'

export interface Size { readonly patients: number, /** Of each patient; a quarter as many, or 50, of each other type. */ readonly documents: number, /** Further patients, whose records are empty. */ readonly others: number, /** Of each shared type. */ readonly shared: number }
export interface Dataset { readonly holders: readonly { readonly id: string, readonly ins: string }[] }

export function principal (kind: Principal['kind'], more: Partial<Principal> = {}): Principal {
  return { kind, subject: `${kind}:plans`, scopes: [{ type: '*', permissions: 'cruds' }], mode: 'normal', isSecret: false, expires: 0, ...more }
}
export const structure = principal('structure', { structure: `structure:${HOSPITAL}` })

const TOGETHER = 100

export async function fill (app: App, { patients, documents, others, shared }: Size, log: (line: string) => void): Promise<Dataset> {
  const { context, sightOf } = app
  const operator = await sightOf(principal('operator'), Date.now())
  for (const make of Object.values(ofDirectory)) await write(Array.from({ length: shared }, (_, number) => make(number)), principal('operator'))
  const holders: { id: string, ins: string }[] = []
  for (let number = 0; number < patients + others; number++) {
    const ins = String(190_000_000_000_000 + number)
    const { headers } = await create(context, { sight: operator, type: 'Patient', resource: patientOf(ins, number), prefer: 'minimal' })
    const id = headers['location']?.split('/').at(-3) ?? ''
    if (number >= patients) continue
    holders.push({ id, ins })
    await write(Object.entries(ofRecord).flatMap(([type, make]) => {
      const count = type === 'DocumentReference' ? documents : Math.max(50, Math.ceil(documents / 4))
      return Array.from({ length: count }, (_, index) => make(id, number * documents + index))
    }), structure)
    if (number % 100 === 99) log(`${number + 1} of ${patients} patients`)
  }
  return { holders }

  async function write (resources: readonly object[], by: Principal): Promise<void> {
    for (let start = 0; start < resources.length; start += TOGETHER) {
      const sight = await sightOf(by, Date.now())
      const changes = await Promise.all(resources.slice(start, start + TOGETHER).map(async each => {
        const resource = each as Resource
        const id = context.newId()
        const { subject, participant } = each as { subject?: { reference: string }, participant?: readonly { actor: { reference?: string } }[] }
        const patient = (subject ?? participant?.[0]?.actor)?.reference?.split('/')[1]
        if (patient !== undefined) await sight.enter([patient])
        // A Slot of an agenda that is not there: no admission, as it has no rules of its own to be found by.
        const admission = resource.resourceType === 'Slot' ? { patient: null, resource, facts: null, claims: [] } : await admitterOf(resource.resourceType).create(context, sight, resource, id)
        return { next: first(context, admission, id, Date.now()), claims: admission.claims }
      }))
      await context.store.commit({ changes, traces: [] })
    }
  }
}

export const holderOf = (ins: string) => principal('holder', { subject: `holder:${ins}`, ins: `${INS}|${ins}` })
