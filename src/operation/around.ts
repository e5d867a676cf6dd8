/**
 * Who is asked about where nobody is named: those who stand around the holder, whom the choices name, and who is author
 * of the resource, as far as the asker reads the RelatedPersons, choices and traces that say so.
 */
import type { AuditEvent, AuditEventAgent, Consent, Reference, Resource } from '@medplum/fhirtypes'
import { RECORD_TYPES, referencesAt } from '../consent/record-type.js'
import { and, equals, isIn, not } from '../filter/filter.js'
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

/** A reference that names somebody, with what is contained beside it. */
interface Naming { readonly reference: Reference, readonly contained: readonly Resource[] }

/** @returns those who are named, each once, and whether more are */
export async function around (context: Context, place: Place, version: Kept): Promise<{ readonly named: readonly Named[], readonly hasMore: boolean }> {
  const all = new Map<string, Named>()
  const add = (list: readonly Named[]) => {
    for (const one of list) {
      const key = one.kind === 'representative' ? one.relative.id : one.key
      if (!all.has(key)) all.set(key, one)
    }
  }
  const [relatives, choices] = await Promise.all(['RelatedPerson', 'Consent'].map(async type => await readOf(context, place, type)))
  add(await depositor(context, place, version))
  add((relatives ?? []).map(relative => ({ kind: 'representative', relative })))
  const namings = [...await authors(context, version), ...await actors(context, choices ?? [])]
  for (const { reference, contained } of new Map(namings.map(naming => [JSON.stringify(naming), naming])).values()) {
    if (all.size > MOST_NAMED) break
    add(await namedBy(context, { ...place, contained }, reference))
  }
  return { named: [...all.values()].slice(0, MOST_NAMED), hasMore: all.size > MOST_NAMED || (choices ?? []).length > MOST_READ }
}

/** What of a type in the record the asker reads. */
async function readOf (context: Context, { sight, patient }: Place, type: string): Promise<readonly Kept[]> {
  if (!allows(sight.caller.principal.scopes, type, 'r')) return []
  const found = await context.store.findKept({ type, filter: and(equals('patient', patient), current), sort: [], limit: MOST_READ + 1 })
  return found.filter(version => sight.decide(version).permit)
}

async function actors (context: Context, versions: readonly Kept[]): Promise<readonly Naming[]> {
  return (await Promise.all(versions.map(async version => {
    const consent = await opened<Consent>(context, version)
    if (consent?.status !== 'active' || consent.provision === undefined) return []
    const { provision, contained = [] } = consent
    return [provision, ...provision.provision ?? []].flatMap(({ actor = [] }) => actor.map(({ reference }) => ({ reference, contained: contained as readonly Resource[] })))
  }))).flat()
}

async function authors (context: Context, version: Kept): Promise<readonly Naming[]> {
  const type = RECORD_TYPES[version.type]
  const resource = type === undefined ? undefined : await opened<Resource>(context, version)
  if (type === undefined || resource === undefined) return []
  const contained = 'contained' in resource ? (resource.contained ?? []) as readonly Resource[] : []
  return referencesAt(resource, type.authors).map(reference => ({ reference, contained }))
}

/** Who deposited it, as the trace of that says. */
async function depositor (context: Context, { sight, patient }: Place, { type, id }: Kept): Promise<readonly Named[]> {
  if (RECORD_TYPES[type] === undefined || !allows(sight.caller.principal.scopes, 'AuditEvent', 'r')) return []
  const deposited = and(equals('patient', patient), isIn('keys', [referenceKey('entity', type, id)]), isIn('keys', [tokenKey('subtype', INTERACTION, 'create')]), not(equals('facts.isFed', true)))
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

async function opened<T extends Resource> ({ store }: Context, version: Kept): Promise<T | undefined> {
  const whole = await store.opened(version)
  return whole === undefined ? undefined : JSON.parse(whole.text) as T
}
