/**
 * Every declared parameter with each of its modifiers and prefixes, on random resources: what MongoDB finds, what the
 * filter means in memory, and what the naive evaluator says by R4's page are the same sets. SEED asks for others.
 */
import { createHmac } from 'node:crypto'
import type { Document } from 'mongodb'
import type { Test } from 'tap'
import { TREE } from '../helper/terminology.js'
import { openDatabase } from '../helper/database.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { extract } from '../../src/search/extract.js'
import { parseSearch } from '../../src/search/parse.js'
import { buildRegistry } from '../../src/search/registry.js'
import { valueKinds } from '../../src/search/value/table.js'
import { toMongo } from '../../src/store/to-mongo.js'
import { createTerms } from '../../src/terminology/terms.js'
import { declared, isClear, searchParameters, statement } from './definition.js'
import type { Declared } from './definition.js'
import { naiveMatches } from './naive.js'
import { naiveValues } from './naive-path.js'
import { isAsked, queryOf } from './queries.js'
import { base, randomOf, resourceOf } from './random.js'
import type { Json, Random } from './random.js'

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const RESOURCES = Number(process.env['RESOURCES'] ?? 20)
const QUERIES = Number(process.env['QUERIES'] ?? 3)

const terms = createTerms({
  codeSystems: [TREE],
  valueSets: [{ resourceType: 'ValueSet', url: 'urn:vs', status: 'active', compose: { include: [{ system: 'urn:tree', concept: [{ code: 'left' }, { code: 'right' }] }, { system: 'urn:own', concept: [{ code: 'leaf' }] }] } }]
})
const registry = buildRegistry(statement, searchParameters, { base, terms })
const sealing = (text: string) => createHmac('sha256', 'a key for tests').update(text).digest('base64url').slice(0, 16)

interface Query { readonly name: string, readonly values: readonly string[], readonly modifier: string | undefined }

/** Runs it in the time zone of the process, on a database of its own. */
export async function compare (t: Test): Promise<void> {
  const db = await openDatabase(t, 'search')
  t.comment(`seed ${SEED}, ${RESOURCES} resources of each type, TZ ${process.env['TZ'] ?? ''}, ${new Date(2021, 0, 1).toString()}`)
  const random = randomOf(SEED)
  for (const type of registry.types) {
    const parameters = declared.filter(({ resourceType }) => resourceType === type)
    if (parameters.length === 0) continue
    t.test(type, async t => {
      const resources = Array.from({ length: RESOURCES }, (_, index) => dated(random, resourceOf(random, String(index), parameters)))
      const hash = isClear(type) ? null : sealing
      const documents = resources.map(resource => ({ _id: String(resource['id']), at: Date.parse(String((resource['meta'] as Json)['lastUpdated'])), ...extract(registry, resource, hash) }))
      const collection = db.collection<Document & { _id: string }>(type)
      await collection.insertMany(documents)
      const met = { asked: 0, found: 0 }
      for (const parameter of parameters) {
        const queries = queriesOn(random, parameter, resources)
        const filters = queries.map(({ name, values }) => parseSearch(registry, type, [[name, values.join(',')]], { lenient: false, base, hash, now: NOW }).filter)
        const [facets = {}] = await collection.aggregate([{ $facet: Object.fromEntries(filters.map((filter, index) => [`q${index}`, [{ $match: toMongo(filter) }, { $project: { _id: 1 } }]])) }]).toArray()
        queries.forEach(({ name, values, modifier }, index) => {
          const naive = resources.filter(resource => naiveMatches(parameter, resource, { modifier, values, now: NOW })).map(({ id }) => String(id)).sort().join()
          const memory = documents.filter(document => evaluate(filters[index] ?? { kind: 'none' }, document)).map(({ _id }) => _id).sort().join()
          const mongo = (facets[`q${index}`] as readonly { _id: string }[]).map(({ _id }) => _id).sort().join()
          if (naive !== memory || memory !== mongo) t.fail(`${type}?${name}=${values.join(',')}: R4 ${naive}; memory ${memory}; MongoDB ${mongo}`, { resources: first(resources, naive, memory) })
          met.asked++
          if (naive !== '' && naive.split(',').length < RESOURCES) met.found++
        })
      }
      t.ok(met.found > met.asked * 0.2, `${met.asked} queries, ${met.found} with some and not all`)
    })
  }
}

const NOW = Date.parse('2026-06-01T00:00:00Z')

function dated (random: Random, resource: Json & { readonly resourceType: string }): Json & { readonly resourceType: string } {
  const lastUpdated = new Date(Date.UTC(2020, Math.floor(random() * 14), 1, Math.floor(random() * 24), 30, 0, Math.floor(random() * 3) * 125)).toISOString()
  return { ...resource, meta: { ...resource['meta'] as Json | undefined, lastUpdated } }
}

function queriesOn (random: Random, parameter: Declared, resources: readonly Json[]): readonly Query[] {
  const { resourceType, definition: { code = '', type = 'token' } } = parameter
  const built = registry.parameter(resourceType, code)
  if (built === undefined) throw new Error(`${resourceType}.${code} is not built`)
  const isAskable = (modifier: string) => isAsked(modifier) && (modifier !== 'contains' || isClear(resourceType))
  // A composite is missing where no element has all its values: R4 does not say what that is.
  const modifiers = [undefined, ...valueKinds[built.type].modifiers(built).filter(isAskable), ...type === 'composite' ? [] : ['missing']]
  const seen = resources.flatMap(resource => naiveValues(parameter, resource))
  const repeats = QUERIES * (type === 'date' ? 6 : ['quantity', 'composite'].includes(type) ? 12 : 1)
  return modifiers.flatMap(modifier => Array.from({ length: modifier === undefined ? repeats : QUERIES }, () => {
    return { name: modifier === undefined ? code : `${code}:${modifier}`, values: queryOf(random, parameter, modifier, seen), modifier }
  }))
}

/** The resource on which they differ. */
function first (resources: readonly Json[], one: string, other: string): string {
  const [left, right] = [one.split(','), other.split(',')]
  return JSON.stringify(resources.find(({ id }) => left.includes(String(id)) !== right.includes(String(id)))) ?? ''
}
