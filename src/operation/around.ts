/**
 * Who is asked about where nobody is named: those who stand around the holder, whom the choices name, and who is author
 * of the resource, as far as the asker reads the RelatedPersons, choices and traces that say so.
 */
import type { AuditEvent, AuditEventAgent, Consent, Reference, Resource } from '@medplum/fhirtypes'
import { RECORD_TYPES, referencesAt } from '../consent/record-type.js'
import { and, equals, isIn } from '../filter/filter.js'
import type { Context } from '../interaction/context.js'
import { current } from '../interaction/directory.js'
import { namedBy as namedByTrace } from '../interaction/hidden.js'
import type { Kept } from '../interaction/store.js'
import { referenceKey, tokenKey } from '../search/key.js'
import { allows } from '../security/scope.js'
import { namedBy } from './named.js'
import type { Named, Place } from './named.js'

/** Of each kind that is looked at, and of all whom they name: more are asked about by name. */
const MOST_READ = 200
const MOST_NAMED = 40

const INTERACTION = 'http://hl7.org/fhir/restful-interaction'

/** @returns those who are named, each once, and how many were left out */
export async function around (context: Context, place: Place, version: Kept): Promise<{ readonly named: readonly Named[], readonly leftOut: number }> {
  const lists = await Promise.all([depositor(context, place, version), authors(context, place, version), relatives(context, place), actors(context, place)])
  const all = new Map<string, Named>()
  for (const one of lists.flat()) {
    const key = one.kind === 'representative' ? one.relative.id : one.key
    if (!all.has(key)) all.set(key, one)
  }
  return { named: [...all.values()].slice(0, MOST_NAMED), leftOut: Math.max(0, all.size - MOST_NAMED) }
}

/** What of a type in the record the asker reads. */
async function readOf (context: Context, { sight, patient }: Place, type: string): Promise<readonly Kept[]> {
  if (!allows(sight.caller.principal.scopes, type, 'r')) return []
  const found = await context.store.findKept({ type, filter: and(equals('patient', patient), current), sort: [], limit: MOST_READ })
  return found.filter(version => sight.decide(version).permit)
}

async function relatives (context: Context, place: Place): Promise<readonly Named[]> {
  return (await readOf(context, place, 'RelatedPerson')).map(relative => ({ kind: 'representative', relative }))
}

async function actors (context: Context, place: Place): Promise<readonly Named[]> {
  const versions = await readOf(context, place, 'Consent')
  return (await Promise.all(versions.map(async version => {
    const consent = await opened<Consent>(context, version)
    if (consent?.status !== 'active' || consent.provision === undefined) return []
    const { provision, contained = [] } = consent
    const references = [provision, ...provision.provision ?? []].flatMap(({ actor = [] }) => actor.map(({ reference }) => reference))
    return await allNamed(context, { ...place, contained: contained as readonly Resource[] }, references)
  }))).flat()
}

async function authors (context: Context, place: Place, version: Kept): Promise<readonly Named[]> {
  const type = RECORD_TYPES[version.type]
  const resource = type === undefined ? undefined : await opened<Resource>(context, version)
  if (type === undefined || resource === undefined) return []
  const contained = 'contained' in resource ? (resource.contained ?? []) as readonly Resource[] : []
  return await allNamed(context, { ...place, contained }, referencesAt(resource, type.authors))
}

/** Who deposited it, as the trace of that says. */
async function depositor (context: Context, { sight, patient }: Place, { type, id }: Kept): Promise<readonly Named[]> {
  if (RECORD_TYPES[type] === undefined || !allows(sight.caller.principal.scopes, 'AuditEvent', 'r')) return []
  const deposited = and(equals('patient', patient), isIn('keys', [referenceKey('entity', type, id)]), isIn('keys', [tokenKey('subtype', INTERACTION, 'create')]))
  const [trace] = await context.store.findKept({ type: 'AuditEvent', filter: deposited, sort: [], limit: 1 })
  if (trace === undefined) return []
  await sight.learn(patient, namedByTrace(trace))
  const event = sight.decide(trace).permit ? await opened<AuditEvent>(context, trace) : undefined
  return (event?.agent ?? []).flatMap(inAgent)
}

/** A person with their structure, a structure, an application, as `audit/event.ts` writes them. */
function inAgent ({ who, altId, role = [] }: AuditEventAgent): readonly Named[] {
  const value = who?.identifier?.value
  if (value === undefined) return []
  switch (who?.type) {
    case 'Practitioner': {
      const structure = altId === undefined ? undefined : `structure:${altId}`
      const [profession] = role.flatMap(({ coding = [] }) => coding.map(({ system = '', code = '' }) => `${system}|${code}`))
      return [{ kind: 'professional', key: `person:${value}`, profession, structure }, ...structure === undefined ? [] : [{ kind: 'structure', key: structure } as const]]
    }
    case 'Organization': return [{ kind: 'structure', key: `structure:${value}` }]
    case 'Device': return [{ kind: 'application', key: `client:${value}` }]
    default: return []
  }
}

async function allNamed (context: Context, place: Place, references: readonly Reference[]): Promise<readonly Named[]> {
  return (await Promise.all(references.map(async reference => await namedBy(context, place, reference)))).flat()
}

async function opened<T extends Resource> ({ store }: Context, version: Kept): Promise<T | undefined> {
  const whole = await store.opened(version)
  return whole === undefined ? undefined : JSON.parse(whole.text) as T
}
