/**
 * Writes a sample: folders in the order in which they are loaded, NDJSON in them, ITI-65 Bundles as files, and `load.json`,
 * which says to `npm run load` who writes what. Record by record, so that memory does not grow with their number.
 */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { PassThrough } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { Resource } from '@medplum/fhirtypes'
import { directoryOf } from './directory.js'
import type { Directory } from './directory.js'
import { MOST_PATIENTS } from './patient.js'
import { recordOf } from './record.js'
import { createTypes } from './terminology.js'

export interface Sample {
  readonly patients: number
  readonly seed: string
  readonly out: string
  readonly isGzip: boolean
  /** The folder of the project. */
  readonly root: string
  readonly tell?: (done: number) => void
}

/** One line of `load.json`: a file or folder, and the options of the token under which it is written. */
interface Part { readonly file: string, readonly as: string, readonly structure?: string }
interface Writer { readonly write: (resource: Resource) => Promise<void>, readonly close: () => Promise<void> }

/** @returns how many resources of each type were written, a Bundle as one. @throws Error when the folder holds something */
export async function writeSample (sample: Sample): Promise<ReadonlyMap<string, number>> {
  if (sample.patients > MOST_PATIENTS) throw new Error(`At most ${MOST_PATIENTS} patients: so many test INS there are`)
  await mkdir(sample.out, { recursive: true })
  if ((await readdir(sample.out)).length > 0) throw new Error(`${sample.out} is not empty`)
  const directory = directoryOf(sample.seed, sample.patients)
  const files = createFiles(sample)
  for (const structure of structuresOf(directory)) {
    await files.add('1-directory/Organization', { as: 'operator' }, structure.organization)
    for (const { practitioner } of structure.staff) await files.add('1-directory/Practitioner', { as: 'operator' }, practitioner)
  }
  const typeOf = createTypes(sample.root)
  for (let number = 0; number < sample.patients; number++) {
    const record = await recordOf(sample.seed, number, directory, typeOf)
    await files.add('2-patients/Patient', { as: 'operator' }, record.patient)
    for (const choice of record.choices) await files.add('3-choices/Consent', { as: 'holder' }, choice)
    for (const { structure, document } of record.documents) await files.add(`4-documents/${structure}`, { as: 'structure', structure }, document)
    for (const document of record.ownDocuments) await files.add('5-own-documents/DocumentReference', { as: 'holder' }, document)
    if (record.submission !== undefined) await files.addBundle(`6-submissions/${record.submission.structure}`, record.submission, record.ins)
    sample.tell?.(number + 1)
  }
  return await files.close()
}

function structuresOf (directory: Directory) {
  return Object.values(directory).flat()
}

function createFiles ({ out, isGzip }: Sample) {
  const writers = new Map<string, Writer>()
  const parts = new Map<string, Part>()
  const counts = new Map<string, number>()
  const count = ({ resourceType }: Resource) => counts.set(resourceType, (counts.get(resourceType) ?? 0) + 1)
  return {
    add: async (name: string, as: Omit<Part, 'file'>, resource: Resource): Promise<void> => {
      const file = `${name}.ndjson${isGzip ? '.gz' : ''}`
      let writer = writers.get(file)
      if (writer === undefined) {
        writer = await openWriter(path.join(out, file), isGzip)
        writers.set(file, writer)
        parts.set(file, { file, ...as })
      }
      count(resource)
      await writer.write(resource)
    },
    addBundle: async (folder: string, { structure, bundle }: { structure: string, bundle: Resource }, name: string): Promise<void> => {
      await mkdir(path.join(out, folder), { recursive: true })
      parts.set(folder, { file: folder, as: 'structure', structure })
      count(bundle)
      await writeFile(path.join(out, folder, `${name}.json`), `${JSON.stringify(bundle, null, 2)}\n`)
    },
    close: async (): Promise<ReadonlyMap<string, number>> => {
      for (const writer of writers.values()) await writer.close()
      const list = [...parts.values()].toSorted((one, other) => one.file < other.file ? -1 : 1)
      await writeFile(path.join(out, 'load.json'), `${JSON.stringify({ parts: list }, null, 2)}\n`)
      return counts
    }
  }
}

async function openWriter (file: string, isGzip: boolean): Promise<Writer> {
  await mkdir(path.dirname(file), { recursive: true })
  const input = new PassThrough()
  const written = isGzip ? pipeline(input, createGzip(), createWriteStream(file)) : pipeline(input, createWriteStream(file))
  return {
    write: async resource => {
      if (!input.write(`${JSON.stringify(resource)}\n`)) await once(input, 'drain')
    },
    close: async () => {
      input.end()
      await written
    }
  }
}
