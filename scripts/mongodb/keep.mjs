import { fork } from 'node:child_process'
import { renameSync } from 'node:fs'
import path from 'node:path'
import { endLeftovers } from './claim.mjs'
import { end, identify } from './processes.mjs'
import { answers } from './replica-set.mjs'

/**
 * The owner's end of a keeper: runs one, and another should it be killed, until the stop.
 * @param {object} settings what keeper.mjs reads
 * @param {{ release: () => void, log: (line: string) => void }} owner
 * @returns {Promise<import('./member.mjs').Member>} once mongod answers
 */
export async function keep (settings, { release, log }) {
  const { files, port, program } = settings
  keepPreviousLog(files.log)
  let keeper
  let pid
  let over = false
  let lose
  const lost = new Promise(resolve => { lose = resolve })

  function lay () {
    let reason
    keeper = fork(path.join(import.meta.dirname, 'keeper.mjs'), [JSON.stringify(settings)],
      { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    keeper.on('message', message => {
      pid = message.pid ?? pid
      reason = message.failed
      if (message.ended !== undefined && !over) log(`MongoDB ended unexpectedly (${message.ended}); starting it again`)
    })
    keeper.on('exit', async () => {
      if (over) return
      if (reason === undefined) {
        log('The keeper of MongoDB ended unexpectedly; starting both again')
        await endLeftovers(files)
        if (!over) lay()
      } else {
        over = true
        release()
        lose(settings.temporary ? reason : `${reason}\n(from ${files.log})`)
      }
    })
    // A process that forgets to stop its MongoDB can still end, and MongoDB with it.
    keeper.unref()
    keeper.channel?.unref()
  }

  async function stop () {
    if (over) return
    over = true
    await dismiss(keeper)
    await endLeftovers(files)
    release()
  }

  lay()
  try {
    await Promise.race([
      answers({ port, dbPath: program.dbPath, patience: 90_000, isOver: () => over }),
      lost.then(reason => { throw new Error(reason) })
    ])
  } catch (error) {
    await stop()
    throw new Error(`${program.name} could not be started: ${error.message}`)
  }
  return { port, name: program.name, get pid () { return pid }, stop, lost }
}

async function dismiss (keeper) {
  const identity = identify(keeper.pid)
  if (keeper.connected) keeper.send('stop', () => {})
  await end(identity, 30_000)
}

/** The log of the last start and of the one before are kept, so that it does not grow for ever. */
function keepPreviousLog (file) {
  try {
    renameSync(file, `${file}.previous`)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}
