/** The outbox, for who runs the server: what waits, what is dead and why, and what is to become of that. */
import type { DeadLetters, Letter, Survey } from '../../src/notification/dead-letter.js'
import { createClient } from '../../src/store/client.js'
import { createDeadLetters } from '../../src/store/outbox-store.js'

type Chosen = readonly string[] | 'all'

export interface Asked {
  readonly mongoUrl: string
  readonly mongoDb: string
  readonly retry?: Chosen | undefined
  readonly drop?: Chosen | undefined
  readonly isJson: boolean
  /** Of what waits and of what is dead, how many are listed. */
  readonly most: number
}

/** @returns what is to be printed, and whether all that was named was dead */
export async function run ({ mongoUrl, mongoDb, ...asked }: Asked): Promise<{ readonly text: string, readonly isDone: boolean }> {
  const client = createClient(mongoUrl)
  try {
    return await answer(createDeadLetters((await client.connect()).db(mongoDb)), asked, Date.now())
  } finally {
    await client.close()
  }
}

async function answer (letters: DeadLetters, { retry, drop, isJson, most }: Omit<Asked, 'mongoUrl' | 'mongoDb'>, now: number) {
  const retried = retry === undefined ? undefined : await letters.retry(retry, now)
  const dropped = drop === undefined ? undefined : await letters.drop(drop)
  const survey = await letters.survey(most)
  const done = { ...retried === undefined ? {} : { retried }, ...dropped === undefined ? {} : { dropped } }
  const isDone = isWhole(retry, retried) && isWhole(drop, dropped)
  return { isDone, text: isJson ? JSON.stringify({ ...done, ...survey }) : [...saidOf(retry, retried, 'tried again'), ...saidOf(drop, dropped, 'dropped'), ...lines(survey, now)].join('\n') }
}

function isWhole (chosen: Chosen | undefined, count = 0): boolean {
  return chosen === undefined || chosen === 'all' || new Set(chosen).size === count
}

function saidOf (chosen: Chosen | undefined, count: number | undefined, what: string): readonly string[] {
  if (count === undefined) return []
  return [`${count} ${what}`, ...isWhole(chosen, count) ? [] : ['The others are not dead, or not there.']]
}

function lines ({ waiting, dead }: Survey, now: number): readonly string[] {
  const row = ({ id, way, attempts, since, at, died, reason = '' }: Letter) => [
    id, way, `${attempts} tries`, `there for ${ageOf(now - since)}`,
    at === undefined ? `dead for ${ageOf(now - (died ?? since))}` : at > now ? `due in ${ageOf(at - now)}` : `due for ${ageOf(now - at)}`, reason
  ]
  const part = (name: string, { counts, letters }: Survey['dead']) => {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const ways = Object.entries(counts).map(([way, count]) => `${count} ${way}`).join(', ')
    return [`${total} ${name}${total === 0 ? '' : `: ${ways}`}`, ...aligned(letters.map(row)), ...total > letters.length ? [`  … and ${total - letters.length} more`] : []]
  }
  return [...part('wait', waiting), ...part('dead', dead)]
}

function aligned (rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}

/** The two largest units of a time. */
function ageOf (ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24]
  if (days > 0) return `${days} d ${hours} h`
  return minutes < 1 ? `${Math.floor(ms / 1000)} s` : hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
}
