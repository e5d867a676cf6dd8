/** What of a resource decides when, and as whose, it is written; its text is sent as it is. */
interface Reference { readonly reference?: string, readonly identifier?: { readonly system?: string, readonly value?: string } }
interface Sketch {
  readonly resourceType?: unknown
  readonly type?: unknown
  readonly subject?: Reference
  readonly patient?: Reference
  readonly entry?: readonly { readonly resource?: Sketch }[]
}

/** A resource of a file, at its place. */
export interface Item {
  readonly file: string
  readonly line: number
  /** Counts the items of its part, from 1. */
  readonly number: number
  readonly text: string
  readonly type: string
  /** Whose record it belongs to: items of one record are written in their order. Undefined where it says none. */
  readonly record: string | undefined
  /** `system|value` of the INS that it names its patient by. */
  readonly ins: string | undefined
  /** By which a retry is known: of the file's digest and the line. */
  readonly key: string
}

/** What comes first, because others refer to it; the directory one by one, for each write of it changes its stamp. */
export const PHASES = [
  { name: 'structures', types: ['Organization'], isOneByOne: true },
  { name: 'directory', types: ['Practitioner', 'Location', 'HealthcareService', 'PractitionerRole', 'Device', 'Endpoint', 'Group'], isOneByOne: true },
  { name: 'patients', types: ['Patient'], isOneByOne: false },
  { name: 'persons', types: ['RelatedPerson'], isOneByOne: false },
  { name: 'rest', types: undefined, isOneByOne: false }
] as const satisfies readonly { name: string, types: readonly string[] | undefined, isOneByOne: boolean }[]
export type Phase = typeof PHASES[number]

export function phaseOf (type: string): Phase {
  return PHASES.find(({ types }) => types === undefined || (types as readonly string[]).includes(type)) ?? PHASES[4]
}

export interface Sketched { readonly type: string, readonly record: string | undefined, readonly ins: string | undefined }

/** @returns why it cannot be sent, when it cannot */
export function sketch (text: string): Sketched | string {
  let parsed: Sketch | null
  try {
    parsed = JSON.parse(text) as Sketch | null
  } catch {
    return 'This is not JSON'
  }
  const type = parsed?.resourceType
  if (parsed === null || typeof type !== 'string' || !/^[A-Z][A-Za-z]{1,63}$/.test(type)) return 'This is not a resource'
  if (type === 'Bundle' && parsed.type !== 'transaction' && parsed.type !== 'batch') return 'Only a Bundle of type transaction or batch is loaded'
  const patient = patientOf(parsed)
  return { type, record: patient === undefined ? undefined : patient.reference ?? JSON.stringify(patient.identifier), ins: patient === undefined ? undefined : insOf(patient) }
}

function patientOf ({ subject, patient, entry = [] }: Sketch): Reference | undefined {
  const own = subject ?? patient
  if (own !== undefined) return own
  return entry.map(({ resource }) => resource?.subject ?? resource?.patient).find(reference => reference !== undefined)
}

function insOf ({ reference, identifier }: Reference): string | undefined {
  const conditional = /^Patient\?identifier=([^&]+)$/.exec(reference ?? '')?.[1]
  if (conditional !== undefined) return decodeURIComponent(conditional)
  return identifier?.value === undefined ? undefined : `${identifier.system ?? ''}|${identifier.value}`
}
