/** Which files are loaded, in which order, as whom: what the command line names, and `load.json` where a folder has one. */
import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'

/** The options of a token; and `migrate`, the structure whose deposits the operator migrates. */
export type Who = Readonly<Record<string, string | boolean>>

/** An NDJSON file, or the resources that lie in one folder as `.json` files. */
export interface Part {
  /** Beside it stand its state and its report. */
  readonly path: string
  readonly who: Who
  readonly files: readonly string[]
  readonly isLines: boolean
}

interface Plan { readonly parts: readonly (Who & { readonly file: string })[] }

const PLAN = 'load.json'
const LINES = /\.ndjson(?:\.gz)?$/
const SINGLE = /\.json(?:\.gz)?$/
const OURS = /\.rejected\.ndjson$/

/**
 * @param who as whom; undefined where each folder's `load.json` is to say it
 * @throws Error naming what is not there, or is no resource file, or for which nobody is named
 */
export async function partsOf (names: readonly string[], who: Who | undefined): Promise<readonly Part[]> {
  return (await Promise.all(names.map(async name => await partsAt(path.resolve(name), who)))).flat()
}

async function partsAt (place: string, who: Who | undefined): Promise<readonly Part[]> {
  const status = await stat(place).catch(() => undefined)
  if (status === undefined) throw new Error(`${place} is not there`)
  if (!status.isDirectory()) {
    if (!LINES.test(place) && !SINGLE.test(place)) throw new Error(`${place} is neither .ndjson nor .json, nor one of them as .gz`)
    return [{ path: place, who: known(place, who), files: [place], isLines: LINES.test(place) }]
  }
  const names = (await readdir(place)).filter(name => !name.startsWith('.')).toSorted()
  if (names.includes(PLAN)) return await planned(place, who)
  const inside = await Promise.all(names.map(async name => ({ name: path.join(place, name), isFolder: (await stat(path.join(place, name))).isDirectory() })))
  const files = inside.filter(({ isFolder }) => !isFolder).map(({ name }) => name)
  const lines = files.filter(name => LINES.test(name) && !OURS.test(name))
  const single = files.filter(name => SINGLE.test(name))
  const own = await Promise.all(lines.map(async name => await partsAt(name, who)))
  const folders = await Promise.all(inside.filter(({ isFolder }) => isFolder).map(async ({ name }) => await partsAt(name, who)))
  return [...own.flat(), ...single.length === 0 ? [] : [{ path: place, who: known(place, who), files: single, isLines: false }], ...folders.flat()]
}

/** A folder that says itself in which order, and as whom, it is loaded; who is named on the command line goes before. */
async function planned (place: string, who: Who | undefined): Promise<readonly Part[]> {
  const { parts } = JSON.parse(await readFile(path.join(place, PLAN), 'utf8')) as Plan
  const lists: (readonly Part[])[] = []
  for (const { file, ...caller } of parts) {
    const inside = path.resolve(place, file)
    if (path.relative(place, inside).startsWith('..')) throw new Error(`${PLAN} names ${file}, which is outside its folder`)
    lists.push(await partsAt(inside, who ?? caller))
  }
  return lists.flat()
}

function known (place: string, who: Who | undefined): Who {
  if (who === undefined) throw new Error(`Nobody is named as whom to load ${place}: --as is missing`)
  if (who['migrate'] !== undefined && who['as'] !== 'operator') throw new Error(`Only the operator migrates ${place}: --migrate needs --as operator`)
  return who
}
