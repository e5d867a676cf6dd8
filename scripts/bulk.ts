/**
 * Many resources in one transaction, through the server's own modules (admission, version, sealing, commit), so that
 * each is stored exactly as a create stores it; only without contents and without traces.
 */
import type { Resource } from '@medplum/fhirtypes'
import { pino } from 'pino'
import { createApp } from '../src/app.js'
import type { App } from '../src/app.js'
import { readConfig } from '../src/config.js'
import { localTrust } from '../src/http/authenticate.js'
import { admitterOf, checked } from '../src/interaction/create.js'
import type { PageQuery, Version } from '../src/interaction/store.js'
import { first } from '../src/interaction/version.js'
import type { Principal } from '../src/security/principal.js'

/** The application in this process, without listening. @param master 32 bytes */
export async function openApp ({ mongoUrl, database, root, dataDir, master }: { readonly mongoUrl: string, readonly database: string, readonly root: string, readonly dataDir?: string, readonly master: Buffer }): Promise<App> {
  return await createApp({
    config: readConfig({ MONGODB_URL: mongoUrl, MONGODB_DB: database, ...dataDir === undefined ? {} : { DATA_DIR: dataDir }, SAMPLE: 'none', BASE_URL: 'http://127.0.0.1:8080/fhir' }),
    logger: pino({ level: 'silent' }),
    trust: localTrust({ keys: [] }),
    master,
    root: new URL(`file://${root}/`)
  })
}

/** @returns the same application for what is new and stays as it is given: what was looked up once is known, and no earlier deposit of the same is looked for */
export function forNew (app: App): App {
  const { store } = app.context
  const known = new Map<string, ReturnType<typeof store.find>>()
  return {
    ...app,
    context: {
      ...app.context,
      store: {
        ...store,
        findKept: async query => isOfEarlier(query) ? [] : await store.findKept(query),
        find: async query => {
          if (isOfEarlier(query)) return []
          const question = JSON.stringify(query)
          const answer = known.get(question) ?? store.find(query)
          known.set(question, answer)
          return await answer
        }
      }
    }
  }
}

function isOfEarlier ({ filter }: PageQuery): boolean {
  return filter.kind === 'in' && filter.field === 'facts.origins'
}

export function principal (kind: Principal['kind'], more: Partial<Principal> = {}): Principal {
  return { kind, subject: `${kind}:load`, scopes: [{ type: '*', permissions: 'cruds' }], mode: 'normal', isSecret: false, expires: 0, ...more }
}

/** @param patients whose records they go to @returns what was written, in the order given */
export async function writeTogether ({ context, sightOf }: App, as: Principal, resources: readonly object[], patients: readonly string[] = []): Promise<readonly Version[]> {
  const sight = await sightOf(as, Date.now())
  if (patients.length > 0) await sight.enter(patients)
  const written = await Promise.all(resources.map(async given => {
    const { resourceType: type } = given as Resource
    const id = context.newId()
    const admission = await admitterOf(type).create(context, sight, checked(context, type, given), id)
    return { admission, next: first(context, admission, id, sight.caller.now) }
  }))
  await context.store.commit({
    changes: written.map(({ admission, next }) => ({ next, claims: admission.claims })),
    keys: written.flatMap(({ admission }) => admission.keys ?? []),
    // One after the other: they share a session.
    rules: async read => {
      const all = []
      for (const { admission } of written) all.push(...await admission.rules?.(read) ?? [])
      return all
    },
    traces: []
  })
  return written.map(({ next }) => next)
}

/** Runs `work` for 0 … count - 1, some at once. @returns what each gave, in order */
export async function spread<T> (count: number, atOnce: number, work: (index: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const index = next++
      results[index] = await work(index)
    }
  }))
  return results
}
