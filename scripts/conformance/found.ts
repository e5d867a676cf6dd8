/** What the server has that this token sees: some resources of each type, and how a search has to be bound to find them. */
import type { Send, Json } from './client.js'
import { jsonOf } from './client.js'

export interface Found {
  readonly resources: readonly Json[]
  /** What each search of the type says besides, where the server finds it too costly without. */
  readonly within: readonly (readonly [name: string, value: string])[]
}

const SOME = 8

/** @param patients ids given by whoever runs it; those that the server lists are taken without */
export async function seek (send: Send, types: readonly (readonly [type: string, parameters: readonly string[]])[], given: readonly string[]): Promise<ReadonlyMap<string, Found>> {
  const list = async (url: string, type: string) => {
    const answer = await send('GET', url)
    const entries = answer.status === 200 ? jsonOf(answer)?.entry ?? [] : []
    return entries.map(({ resource }: Json) => resource).filter((resource: Json) => resource?.resourceType === type) as readonly Json[]
  }
  const patients = given.length > 0 ? given : (await list(`/Patient?_count=${SOME}`, 'Patient')).map(({ id }) => String(id))
  const found = new Map<string, Found>()
  for (const [type, parameters] of types) {
    const name = ['patient', 'subject'].find(each => parameters.includes(each))
    for (const patient of name === undefined ? [] : patients) {
      const resources = await list(`/${type}?${name ?? ''}=Patient/${patient}&_count=${SOME}`, type)
      if (resources.length > (found.get(type)?.resources.length ?? 0)) found.set(type, { resources, within: [[name ?? '', `Patient/${patient}`]] })
      if (resources.length > 1) break
    }
    if (found.has(type)) continue
    const isPatient = type === 'Patient' && patients.length > 0
    const resources = await list(isPatient ? `/Patient?_id=${patients.join()}` : `/${type}?_count=${SOME}`, type)
    found.set(type, { resources, within: isPatient ? [['_id', patients.join()]] : [] })
  }
  return found
}

export const encoded = (pairs: readonly (readonly [name: string, value: string])[]) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
