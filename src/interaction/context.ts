import type { Coding } from '@medplum/fhirtypes'
import type { TracePorts } from '../audit/trace.js'
import type { Policy } from '../consent/situation.js'
import type { Keyring } from '../crypto/keyring.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { SearchLimits } from '../search/request.js'
import { allows } from '../security/scope.js'
import type { Permission } from '../security/scope.js'
import type { Definitions } from '../patch/definitions.js'
import type { PageSeal } from '../search/page.js'
import type { Fault } from '../outcome/outcome-error.js'
import type { SubscriptionBounds } from './admit/subscription.js'
import type { Compartment } from './compartment.js'
import type { ExportBounds, ExportJobs } from './export-jobs.js'
import type { Directory } from './directory.js'
import type { Use } from './bundle-medication.js'
import type { Promised } from './bundle-promise.js'
import type { Migration } from './migration.js'
import type { Sight, SightOf } from './sight.js'
import type { AskedProfiles } from '../validation/validate.js'
import type { ContentStore } from './content-store.js'
import type { ResourceStore } from './store.js'

/** What the interactions stand on; made once, in `app.ts`. */
export interface Context extends TracePorts {
  /** The base URL, without a slash at its end. */
  readonly base: string
  readonly store: ResourceStore
  readonly contents: ContentStore
  readonly keyring: Keyring
  readonly directory: Directory
  readonly migration: Migration
  /** The keys of the structures whose software may feed its own traces. */
  readonly traceSources: Pick<ReadonlySet<string>, 'has'>
  /** Of a transaction: the medications that come with what uses them, by `Medication/id`. */
  readonly medications?: ReadonlyMap<string, Use>
  /** Of a transaction: the teams that come with the choice that makes them a ground, `CareTeam/id`. */
  readonly teams?: ReadonlySet<string>
  /** Of a transaction: whether it writes a resource. */
  readonly isWritten?: (type: string, id: string) => boolean
  /** Of a transaction: takes a reference to what it creates later on trust (`bundle-promise.ts`). */
  readonly promise?: (promised: Promised) => boolean
  readonly policy: Policy
  /** When what began to wait for its announcement opens to the holder, ms. */
  readonly opensAfter: (began: number) => number
  /** How long a team that a professional recorded sees, unless the holder confirms it, ms. */
  readonly recordedTeam: number
  /** The sight of whoever it is; and the same over another store, for what the choices there would mean. */
  readonly sightOf: SightOf
  readonly sightsOver: (store: ResourceStore) => SightOf
  readonly limits: SearchLimits
  /** Entries of one Bundle. */
  readonly maxEntries: number
  readonly pages: PageSeal
  /** Whether the server may be asked to call an address. */
  readonly mayCall: (endpoint: string) => boolean
  readonly subscriptions: SubscriptionBounds
  readonly exports: ExportJobs & ExportBounds
  /** Whether the CapabilityStatement declares an interaction, or a conditional one, of a type. */
  readonly declares: (type: string, code: string) => boolean
  readonly compartment: Compartment
  /** Whether the terminology has a code. */
  readonly knows: (coding: Coding) => boolean
  /** The types (`system|code`) as which the matrix judges a type that is no document. */
  readonly judgedAs: (resourceType: string) => readonly string[]
  readonly definitions: Definitions
  /** The faults of a resource against its type (R4 base definitions), and against the profiles that it claims or that are asked for. */
  readonly validate: (resource: unknown, profiles?: AskedProfiles) => readonly Fault[]
  /** Whether a profile, with or without a version, can be asked for. */
  readonly knowsProfile: (canonical: string) => boolean
}

/** One request: who asks, and with what sight. */
export interface Asking {
  readonly sight: Sight
}

/** @throws OutcomeError `scope-insufficient`, the same whether or not the resource exists */
export function needScope ({ sight }: Asking, type: string, permission: Permission): void {
  if (!allows(sight.caller.principal.scopes, type, permission)) throw new OutcomeError('scope-insufficient')
}
