/**
 * The law of imports (`design.md` 3): one way only, and no cycles. A folder may import those of lower rank; ports are
 * declared by who uses them, so `store` and `http` are imported by nobody but the roots.
 */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { inProject } from '../helper/root.js'

const SRC = inProject('src')
/** The files that put the others together. */
const ROOTS: readonly string[] = ['app.ts', 'main.ts', 'sample.ts']

interface Import { readonly from: string, readonly to: string, readonly isType: boolean }

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts')).map(file => file.replaceAll(path.sep, '/'))
const imports = files.flatMap(file => importsOf(file))
const local = imports.filter(({ to }) => to.endsWith('.ts'))
const folderOf = (file: string) => file.includes('/') ? file.slice(0, file.indexOf('/')) : file
const inside = local.filter(({ from, to }) => folderOf(from) !== folderOf(to) && !ROOTS.includes(from))
const show = ({ from, to }: Import) => `${from} imports ${to}`

function importsOf (file: string): readonly Import[] {
  const text = readFileSync(path.join(SRC, file), 'utf8')
  return [...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/gm)].map(match => {
    const specifier = match[2] ?? match[3] ?? ''
    const to = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts') : specifier
    return { from: file, to, isType: match[1] !== undefined }
  })
}

t.test('the imports are read', async t => {
  t.ok(files.length > 60 && local.length > 200, `${local.length} imports of ${files.length} files`)
  t.same(local.filter(({ to }) => !files.includes(to)).map(show), [], 'each leads to a file')
  t.ok(imports.some(({ to }) => to === 'fastify') && imports.some(({ to }) => to === 'mongodb'))
})

t.test('only the roots see everything', async t => {
  t.same(local.filter(({ from, to }) => ROOTS.includes(to) && !ROOTS.includes(from)).map(show), [])
  t.same(files.filter(file => !file.includes('/') && ![...ROOTS, 'config.ts'].includes(file)), [], 'no other file stands at the top')
})

t.test('only src/http knows Fastify, only src/store knows MongoDB', async t => {
  for (const [module, folder] of [['fastify', 'http'], ['mongodb', 'store'], ['jose', 'http'], ['ws', 'http'], ['undici', 'notification']] as const) {
    const users = imports.filter(({ from, to }) => (to === module || to.startsWith(`${module}/`)) && folderOf(from) !== folder && !(ROOTS.includes(from) && from !== 'sample.ts'))
    t.same(users.map(show), [], module)
  }
  t.same(imports.filter(({ to }) => /^(?:node:)?(?:https?|net|tls|dgram|child_process|vm|worker_threads)$/.test(to) && !/^http\//.test(to)).filter(({ isType }) => !isType).map(show), [], 'and nobody opens sockets or processes')
})

t.test('nobody but the roots imports http or store', async t => {
  t.same(inside.filter(({ to }) => ['http', 'store'].includes(folderOf(to))).map(show), [])
})

t.test('what judges knows nothing of what asks', async t => {
  const forbidden: Readonly<Record<string, readonly string[]>> = {
    consent: ['interaction', 'operation', 'http', 'store', 'release', 'audit', 'search', 'crypto'],
    search: ['interaction', 'operation', 'http', 'store', 'release', 'audit', 'consent'],
    filter: ['*'],
    outcome: ['*'],
    json: ['*', '-outcome'],
    patch: ['*', '-outcome', '-json'],
    security: ['*', '-outcome', '-filter'],
    crypto: ['*', '-outcome'],
    terminology: ['interaction', 'http', 'store', 'release', 'audit', 'consent', 'search'],
    validation: ['interaction', 'http', 'store', 'release', 'audit', 'consent', 'search'],
    interaction: ['http', 'store', 'release', 'operation', 'notification'],
    operation: ['http', 'store', 'release', 'notification'],
    notification: ['http', 'store', 'release', 'operation'],
    release: ['http', 'store', 'operation', 'notification'],
    store: ['http', 'release', 'operation', 'consent/decide.ts', 'audit']
  }
  for (const [folder, banned] of Object.entries(forbidden)) {
    const allowed = banned.filter(name => name.startsWith('-')).map(name => name.slice(1))
    const broken = inside.filter(({ from, to }) => folderOf(from) === folder &&
      (banned.includes(folderOf(to)) || banned.includes(to) || (banned.includes('*') && !allowed.includes(folderOf(to)))))
    t.same(broken.map(show), [], folder)
  }
})

t.test('no two files import each other, by any way round', async t => {
  t.same(cycles([{ from: 'a', to: 'b', isType: false }, { from: 'b', to: 'c', isType: false }, { from: 'c', to: 'a', isType: false }]), ['a → b → c → a'], 'a cycle is found')
  t.same(cycles(local.filter(({ isType }) => !isType)), [])
})

t.test('no two folders do, at run time', async t => {
  const between = inside.filter(({ isType, from }) => !isType && from.includes('/')).map(({ from, to, isType }) => ({ from: folderOf(from), to: folderOf(to), isType }))
  t.same(cycles(between), [])
})

/** One walk for each cycle that is found. */
function cycles (edges: readonly Import[]): readonly string[] {
  const next = new Map<string, readonly string[]>()
  for (const { from, to } of edges) next.set(from, [...next.get(from) ?? [], to])
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      found.push([...way.slice(way.indexOf(file)), file].join(' → '))
      return
    }
    if (done.has(file)) return
    for (const to of next.get(file) ?? []) visit(to, [...way, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  return found
}
