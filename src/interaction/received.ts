import type { BinaryFacts } from '../consent/unclaimed.js'
import { open, seal } from '../crypto/seal.js'
import type { Context } from './context.js'
import type { Kept } from './store.js'
import type { Measure } from './upload.js'

/** What the server knows of a Binary that was posted alone. */
export interface Received extends Measure { readonly contentType: string }

/** The key under which a Binary is found while no document has claimed it. */
export const UNCLAIMED = 'unclaimed'

const place = (patient: string, id: string) => `${patient}|Binary/${id}|received`

/** Sealed for the record: a hash of a content would tell which content it is. */
export async function sealReceived (context: Context, patient: string, id: string, received: Received): Promise<string> {
  return seal(await keyOf(context, patient), place(patient, id), Buffer.from(JSON.stringify(received))).toString('base64')
}

export async function openReceived (context: Context, { patient, id, facts }: Kept): Promise<Received> {
  const sealed = Buffer.from((facts as BinaryFacts).received, 'base64')
  return JSON.parse(open(await keyOf(context, patient ?? ''), place(patient ?? '', id), sealed).toString('utf8')) as Received
}

async function keyOf (context: Context, patient: string): Promise<Buffer> {
  const keys = await context.keyring.of(patient)
  if (keys === undefined) throw new Error('the record of a Binary has no key')
  return keys.record
}
