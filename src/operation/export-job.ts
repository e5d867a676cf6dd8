import { open, seal } from '../crypto/seal.js'
import type { Context } from '../interaction/context.js'
import type { ExportJob } from '../interaction/export-jobs.js'
import type { Sight } from '../interaction/sight.js'
import type { Exporting } from './export-input.js'

/** What of a job is kept sealed. */
export interface Question extends Exporting {
  /** The address by which it was asked for. */
  readonly request: string
}

export interface Job extends Pick<ExportJob, 'at' | 'until'> { readonly question: Question }

export const EXPORT = '$export'

const place = (id: string) => `export|${id}`

export function sealQuestion ({ keyring }: Context, id: string, question: Question): string {
  return seal(keyring.common, place(id), Buffer.from(JSON.stringify(question))).toString('base64')
}

/** The job, if it is there and this caller's: another's is asked for like one that never was. */
export async function jobOf ({ exports, keyring }: Context, { caller: { owner = '', now } }: Sight, id: string): Promise<Job | undefined> {
  const job = await exports.read({ id, owner, now })
  if (job === undefined) return undefined
  return { at: job.at, until: job.until, question: JSON.parse(open(keyring.common, place(id), Buffer.from(job.asked, 'base64')).toString('utf8')) as Question }
}

/** How long it takes until all that was written before it began is there, ms; 0 or less once it is. */
export function waitOf ({ exports }: Context, { at }: Pick<Job, 'at'>, now: number): number {
  return at + exports.settle - now
}
