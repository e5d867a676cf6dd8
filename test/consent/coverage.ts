/** What the scenarios of a run decided: each rule, kind, label, mode, caller and type, both ways. A cell that stays empty fails. */
import type { Coding, Consent, DocumentReference } from '@medplum/fhirtypes'
import type { Asked } from './engine.js'
import { options } from './generators.js'
import type { Answer } from './judge.js'
import { model } from './model.js'
import { kindsOf } from './model/kind.js'
import { ACT_CODE, CONFIDENTIALITY, VISIBILITY } from './scenario.js'
import type { World, WorldDocument } from './scenario.js'

/** How often each cell, `rule 3 permit`, was filled. */
export type Coverage = Map<string, number>
type Way = 'permit' | 'deny'
const WAYS = ['permit', 'deny'] as const

/** Each row, and the ways that it can decide. */
const ROWS: readonly (readonly [row: string, ways: readonly Way[]])[] = [
  ...Array.from({ length: 14 }, (_, index): readonly [string, readonly Way[]] => [`rule ${index + 1}`, [3, 4, 5, 9].includes(index + 1) ? WAYS : [7, 14].includes(index + 1) ? ['permit'] : ['deny']]),
  ['rule 2, deleted: gone', WAYS],
  ...['acces-ps', 'equipe-soins', 'acces-ponctuel', 'medecin-traitant', 'administrateur', 'urgence-ps', 'urgence-samu', 'urgence-masques', 'application', 'delegation']
    .map((kind): readonly [string, readonly Way[]] => [`kind ${kind}`, ['permit']]),
  ['kind blocage', ['deny']],
  ...['partage', 'pcf'].map((kind): readonly [string, readonly Way[]] => [`kind ${kind}`, WAYS]),
  ...['MASQUE_PS', 'MASQUE_PSOCIAL', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX', 'R', 'V', 'HIV', 'unknown'].map((label): readonly [string, readonly Way[]] => [`label ${label}`, WAYS]),
  ...['N', 'none'].map((label): readonly [string, readonly Way[]] => [`label ${label}`, WAYS]),
  ...['normal', 'bris_de_glace', 'centre_15'].map((mode): readonly [string, readonly Way[]] => [`mode ${mode}`, WAYS]),
  ...['holder', 'representative', 'application', 'professional', 'structure'].map((kind): readonly [string, readonly Way[]] => [`caller ${kind}`, WAYS]),
  ['caller operator', ['deny']],
  ...['DocumentReference', 'Observation', 'List'].map((type): readonly [string, readonly Way[]] => [`type ${type}`, WAYS]),
  ['a version before', WAYS],
  ...['open', 'active'].map((account): readonly [string, readonly Way[]] => [`account ${account}`, WAYS]),
  ...['none', 'notified', 'opposed', 'suspended', 'closed', 'deleted'].map((account): readonly [string, readonly Way[]] => [`account ${account}`, ['deny']])
]

const POSSIBLE: ReadonlySet<string> = new Set(ROWS.flatMap(([row, ways]) => ways.map(way => `${row} ${way}`)))
/** Kinds and labels are counted up to this: to see what one of them decided takes another question to the model. */
const ENOUGH = 20
/** Where these decide, no label does. */
const WHATEVER_LABEL = [1, 2, 6, 8, 9, 12]

/**
 * Counts the cells that one answer fills. A rule is the one that decided; a kind decided when without the choices of
 * that kind the answer would be the other one; a label denies in the same sense, and permits when what bears it was seen.
 */
export function cover (coverage: Coverage, { world, caller, now }: Asked, { isVersion, document, verdict, expected }: Answer): void {
  if (isVersion) {
    coverage.set(`a version before ${expected ? 'permit' : 'deny'}`, (coverage.get(`a version before ${expected ? 'permit' : 'deny'}`) ?? 0) + 1)
    return
  }
  const add = (row: string, way: Way) => { coverage.set(`${row} ${way}`, (coverage.get(`${row} ${way}`) ?? 0) + 1) }
  const way = expected ? 'permit' : 'deny'
  const said = ({ permit, gone }: { permit: boolean, gone?: boolean }) => document.deleted ? gone === true : permit
  if (document.deleted && verdict.rule === 2) add('rule 2, deleted: gone', way)
  else add(`rule ${verdict.rule}`, way)
  if (caller.kind === 'professional') add(`mode ${caller.mode}`, way)
  for (const row of [`caller ${caller.kind}`, `type ${document.resource.resourceType}`, `account ${world.account}`]) add(row, way)
  const isWanted = (row: string) => POSSIBLE.has(`${row} ${way}`) && (coverage.get(`${row} ${way}`) ?? 0) < ENOUGH
  for (const kind of new Set(world.consents.map(({ resource }) => kindOf(resource)))) {
    if (!isWanted(`kind ${kind}`)) continue
    const others: World = { ...world, consents: world.consents.filter(({ resource }) => kindOf(resource) !== kind) }
    if (said(model(others, caller, document, now, options)) !== expected) add(`kind ${kind}`, way)
  }
  for (const label of labelNames(document)) {
    if (expected) add(`label ${label}`, 'permit')
    else if (!WHATEVER_LABEL.includes(verdict.rule) && isWanted(`label ${label}`) && said(model(world, caller, relabelled(document, label), now, options))) add(`label ${label}`, 'deny')
  }
}

function kindOf (consent: Consent): string {
  return kindsOf(consent).join() || 'pcf'
}

function nameOf ({ system, code }: Coding): string {
  if (system === VISIBILITY && ['MASQUE_PS', 'MASQUE_PSOCIAL', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX'].includes(code ?? '')) return code ?? ''
  if (system === CONFIDENTIALITY && ['N', 'R', 'V'].includes(code ?? '')) return code ?? ''
  return system === ACT_CODE ? code ?? '' : 'unknown'
}

function codingsOf ({ resource }: WorldDocument): readonly Coding[] {
  const own = resource.resourceType === 'DocumentReference' ? resource.securityLabel ?? [] : []
  return [...own.flatMap(({ coding = [{}] }): readonly Coding[] => coding), ...resource.meta?.security ?? []]
}

function labelNames (document: WorldDocument): ReadonlySet<string> {
  const names = codingsOf(document).map(nameOf)
  return new Set(names.length === 0 ? ['none'] : names)
}

/** The same resource with a label of no consequence in the place of this one. */
function relabelled (document: WorldDocument, label: string): WorldDocument {
  const kept = codingsOf(document).filter(coding => nameOf(coding) !== label)
  const security = [...kept, { system: CONFIDENTIALITY, code: 'L' }]
  const { securityLabel, ...rest } = document.resource as DocumentReference
  return { ...document, resource: { ...rest, meta: { ...rest.meta, security } } as WorldDocument['resource'] }
}

export function merge (coverage: Coverage, more: Iterable<readonly [string, number]>): void {
  for (const [cell, count] of more) coverage.set(cell, (coverage.get(cell) ?? 0) + count)
}

function isCapped (row: string, way: Way): boolean {
  return row.startsWith('kind ') || (row.startsWith('label ') && way === 'deny')
}

/** The table as lines; `-` is a cell that cannot be filled. */
export function tableOf (coverage: Coverage): readonly string[] {
  const cell = (row: string, ways: readonly Way[], way: Way) => {
    const count = coverage.get(`${row} ${way}`)
    if (count !== undefined) return `${count}${isCapped(row, way) && count >= ENOUGH ? '+' : ''}`
    return ways.includes(way) ? 'EMPTY' : '-'
  }
  return [`${''.padEnd(40)}${'permit'.padStart(9)}${'deny'.padStart(9)}`,
    ...ROWS.map(([row, ways]) => `${row.padEnd(40)}${cell(row, ways, 'permit').padStart(9)}${cell(row, ways, 'deny').padStart(9)}`)]
}

/** The cells that should not be empty, and are. */
export function emptyCells (coverage: Coverage): readonly string[] {
  return [...POSSIBLE].filter(cell => !coverage.has(cell))
}

/** The cells that are filled though no rule of the page fills them: a kind that decided against its nature, say. */
export function strangeCells (coverage: Coverage): readonly string[] {
  const known = new Map(ROWS)
  return [...coverage.keys()].filter(cell => {
    const [, row = '', way = ''] = /^(.*) (permit|deny)$/.exec(cell) ?? []
    return /^(rule|caller)/.test(row) && known.get(row)?.includes(way as Way) !== true
  })
}
