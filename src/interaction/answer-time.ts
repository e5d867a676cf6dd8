/** An answer comes within this time, ms; for each entry of a Bundle it has a little more. */
const ANSWER = 25_000
const ENTRY = 50

/** How long somebody waits for the answer to a request, ms. @param entries of the Bundle that it is */
export function answerTime (entries = 0): number {
  return ANSWER + ENTRY * entries
}
