/**
 * The operator's migration path (`consent.md` 5 *migration*): what a registered source kept is deposited as that source
 * deposited it. The operator writes in the place of the structure and gains nothing by it: creations only, of resources
 * of the record only, answered without a body. Choices, teams, messages and identities are given by nobody but those
 * whose they are.
 */
import { RECORD_TYPES } from '../consent/record-type.js'
import { and, isIn } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { ID_NAT_ST, identityKey, structureKeys } from '../security/identity.js'
import type { Principal } from '../security/principal.js'
import type { Context } from './context.js'
import { current } from './directory.js'
import type { Sight } from './sight.js'

/** The header that names the source, by its idNatSt. */
export const SOURCE = 'X-Migration-Source'

/** Says who deposits when the operator migrates from a source. */
export type Migration = (operator: Principal, source: string) => Promise<Principal>

/**
 * @param sources the structures (idNatSt) from which the operator may migrate; none unless they are set
 * @returns the structure that deposits in the operator's hands
 * @throws OutcomeError `forbidden` for everybody but the operator, and for a source that is not registered;
 * `business-rule` for one that the directory does not know
 */
export function createMigration ({ store, hash }: Pick<Context, 'store' | 'hash'>, sources: readonly string[]): Migration {
  const registered = structureKeys(sources)
  return async (operator, source) => {
    if (operator.kind !== 'operator') throw new OutcomeError('forbidden')
    const structure = identityKey({ system: ID_NAT_ST, value: source })
    if (structure === undefined || !registered.has(structure)) throw new OutcomeError('forbidden', { diagnostics: 'This is no registered source', expression: SOURCE })
    const known = await store.find({ type: 'Organization', filter: and(current, isIn('facts.names', [hash(structure)])), sort: [], limit: 1 })
    if (known.length === 0) throw new OutcomeError('business-rule', { diagnostics: 'The directory does not know the source', expression: SOURCE, code: 'not-found' })
    return Object.freeze({ ...operator, kind: 'structure', structure, migrator: operator.subject, subject: `${operator.subject}>${structure}` })
  }
}

export function isMigrating ({ caller: { principal } }: Sight): boolean {
  return principal.migrator !== undefined
}

/** @throws OutcomeError `forbidden` for a type that is not migrated */
export function checkMigrated (sight: Sight, type: string): void {
  if (!isMigrating(sight) || (RECORD_TYPES[type] !== undefined && type !== 'CareTeam')) return
  throw new OutcomeError('forbidden', { diagnostics: 'Only resources of the record are migrated, without teams', expression: type })
}
