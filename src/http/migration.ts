import type { FastifyRequest } from 'fastify'
import type { InteractionCode } from '../audit/event.js'
import type { Context } from '../interaction/context.js'
import { SOURCE } from '../interaction/migration.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Principal } from '../security/principal.js'
import { isUnread } from './raw.js'

/**
 * Who makes a request: whom its token names or, where an operator migrates, the source that the header names.
 * @throws OutcomeError `invalid-request` for the header on anything but a creation without conditions and a Bundle
 */
export async function depositorOf (context: Context, { principal, headers, body, method }: FastifyRequest, interaction: InteractionCode): Promise<Principal> {
  if (principal === null) throw new OutcomeError('unauthenticated')
  const source = headers[SOURCE.toLowerCase()]
  if (source === undefined) return principal
  const isDeposit = method === 'POST' && (interaction === 'create' || interaction === 'transaction') && !isUnread(body) && headers['if-none-exist'] === undefined
  const migrating = await context.migration(principal, String(source))
  if (!isDeposit) throw new OutcomeError('invalid-request', { diagnostics: 'A migration creates resources in JSON, without conditions', expression: SOURCE, code: 'not-supported' })
  return migrating
}
