/** Fills a database with what the plans are read on. */
import type { App } from '../../src/app.js'
import { forNew, principal, spread, writeTogether } from '../bulk.js'
import { HOSPITAL, INS, ofDirectory, ofRecord, patientOf, scheduleOf } from './resource.js'

export interface Size { readonly patients: number, /** Of each patient; a quarter as many, or 50, of each other type. */ readonly documents: number, /** Further patients, whose records are empty. */ readonly others: number, /** Of each shared type. */ readonly shared: number }
export interface Dataset { readonly holders: readonly { readonly id: string, readonly ins: string }[] }

export const structure = principal('structure', { structure: `structure:${HOSPITAL}` })

const TOGETHER = 100
/** Records that are filled at once. */
const AT_ONCE = 3
const SCHEDULES = 60

export async function fill (app: App, { patients, documents, others, shared }: Size, log: (line: string) => void): Promise<Dataset> {
  const schedules = (await writeTogether(app, structure, Array.from({ length: SCHEDULES }, scheduleOf))).map(({ id }) => id)
  for (const [type, make] of Object.entries(ofDirectory)) {
    const resources = Array.from({ length: shared }, (_, number) => make(number, schedules))
    await spread(Math.ceil(shared / TOGETHER), 1, async index => await writeTogether(app, type === 'Slot' ? structure : principal('operator'), resources.slice(index * TOGETHER, (index + 1) * TOGETHER)))
  }
  const fresh = forNew(app)
  const all = Array.from({ length: patients + others }, (_, number) => String(190_000_000_000_000 + number))
  const opened = await writeTogether(app, principal('operator'), all.map(patientOf))
  const holders = opened.slice(0, patients).map(({ id }, number) => ({ id, ins: all[number] ?? '' }))
  await spread(holders.length, AT_ONCE, async number => {
    const id = holders[number]?.id ?? ''
    const resources = Object.entries(ofRecord).flatMap(([type, make]) => {
      const count = type === 'DocumentReference' ? documents : Math.max(50, Math.ceil(documents / 4))
      return Array.from({ length: count }, (_, index) => make(id, number * documents + index))
    })
    for (let start = 0; start < resources.length; start += TOGETHER) await writeTogether(fresh, structure, resources.slice(start, start + TOGETHER), [id])
    if (number % 100 === 99) log(`${number + 1} of ${patients} patients`)
  })
  return { holders }
}

export const holderOf = (ins: string) => principal('holder', { subject: `holder:${ins}`, ins: `${INS}|${ins}` })
