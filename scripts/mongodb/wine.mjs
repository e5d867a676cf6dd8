import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runQuietly } from '../run-quietly.mjs'
import { cacheDirectory } from './cache.mjs'
import { portableBuild } from './portable-build.mjs'
import { installedWine, isDebian } from './wine-install.mjs'

const REGISTRY = ['system.reg', 'user.reg', 'userdef.reg']

/**
 * The third way, for Debian machines that reach nothing but the registries of packages: the Windows build of MongoDB
 * from an npm package, run by Debian's Wine. Several times slower than a native server, and for development only.
 * @param {{ dbPath: string, prefix: string, log: (line: string) => void }} place `prefix` becomes Wine's own folder
 * @returns {Promise<import('./installed.mjs').Program | undefined>}
 */
export async function underWine ({ dbPath, prefix, log }) {
  if (!isDebian()) return undefined
  const { wine, wineserver } = await installedWine(log)
  const build = await portableBuild(log)
  const env = environment(prefix)
  await sweep(wineserver, env)
  await layPrefix(prefix, await templatePrefix(wine, wineserver, log))
  return {
    name: 'MongoDB 7.0.15 for Windows under Wine',
    command: wine,
    // The collector of diagnostic data makes this build die after half a minute under Wine.
    parameters: [build, '--setParameter', 'diagnosticDataCollectionEnabled=false'],
    env,
    dbPath: `Z:${dbPath.replaceAll('/', '\\')}`,
    sweep: [wineserver, '-k']
  }
}

/**
 * The folder that Wine wants for itself takes ten seconds and 700 MB to make, so it is made once and shared: what
 * Wine only reads (the Windows directory) is linked to, what it writes (its registry) is copied. Each data folder has
 * a prefix of its own, because a prefix has one wineserver: two databases do not wait for each other, and one can be
 * ended with all that belongs to it.
 */
async function layPrefix (prefix, template) {
  await rm(prefix, { recursive: true, force: true })
  await mkdir(path.join(prefix, 'dosdevices'), { recursive: true, mode: 0o700 })
  await mkdir(path.join(prefix, 'tmp'))
  await symlink('/', path.join(prefix, 'dosdevices', 'z:'))
  await symlink('../drive_c', path.join(prefix, 'dosdevices', 'c:'))
  await symlink(path.join(template, 'drive_c'), path.join(prefix, 'drive_c'))
  for (const file of REGISTRY) await cp(path.join(template, file), path.join(prefix, file))
  // Wine must not bring the shared directory up to date from here: another version of Wine gets another template.
  await writeFile(path.join(prefix, '.update-timestamp'), 'disable\n')
}

/** @returns {Promise<string>} the folder of the template, made at the first use of this version of Wine */
async function templatePrefix (wine, wineserver, log) {
  const version = (await runQuietly(wine, ['--version'])).trim().replaceAll(/[^\w.~-]+/g, '-')
  const template = path.join(cacheDirectory('wine'), version)
  if (await stat(template).then(() => true, () => false)) return template
  log('Preparing Wine (once, about ten seconds)')
  const fresh = await mkdtemp(path.join(cacheDirectory('wine'), 'prepare-'))
  const env = environment(fresh)
  try {
    await mkdir(path.join(fresh, 'tmp'))
    await runQuietly(wine, ['wineboot', '--init'], { env: { ...process.env, ...env } })
    await sweep(wineserver, env)
    const complete = await Promise.all(REGISTRY.map(file => readFile(path.join(fresh, file)).then(text => text.length > 0)))
    if (!complete.every(Boolean)) throw new Error(`Wine did not finish its folder ${fresh}`)
    await rename(fresh, template)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    // Somebody else was faster: rename refuses a folder that is there and not empty.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  }
  return template
}

function environment (prefix) {
  return {
    WINEPREFIX: prefix,
    WINEDEBUG: '-all',
    // No entries in desktop menus, and no offers to install .NET or a browser.
    WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
    // The wineserver's socket: it goes with the prefix, and /tmp is not littered with one folder for each start.
    TMPDIR: path.join(prefix, 'tmp'),
    LC_ALL: 'C.UTF-8'
  }
}

/** Ends every Windows process of a prefix and its wineserver; says nothing when there is none. */
function sweep (wineserver, env) {
  return new Promise(resolve => {
    const child = spawn(wineserver, ['-k'], { env: { ...process.env, ...env }, stdio: 'ignore' })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}
