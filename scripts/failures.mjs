import { createInterface } from 'node:readline'

// So many lines after the one that says `not ok` are told with it.
const TOLD = 30

/**
 * Passes TAP on, and remembers what failed, so that it can be told again at the end: of twenty minutes of output, the last
 * lines are read.
 * @param {NodeJS.ReadableStream} tap
 * @returns {Promise<string[]>} what failed, innermost first, with its place
 */
export async function passOn (tap) {
  const failed = []
  let left = 0
  let file = ''
  for await (const line of createInterface({ input: tap, crlfDelay: Infinity })) {
    process.stdout.write(`${line}\n`)
    file = /^# Subtest: (.*)$/.exec(line)?.[1] ?? file
    const isFailure = /^\s*not ok /.test(line) && !/# (?:TODO|SKIP)/i.test(line)
    if (isFailure) failed.push(`${file}:`)
    if (isFailure) left = TOLD
    if (left-- > 0) failed.push(line)
    if (/^\s*\.\.\.$/.test(line)) left = 0
  }
  return failed
}
