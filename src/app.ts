/**
 * The composition root: the only file that sees everything. Ports in, a server out.
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { CapabilityStatement, CodeSystem, SearchParameter, ValueSet } from '@medplum/fhirtypes'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.js'
import { familyOf } from './consent/family.js'
import { createKeyring } from './crypto/keyring.js'
import { createAuthenticate } from './http/authenticate.js'
import { createDownloads } from './http/downloads.js'
import type { Trust } from './http/authenticate.js'
import { addRoutes } from './http/routes.js'
import { createServer } from './http/server.js'
import { createSocketServer } from './http/sockets.js'
import type { SocketServer } from './http/sockets.js'
import { buildCompartment } from './interaction/compartment.js'
import { monthsAfter } from './filter/interval.js'
import type { Context } from './interaction/context.js'
import { checkOperations, declarationsOf, keptOf, withSockets } from './interaction/declared.js'
import { isDefinition, withDefinitions } from './interaction/definition-store.js'
import { createDirectory } from './interaction/directory.js'
import { createMigration } from './interaction/migration.js'
import { startReindexing } from './interaction/reindex.js'
import type { Answer } from './interaction/answer.js'
import { createSights } from './interaction/sights.js'
import { sweep } from './interaction/sweep.js'
import { createNotifications } from './notification/create.js'
import { NO_SOCKETS, createBind } from './notification/sockets.js'
import { createSubscriptions } from './notification/subscriptions.js'
import type { Subscriptions } from './notification/subscriptions.js'
import type { Worker } from './notification/worker.js'
import { createWebhook } from './notification/webhook.js'
import { release } from './release/release.js'
import type { ReleasePorts } from './release/release.js'
import { createPageSeal } from './search/page.js'
import { buildRegistry } from './search/registry.js'
import { structureKeys } from './security/identity.js'
import { createClient } from './store/client.js'
import { createContentStore } from './store/content-store.js'
import { createContentSweep } from './store/content-sweep.js'
import { createExportStore } from './store/export-store.js'
import { createIndexStore } from './store/index-store.js'
import { createCollections } from './store/indexes.js'
import { createKeyStore } from './store/key-store.js'
import { createMemory } from './store/memory-store.js'
import { createOutbox } from './store/outbox-store.js'
import { createRests } from './store/rest-store.js'
import { createResourceStore } from './store/resource-store.js'
import { createSealing } from './store/stored.js'
import { createTraceFeed } from './store/trace-feed.js'
import { checkKinds } from './terminology/kinds.js'
import { loadTerminology } from './terminology/load.js'
import { createTerms } from './terminology/terms.js'
import { createJudgedAs, createMatrixAt } from './terminology/matrix.js'
import { createClaims } from './validation/claim.js'
import { createDefinitions } from './validation/definitions.js'
import { createOutlines } from './validation/outline.js'
import { loadProfiles } from './validation/profiles.js'
import { typeNamesIn } from './validation/schema.js'
import type { Bindings } from './validation/schema.js'
import { createValidator } from './validation/validate.js'

export interface App {
  readonly server: FastifyInstance
  readonly context: Context
  readonly sightOf: ReturnType<typeof createSights>
  /** Compiles the validators of all that is declared, so that no request waits for it: seconds. */
  readonly warm: () => void
  /** Ends when all that is stored is indexed by the parameters that are declared. */
  readonly indexed: Promise<void>
  /** Tells holders what others did: it works once it is started. */
  readonly notifications: Worker
  /** Tells subscribers of what changed: the same. */
  readonly subscriptions: Subscriptions
  /** Websockets, once it listens; undefined where none are served. */
  readonly sockets: SocketServer | undefined
  readonly close: () => Promise<void>
}

export interface AppPorts {
  readonly config: Config
  readonly logger: Logger
  /** Who signs tokens. */
  readonly trust: Trust
  /** The master key, 32 bytes. */
  readonly master: Buffer
  /** The folder of the project: `capability-statement.json`, `terminology/`, `dist/definitions/`. */
  readonly root: URL
  /** The instant, ms, and an id that was never given; the machine's unless given. */
  readonly clock?: () => number
  readonly newId?: () => string
}

/** The profession system whose codes may declare an emergency: TRE_G15. */
const TRE_G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante|'

/** How often what nobody came for is removed, ms. */
const SWEEP_EVERY = 600_000
/** What the sights over a store that is made for one request keep of each sort. */
const MEMORY_OF_ONE = 100
const RESOURCE_TYPES = 'http://hl7.org/fhir/resource-types'

/** @throws Error when what is declared is not built, or what it stands on is not there: nothing is served then */
export async function createApp ({ config, logger, trust, master, root, clock = Date.now, newId = randomUUID }: AppPorts): Promise<App> {
  const json = async <T>(path: string) => JSON.parse(await readFile(new URL(path, root), 'utf8')) as T
  const statement = await json<CapabilityStatement>('capability-statement.json')
  const terminology = await loadTerminology(new URL('terminology', root).pathname)
  const profiles = await loadProfiles(new URL('profiles', root).pathname)
  checkOperations(statement, profiles.urls)
  const searchParameters = [...await json<SearchParameter[]>('dist/definitions/search-parameters.json'), ...profiles.searchParameters]
  const terms = createTerms({ ...terminology, published: await json<(CodeSystem | ValueSet)[]>('dist/definitions/terminology.json') })
  const incomplete = new Map<string, ReadonlySet<string>>()
  const registry = buildRegistry(keptOf(statement), searchParameters, {
    base: config.baseUrl,
    terms,
    systems: await json('dist/definitions/implied-systems.json'),
    isComplete: (type, code) => incomplete.get(type)?.has(code) !== true
  })
  const stored = registry.types.filter(type => !isDefinition(type))
  const structureDefinitions = await json<Parameters<typeof createDefinitions>[0]>('dist/definitions/structure-definitions.json')
  const bindings = await json<Bindings>('dist/definitions/bindings.json')
  const claims = createClaims(profiles.structureDefinitions, valueSet => terms.members(valueSet) ?? bindings[valueSet], typeNamesIn(structureDefinitions))
  const validator = createValidator(structureDefinitions, bindings, [claims.faultsOf])
  checkKinds(terminology)

  const client = createClient(config.mongoUrl)
  try {
    await client.connect()
    const db = client.db(config.mongoDb)
    await createCollections(db, new Map(stored.map(type => [type, familyOf(type)])), type =>
      registry.parametersOf(type).filter(({ type: kind, field }) => kind === 'date' && field === null).map(({ code }) => code))

    const keyring = createKeyring(master, createKeyStore(db))
    const { hash } = keyring
    const store = withDefinitions(createResourceStore(client, db, keyring, config.limits.time), registry, clock())
    await store.enter()
    const policy = { outsideCare: config.outsideCare, openModes: config.openModes, matrixAt: createMatrixAt(terminology.conceptMaps) }
    const directory = createDirectory(store, hash)
    const seeing = { directory, policy, hash, types: registry.types, maxPatients: config.maxPatients }
    const sightOf = createSights({ store, ...seeing })
    const traces = { registry, hash, newId, clock }
    const webhook = config.notifications.webhook === undefined ? undefined : createWebhook(config.notifications.webhook)
    const context: Context = {
      ...traces,
      store,
      contents: { ...createContentStore(db, keyring), sweep: createContentSweep(db) },
      keyring,
      directory,
      migration: createMigration({ store, hash }, config.migrationSources),
      traceSources: structureKeys(config.traceSources),
      policy,
      opensAfter: began => monthsAfter(began, config.withheldMonths),
      recordedTeam: config.recordedTeamDays * 24 * 3600_000,
      sightOf,
      sightsOver: other => createSights({ store: other, ...seeing }, MEMORY_OF_ONE),
      limits: config.limits,
      maxEntries: config.maxEntries,
      declares: declarationsOf(keptOf(statement)),
      compartment: buildCompartment(await json('dist/definitions/compartment-patient.json'), registry),
      base: config.baseUrl,
      pages: createPageSeal(keyring.page),
      subscriptions: { most: config.subscriptions.most, life: config.subscriptions.days * 24 * 3600_000, hasSockets: config.subscriptions.socket !== undefined },
      exports: { ...createExportStore(db), most: config.exports.most, life: config.exports.hours * 3600_000, settle: config.exports.settle * 1000 },
      mayCall: endpoint => webhook?.mayCall(endpoint) ?? false,
      knows: ({ system, code }) => terminology.vocabulary.isKnown(`${system ?? ''}|${code ?? ''}`) || (system === RESOURCE_TYPES && registry.types.includes(code ?? '')),
      definitions: createDefinitions(structureDefinitions),
      judgedAs: createJudgedAs(terminology.conceptMaps),
      validate: (resource, profiles) => validator.validate(resource, profiles),
      knowsProfile: claims.knows
    }
    const authenticate = createAuthenticate(trust, {
      systemOf: terminology.vocabulary.systemOf,
      mayDeclareEmergency: profession => profession.startsWith(TRE_G15) && (config.emergencyProfessions?.includes(profession.slice(TRE_G15.length)) ?? true)
    })
    const server = createServer(logger, authenticate, clock)
    const releasing: ReleasePorts = {
      ...traces,
      outline: createOutlines(structureDefinitions),
      store,
      base: config.baseUrl,
      alarm: message => { logger.fatal({ alarm: true }, message) },
      notice: choice => { logger.warn({ choice }, 'a choice was written that is not understood in full') }
    }
    const gate = async (answer: Answer) => await release(answer, releasing)
    const { socket } = config.subscriptions
    const sockets = socket === undefined ? undefined : createSocketServer({ logger, authenticate, clock, most: socket.most, bind: createBind({ context, sightOf, gate }) })
    addRoutes(server, {
      context,
      release: releasing,
      statement: socket === undefined ? statement : withSockets(statement, socket.url),
      definitions: profiles.own,
      authenticate,
      sightOf,
      underWay: new Set(),
      downloads: createDownloads(config.exports.downloads),
      isReady: async () => await db.command({ ping: 1 }).then(() => true, () => false)
    })
    const reindexing = await startReindexing({ registry: { ...registry, types: stored }, hash, store: createIndexStore(db, createSealing(keyring)), incomplete, pause: config.reindexPause, log: (fields, message) => { logger.info(fields, message) } })
    const [outbox, rests] = [createOutbox(db), createRests(db)]
    const warn: (fields: Readonly<Record<string, unknown>>, message: string) => void = (fields, message) => { logger.warn(fields, message) }
    const subscriptions = createSubscriptions({
      context,
      sightOf,
      gate,
      payload: config.subscriptions.payload,
      webhook,
      sockets: sockets ?? NO_SOCKETS,
      feed: createTraceFeed(db, createSealing(keyring), 'writes'),
      outbox,
      rests,
      warn
    })
    const notifications = createNotifications({
      context,
      sightOf,
      settings: config.notifications,
      feed: createTraceFeed(db, createSealing(keyring)),
      outbox,
      memory: createMemory(db),
      rests,
      webhook: webhook?.send,
      warn
    })
    const sweeping = setInterval(() => {
      sweep(context).catch(() => logger.error('what nobody came for could not be swept'))
      subscriptions.retire().catch(() => { logger.error('Subscriptions that are over could not be turned off') })
    }, SWEEP_EVERY).unref()
    return {
      server,
      context,
      sightOf,
      warm: () => { validator.compile([...stored, 'Bundle', 'Parameters']) },
      indexed: reindexing.done,
      notifications,
      subscriptions,
      sockets,
      close: async () => {
        clearInterval(sweeping)
        await Promise.all([server.close(), sockets?.server.close()])
        await Promise.all([notifications.stop(), subscriptions.stop()])
        await reindexing.stop()
        await client.close()
      }
    }
  } catch (error) {
    await client.close()
    throw error
  }
}
