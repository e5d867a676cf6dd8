/** Fills an empty server with the personas and their records, by its own API, each as who would write it. */
import type { Bundle, Resource } from '@medplum/fhirtypes'
import { directoryOf } from '../sample/directory.js'
import type { Directory } from '../sample/directory.js'
import { recordOf } from '../sample/record.js'
import type { SampleRecord } from '../sample/record.js'
import { createTypes } from '../sample/terminology.js'
import { castOf, rolesOf } from './cast.js'
import type { Bearer, Persona, Roles } from './cast.js'
import type { Ask } from './ask.js'

/** The same records for everybody who runs a sandbox: of a seed under which all are of age, and laboratory and hospital have deposits in theirs. */
const SEED = 'sandbox-6'
const RECORDS = 8

/** A persona with the id and the INS of their record. */
export type Settled = Persona & { readonly patient: string, readonly ins: string }
export interface Filled { readonly personas: readonly Settled[], readonly roles: Roles, /** ms */ readonly began: number }

/** @param root the folder of the project @throws Error when the server refuses something */
export async function fill (ask: Ask, root: string): Promise<Filled> {
  const directory = oneOfEach(directoryOf(SEED, RECORDS))
  const typeOf = createTypes(root)
  const records: SampleRecord[] = []
  while (records.length < RECORDS) records.push(await recordOf(SEED, records.length, directory, typeOf))
  const insOf = (place: number) => records[place]?.ins ?? ''
  const personas = castOf(directory, insOf)

  const write = async (bearer: Bearer, resource: Resource) => {
    const { status, json } = await ask(bearer, 'POST', resource.resourceType === 'Bundle' ? '' : resource.resourceType, resource)
    if (status >= 300) throw new Error(`the sandbox could not be filled: ${resource.resourceType} ${status} ${JSON.stringify(json)}`)
    return json as Resource
  }
  const operator: Bearer = { as: 'operator' }
  for (const { organization, staff } of Object.values(directory).flat()) {
    await write(operator, organization)
    for (const { practitioner } of staff) await write(operator, practitioner)
  }
  const settled = []
  for (const [place, persona] of personas.entries()) {
    const { patient, ins, documents = [], ownDocuments = [], submission } = records[place] as SampleRecord
    const holder: Bearer = { as: 'holder', ins }
    const { id = '' } = await write(operator, patient)
    for (const { structure, document } of documents) await write({ as: 'structure', structure }, document)
    for (const document of ownDocuments) await write(holder, document)
    if (submission !== undefined) await write({ as: 'structure', structure: submission.structure }, submission.bundle as Bundle)
    for (const choice of persona.choices) await write(holder, choice)
    settled.push({ ...persona, patient: id, ins })
  }
  return { personas: settled, roles: rolesOf(directory), began: Date.now() }
}

/** Whoever deposits in a trade is its one persona. */
function oneOfEach ({ hospital, laboratory, practice, imaging, pharmacy }: Directory): Directory {
  return { hospital: [hospital[0]], laboratory: [laboratory[0]], practice: [practice[0]], imaging: [imaging[0]], pharmacy: [pharmacy[0]] }
}
