import type { Consent, ConsentProvision } from '@medplum/fhirtypes'
import { readClause } from './provision.js'
import type { Reading } from './provision.js'

const PARTS = ['purpose', 'actor', 'period', 'securityLabel', 'class', 'code', 'dataPeriod', 'data'] as const

/**
 * Where an active choice cannot be understood (`consent.md` 1 *Never wider by failure*), as FHIRPath of its elements: a
 * code that is not known here, an actor or data in another role. Where there is one, the choice denies what it denies
 * whatever that element says, and permits nothing.
 */
export function unreadableParts ({ status, provision }: Consent, reading: Reading): readonly string[] {
  if (status !== 'active' || provision === undefined) return []
  const nested = (provision.provision ?? []).map((each, index) => [each, `Consent.provision.provision[${index}]`] as const)
  return [[provision, 'Consent.provision'] as const, ...nested].flatMap(([each, place]) => partsOf(each, reading).map(part => `${place}.${part}`))
}

/** Each part is read by itself. */
function partsOf (provision: ConsentProvision, reading: Reading): readonly string[] {
  return PARTS.filter(part => provision[part] !== undefined && !readClause({ type: 'permit', [part]: provision[part] }, 'pcf', false, reading).isReadable)
}
