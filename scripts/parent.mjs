/**
 * Calls back when the npm that runs this script is gone. A shell between the two may die of a signal
 * without a word to us, and of a kill -9 npm cannot tell at all.
 * @param {() => void} done
 */
export function whenParentEnds (done) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    done()
  }, 250)
  watch.unref()
}
