/** Searches: every declared parameter with its modifiers, chains, `_has`, inclusions, and all that says how to answer. */
import type { Parameter } from '../../../src/search/parameter.js'
import { valueKinds } from '../../../src/search/value/table.js'
import { declared } from '../../search/definition.js'
import type { Found } from '../../search/naive-path.js'
import { naiveValues } from '../../search/naive-path.js'
import { queryOf } from '../../search/queries.js'
import { encoded, name, referenceTo, target } from './drawing.js'
import type { Drawing } from './drawing.js'
import type { Ask } from './scenario.js'

/** `name=value` of a query, and what of the coverage it fills. */
export interface Criterion { readonly pair: string, readonly cells: readonly string[] }

/** The modifiers of a parameter, `undefined` for none. */
export function modifiersOf (parameter: Parameter): readonly (string | undefined)[] {
  return [undefined, 'missing', ...valueKinds[parameter.type].modifiers(parameter).filter(modifier => !/^[A-Z]/.test(modifier)), ...parameter.type === 'reference' ? ['type'] : []]
}

/** @param given the modifier, drawn unless it is given; `type` stands for a type that the parameter points to */
export function criterion (drawing: Drawing, type: string, parameter: Parameter, given?: { readonly modifier: string | undefined }): Criterion {
  const { one, chance } = drawing
  const modifier = given === undefined ? chance(0.7) ? undefined : one(modifiersOf(parameter)) : given.modifier
  const { code } = parameter
  const pointed = parameter.targets.length === 0 ? 'Patient' : one(parameter.targets)
  const value = () => valueOf(drawing, type, parameter, modifier, pointed)
  const values = chance(0.25) && modifier !== 'missing' && parameter.type !== 'special' ? [value(), value()] : [value()]
  return {
    pair: `${code}${modifier === undefined ? '' : `:${modifier === 'type' ? pointed : modifier}`}=${encoded(values.join(','))}`,
    cells: [`parameter ${type}.${code}${modifier === undefined ? '' : `:${modifier}`}`, ...modifier === undefined ? [] : [`kind :${modifier}`], ...values.length > 1 ? ['kind several values'] : []]
  }
}

function valueOf (drawing: Drawing, type: string, parameter: Parameter, modifier: string | undefined, pointed: string): string {
  const { random, one, chance } = drawing
  const { code } = parameter
  if (modifier === 'missing') return one(['true', 'false'])
  if (code === '_id') return name(target(drawing, type))
  if (parameter.field === 'at') return one(['ge2026-01-01', 'lt2026-01-01', 'gt2020', 'eq2026', 'ne2026', 'sa2020', 'le2099', 'ap2026'])
  if (parameter.type === 'reference') {
    if (modifier === 'identifier') return one(['{gp}', 'urn:oid:1.2.250.1.71.4.2.2|{hospital}', '{author}', 'urn:oid:1.2.250.1.213.1.4.10|{ins}'])
    if (modifier === 'type') return name(target(drawing, pointed))
    return chance(0.15) ? name(target(drawing, one(parameter.targets.length === 0 ? ['Patient'] : parameter.targets))) : referenceTo(drawing, parameter)
  }
  if (code === 'identifier' && type === 'Patient') return one(['{ins}', 'urn:oid:1.2.250.1.213.1.4.10|{ins}', 'urn:oid:1.2.250.1.213.1.4.10|{elsewhere.ins}', '199999999999999'])
  if ((modifier === 'in' || modifier === 'not-in') && chance(0.8)) return 'https://fhir.espace-sante.example/ValueSet/document-type'
  if ((modifier === 'above' || modifier === 'below') && chance(0.8) && parameter.type === 'token') return one(['http://loinc.org|11488-4', 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R'])
  const definition = declared.find(each => each.resourceType === type && each.definition.code === code)
  if (definition === undefined) return one(['2026-03', 'urn:own|left', 'left', 'martin'].filter(each => parameter.type !== 'date' || each.startsWith('2026')))
  const seen = draftsOf(drawing, type).flatMap((draft): readonly Found[] => naiveValues(definition, draft))
  return one(queryOf(random, definition, modifier, seen))
}

/** All drafts of a type, hidden or not. */
function draftsOf ({ stage }: Drawing, type: string): readonly Readonly<Record<string, unknown>>[] {
  const seen = stage.seen.get(type)
  return [...seen === undefined ? [] : [seen.rich], ...stage.hidden.filter(({ hide }) => hide.type === type).flatMap(({ drafts }) => [drafts.with[0], drafts.without[0]].flatMap(draft => draft ?? []))]
}

const anyOf = (drawing: Drawing, type: string) => drawing.one(drawing.stage.registry.parametersOf(type))

/** A chain over one reference or two. */
function chain (drawing: Drawing, type: string, depth = 0): Criterion | undefined {
  const { stage: { registry }, one, chance } = drawing
  const steps = registry.parametersOf(type).filter(parameter => parameter.type === 'reference' && parameter.targets.some(target => registry.types.includes(target)))
  if (steps.length === 0) return undefined
  const step = one(steps)
  const to = one(step.targets.filter(target => registry.types.includes(target)))
  const rest = (depth < 2 && chance(0.3) ? chain(drawing, to, depth + 1) : undefined) ?? (registry.parametersOf(to).length === 0 ? undefined : criterion(drawing, to, anyOf(drawing, to)))
  return rest === undefined ? undefined : { pair: `${step.code}:${to}.${rest.pair}`, cells: ['kind chain', `chain ${type}`, ...rest.cells.filter(cell => cell.startsWith('kind'))] }
}

function has (drawing: Drawing, type: string): Criterion | undefined {
  const { stage: { registry }, one, chance } = drawing
  const sources = registry.types.flatMap(source => registry.parametersOf(source).filter(parameter => parameter.type === 'reference' && (parameter.targets.length === 0 || parameter.targets.includes(type))).map(parameter => ({ source, parameter })))
  if (sources.length === 0) return undefined
  const hidden = sources.filter(({ source }) => drawing.stage.hidden.some(({ hide }) => hide.type === source))
  const { source, parameter } = one(hidden.length > 0 && chance(0.6) ? hidden : sources)
  const rest = criterion(drawing, source, anyOf(drawing, source))
  return { pair: `_has:${source}:${parameter.code}:${rest.pair}`, cells: ['kind _has', `_has ${type}`] }
}

/** What a search of a type asks; always something of what is declared. */
export function criteria (drawing: Drawing, type: string): readonly Criterion[] {
  const { stage: { registry }, one, chance } = drawing
  const ofPatient = ['patient', 'subject'].filter(code => registry.parameter(type, code) !== undefined)
  const hops = [chance(0.15) ? chain(drawing, type) : undefined, chance(0.15) ? has(drawing, type) : undefined].flatMap(each => each ?? [])
  const list: Criterion[] = chance(0.06) ? [{ pair: `_list=${name(target(drawing, 'List'))}`, cells: ['kind _list'] }] : []
  const own = registry.parametersOf(type).length > 0 && chance(0.55) ? [criterion(drawing, type, anyOf(drawing, type))] : []
  return [
    ...ofPatient.length > 0 && chance(0.6) ? [{ pair: `${one(ofPatient)}=${one(['Patient/', ''])}{${one(['Patient', 'Patient', 'Patient', 'elsewhere'])}}`, cells: ['kind within a record'] }] : [],
    ...hops, ...list, ...own
  ]
}

/** How it is to be answered. */
export function manner (drawing: Drawing, type: string): readonly Criterion[] {
  const { stage: { registry }, one, chance } = drawing
  const given = (odds: number, what: string, values: readonly string[]): Criterion[] => values.length > 0 && chance(odds) ? [{ pair: `${what}=${one(values)}`, cells: [`kind ${what}`] }] : []
  const codes = registry.parametersOf(type).map(({ code }) => code)
  const several = (list: readonly string[], depth: number) => list.length === 0 ? [] : [one(list), ...depth > 1 ? [`${one(list)},${one(list)}`] : []]
  return [
    ...given(0.3, '_sort', several(codes.flatMap(code => [code, `-${code}`]), 2)),
    ...given(0.35, '_count', ['0', '1', '1', '2', '5', '200']),
    ...given(0.15, '_total', ['none', 'estimate', 'accurate']),
    ...given(0.15, '_summary', ['true', 'text', 'data', 'count', 'false']),
    ...given(0.1, '_elements', ['id', 'status', 'subject,status', 'code', 'meta']),
    ...given(0.25, '_include', registry.includesOf(type)),
    ...given(0.05, '_include:iterate', registry.includesOf(type)),
    ...given(0.25, '_revinclude', registry.revincludesOf(type)),
    ...given(0.05, '_pretty', ['true', 'false']),
    ...given(0.05, '_format', ['json', 'application/fhir+json', 'xml'])
  ]
}

const FOLLOWED = ['next', 'next', 'previous', 'first', 'next']
const MISUSED = ['cut', 'more', 'foreign']

/** @param first what it asks besides: it is why the search is asked */
export function searchOf (drawing: Drawing, type: string, path: string, first: readonly Criterion[] = []): Ask {
  const { chance, one } = drawing
  const asked = [...first, ...first.length > 0 && chance(0.4) ? [] : type === '' ? [] : criteria(drawing, type)]
  const parts = [...asked, ...manner(drawing, type === '' ? 'DocumentReference' : type)]
  const query = parts.map(({ pair }) => pair).join('&')
  const isPosted = chance(0.15)
  const isFollowed = /_count=[125]\b/.test(query)
  const follow = isFollowed ? chance(0.15) ? [one(MISUSED)] : FOLLOWED : []
  return {
    cells: [...parts.flatMap(({ cells }) => cells), ...isPosted ? ['kind POST _search'] : [], ...follow.map(relation => `kind page ${relation}`)],
    ...isPosted
      ? { method: 'POST', url: `${path}/_search`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: query }
      : { method: 'GET', url: `${path}${query === '' ? '' : `?${query}`}` },
    ...isPosted ? {} : chance(0.1) ? { headers: { prefer: 'handling=lenient' } } : {},
    ...follow.length > 0 && !isPosted ? { follow } : {}
  }
}
