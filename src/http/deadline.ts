import { answerTime } from '../interaction/answer-time.js'
import { OutcomeError } from '../outcome/outcome-error.js'

/**
 * What takes too long is answered all the same: nobody waits for ever behind a store that is away and does not know it.
 * The work goes on, and what it would have told is told to nobody.
 * @param isRead whether it changes nothing, and may be asked again
 * @param drop what is done with what comes too late
 * @throws OutcomeError `store-timeout` for a read, `outcome-unknown` for what may have changed something
 */
export async function inTime<T> ({ isRead, body }: { readonly isRead: boolean, readonly body: unknown }, work: Promise<T>, drop: (late: T) => void): Promise<T> {
  const { entry } = (body ?? {}) as { readonly entry?: unknown }
  const late = new OutcomeError(isRead ? 'store-timeout' : 'outcome-unknown')
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(late)
      work.then(drop, () => {})
    }, answerTime(Array.isArray(entry) ? entry.length : 0))
  })
  return await Promise.race([work, deadline]).finally(() => { clearTimeout(timer) })
}
