import { fork } from 'node:child_process'

/**
 * A worker of a hunt, in a process of its own.
 * @param file the program @param share what of the work is its own, as JSON
 * @param hear is told each message of it
 * @returns its exit code
 */
export async function workIn<Message> (file: string, share: object, hear: (message: Message) => void): Promise<number | null> {
  const child = fork(file, [JSON.stringify(share)], { execArgv: ['--max-semi-space-size=64'] })
  child.on('message', message => { hear(message as Message) })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  })
}
