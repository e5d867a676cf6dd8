/** Records, and who does what in them, asked over HTTP of one server process or another. */
import { randomInt } from 'node:crypto'
import { access, block, document, patient } from '../helper/resource.js'
import type { Server } from '../../scripts/bench/server.js'
import type { Rig } from './rig.js'

export interface Answer {
  /** 0 where none came in time, or the connection broke. */
  readonly status: number
  readonly text: string
  /** When it was asked and answered, ms of this process. */
  readonly began: number
  readonly ended: number
}

/** A record with one document, which the doctor may see by a choice of the holder. */
export interface Chart { readonly id: string, readonly document: string, readonly holder: string }

const DOCTOR = { id: '899700218896', structure: '1751234567' }
const HOSPITAL = '1750712184'
/** ms */
const PATIENCE = 30_000

export type Ask = (token: string, method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>) => Promise<Answer>

/** @param server which of the processes is asked next */
export function createHospital ({ token }: Pick<Rig, 'token'>, server: () => Server) {
  const operator = token({ as: 'operator' })
  const software = token({ as: 'structure', structure: HOSPITAL })
  const doctor = token({ as: 'professional', profession: '10', ...DOCTOR })
  const ask: Ask = async (bearer, method, path, body, headers = {}) => {
    const began = performance.now()
    try {
      const response = await fetch(`${server().origin}/fhir${path === '' ? '' : `/${path}`}`, {
        method,
        headers: { authorization: `Bearer ${bearer}`, ...body === undefined ? {} : { 'content-type': 'application/fhir+json' }, ...headers },
        signal: AbortSignal.timeout(PATIENCE),
        ...body === undefined ? {} : { body: JSON.stringify(body) }
      })
      return { status: response.status, text: await response.text(), began, ended: performance.now() }
    } catch {
      return { status: 0, text: '', began, ended: performance.now() }
    }
  }
  const made = async (bearer: string, resource: object & { readonly resourceType: string }) => {
    const { status, text } = await ask(bearer, 'POST', resource.resourceType, resource)
    if (status !== 201) throw new Error(`not written: ${status} ${text}`)
    return JSON.parse(text) as { readonly id: string }
  }
  return {
    ask,
    doctor,
    software,
    open: async (): Promise<Chart> => {
      const ins = `1${Array.from({ length: 14 }, () => randomInt(10)).join('')}`
      const { id } = await made(operator, patient(ins))
      const holder = token({ as: 'holder', ins })
      await made(holder, access(id, DOCTOR.id))
      const deposited = await made(software, document(id))
      return { id, document: deposited.id, holder }
    },
    /** The holder shuts the doctor out. */
    shutOut: async ({ id, holder }: Chart) => await ask(holder, 'POST', 'Consent', block(id, { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: DOCTOR.id } }))
  }
}

export type Hospital = ReturnType<typeof createHospital>
