/**
 * Plays a scenario on both servers: each request is asked of both, by the one from whom something is hidden, and the two
 * answers have to be the same bytes, status and headers; so has all that the caller, and everybody else, sees afterwards,
 * apart from what is hidden.
 *
 * What may differ is told apart as narrowly as it can be: the request id; ids that were drawn since the first request, of
 * which the step in which they were drawn and their order are compared; the seal of a page link, of which the content is.
 */
import { familyOf } from '../../../src/consent/family.js'
import type { TestResponse } from '../../helper/app.js'
import { FILE } from './ask-operate.js'
import { hideAll } from './hide.js'
import { BOTH, UUID, drawnIn } from './pair.js'
import type { Pair, Side, Which } from './pair.js'
import type { Ask, Scenario } from './scenario.js'
import type { Stage } from './stage.js'
import { build, called, isHiddenIn, resolve, written } from './world.js'
import type { World } from './world.js'

export interface Difference {
  /** The number of the request in the scenario. */
  readonly index: number
  readonly what: string
  readonly without: string
  readonly with: string
}

export interface Played {
  readonly statuses: readonly number[]
  /** How many answers were compared, pages and views included. */
  readonly answers: number
  readonly difference: Difference | undefined
}

/** @throws Error when the scenario cannot be set up, or something that should be hidden is not */
export async function play (pair: Pair, scenario: Scenario, stage: Stage): Promise<Played> {
  return await pair.playing(async () => await playHere(pair, scenario, stage))
}

async function playHere (pair: Pair, scenario: Scenario, stage: Stage): Promise<Played> {
  const world = await build(pair, scenario, stage)
  await hideAll(world, stage)
  const playing = new Playing(world)
  await playing.nameTrace()
  for (const [index, ask] of scenario.asks.entries()) {
    await playing.ask(index, ask)
    if (playing.difference !== undefined) break
  }
  if (playing.difference === undefined) await playing.look(scenario.asks.length)
  return playing
}

class Playing implements Played {
  readonly statuses: number[] = []
  answers = 0
  difference: Difference | undefined
  /** What was answered too late, if anything was. */
  #late: 'reading' | 'writing' | undefined
  readonly #world: World
  readonly #drawn: Readonly<Record<Which, Map<string, string>>> = { without: new Map(), with: new Map() }

  constructor (world: World) {
    this.#world = world
  }

  /** A trace that the caller sees, if there is one. */
  async nameTrace (): Promise<void> {
    const answers = await this.#both('caller', { cells: [], method: 'GET', url: '/AuditEvent?_count=1' })
    for (const side of BOTH) this.#world.names[side].set('AuditEvent', /"id":"([^"]+)"/.exec(answers[side].text)?.[1] ?? 'none')
    this.#compare(-1, '/AuditEvent?_count=1', answers)
  }

  async ask (index: number, ask: Ask): Promise<void> {
    const answers = await this.#both('caller', ask.onto === undefined ? ask : { ...ask, body: undefined }, ask.onto === undefined ? undefined : await this.#onto(index, ask))
    this.statuses.push(answers.with.status)
    this.#compare(index, `${ask.method} ${ask.url}`, answers)
    for (const side of BOTH) this.#remember(side, answers[side])
    if (ask.follow !== undefined) await this.#follow(index, ask.follow, answers)
    if (ask.method !== 'GET' && answers.with.status < 300) await this.#seen(index, 'caller', writtenUrl(ask, answers.with))
  }

  /** What the caller and the others see in the end. */
  async look (index: number): Promise<void> {
    const since = '/_history?_count=200&_since={began}'
    await this.#seen(index, 'caller', [since, '/AuditEvent?_count=200&_sort=date', '/Patient/{Patient}/*?_count=200&_sort=_id'])
    await this.#seen(index, 'holder', [since, '/AuditEvent?_count=200&_sort=date&date=ge{began}'])
    for (const who of ['elsewhere', 'hospital']) await this.#seen(index, who, [since])
  }

  async #both (who: string, { method, url, headers = {}, body }: Omit<Ask, 'body'> & { readonly body?: string | undefined }, bodies?: Readonly<Record<Which, string>>): Promise<Readonly<Record<Which, TestResponse>>> {
    const { pair, names, tokens, hidden } = this.#world
    let step = pair.step()
    const send = async (side: Which) => {
      const text = (given: string) => resolve(given, names[side])
      const content = bodies?.[side] ?? (body === undefined ? undefined : text(body))
      return await pair[side].ask(tokens[who] ?? '', method, text(url), { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, text(value)])), ...content === undefined ? {} : { body: content } })
    }
    for (let tries = 0; ; tries += 1) {
      const [without, whole] = await pair[isShared(method, url) ? 'alone' : 'together'](async () => await Promise.all([send('without'), send('with')]))
      if (![without, whole].some(({ status }) => status === 503)) return { without, with: whole }
      // A machine is slow: one of them may have left its trace; or its write, and then nothing can be compared any more.
      this.#late = method === 'GET' ? this.#late ?? 'reading' : 'writing'
      if (tries > 2 || method !== 'GET') return { without, with: whole }
      hidden.add(step)
      step = pair.step()
    }
  }

  /** The body of a change: what is there, with the change; the change alone where nothing is seen. */
  async #onto (index: number, { onto = '', body = '' }: Ask): Promise<Readonly<Record<Which, string>>> {
    const answers = await this.#both('caller', { cells: [], method: 'GET', url: onto })
    this.#compare(index, `GET ${onto}`, answers)
    const changed = (side: Which) => {
      const text = resolve(body, this.#world.names[side])
      try {
        return answers[side].status === 200 ? JSON.stringify({ ...answers[side].json, ...JSON.parse(text) }) : text
      } catch {
        return text
      }
    }
    return { without: changed('without'), with: changed('with') }
  }

  async #follow (index: number, relations: readonly string[], first: Readonly<Record<Which, TestResponse>>): Promise<void> {
    let answers = first
    for (const relation of relations) {
      const urls = { without: linkOf(first.without, answers.without, relation), with: linkOf(first.with, answers.with, relation) }
      if (urls.with === undefined || urls.without === undefined) return
      const { pair, tokens } = this.#world
      pair.step()
      const [without, whole] = await pair.together(async () => await Promise.all(BOTH.map(async side => await pair[side].ask(tokens['caller'] ?? '', 'GET', urls[side] ?? ''))))
      if (without === undefined || whole === undefined) return
      answers = { without, with: whole }
      this.#compare(index, `page ${relation} of the answer`, answers)
    }
  }

  /** What somebody else sees is compared without what is hidden from the caller. */
  async #seen (index: number, who: string, urls: readonly string[]): Promise<void> {
    for (const url of urls) {
      const answers = await this.#both(who, { cells: [], method: 'GET', url })
      if (who === 'caller') this.#compare(index, `GET ${url} afterwards`, answers)
      else this.#compare(index, `${who}: GET ${url} afterwards`, await this.#whole(who, answers), text => this.#withoutHidden(text))
    }
  }

  /** All pages in one: what is hidden from the caller takes room on those of others. */
  async #whole (who: string, first: Readonly<Record<Which, TestResponse>>): Promise<Readonly<Record<Which, TestResponse>>> {
    const { pair, tokens } = this.#world
    // Asking for them leaves traces, which are on later pages.
    const asked = new Date(pair.now()).toISOString()
    const rest = async (side: Which) => {
      const entries = entriesOf(first[side])
      for (let url = linkOf(first[side], first[side], 'next'); url !== undefined;) {
        const page = await pair[side].ask(tokens[who] ?? '', 'GET', url)
        if (page.status !== 200) return page
        entries.push(...entriesOf(page).filter(({ resource }) => (resource?.recorded ?? '') < asked))
        url = linkOf(page, page, 'next')
      }
      return { ...first[side], text: JSON.stringify({ entry: entries }) }
    }
    pair.step()
    return { without: await rest('without'), with: await rest('with') }
  }

  /** The entries of a Bundle that name nothing hidden. */
  #withoutHidden (text: string): string {
    const { entry = [] } = JSON.parse(text) as { readonly entry?: readonly object[] }
    return JSON.stringify(entry.map(each => JSON.stringify(each)).filter(each => !isHiddenIn(this.#world, each.match(UUID) ?? [])), null, 1)
  }

  #compare (index: number, what: string, answers: Readonly<Record<Which, TestResponse>>, of?: (text: string) => string): void {
    this.answers += 1
    if (this.difference !== undefined || this.#late === 'writing' || BOTH.some(side => answers[side].status === 503)) return
    if (this.#late === 'reading' && BOTH.some(side => answers[side].text.includes('AuditEvent'))) return
    const [without, whole] = BOTH.map(side => this.#face(this.#world.pair[side], answers[side], of))
    if (without !== whole) this.difference = { index, what, without: without ?? '', with: whole ?? '' }
    else if (answers.with.status >= 500) this.difference = { index, what: `${what}: ${answers.with.status}`, without: without ?? '', with: whole ?? '' }
  }

  #face ({ which, opened }: Side, { status, headers, text }: TestResponse, of?: (text: string) => string): string {
    const { date, 'x-request-id': request, ...shown } = headers
    const sorted = Object.entries(shown).toSorted(([one], [other]) => one < other ? -1 : 1)
    const whole = JSON.stringify(of === undefined || status !== 200 ? [status, sorted, text] : [status, of(text)], null, 1)
    return whole.replace(/_page=([\w-]+)/g, (sealed, token: string) => `_page=${opened.get(token) ?? sealed}`).replace(UUID, uuid => this.#named(which, uuid))
  }

  /** An id of a step since the first request, by the step and its order in it. */
  #named (which: Which, uuid: string): string {
    const step = drawnIn(uuid)
    if (step === 0) return uuid
    const drawn = this.#drawn[which]
    const known = drawn.get(uuid)
    if (known !== undefined) return known
    const name = `step ${step} id ${[...drawn.values()].filter(each => each.startsWith(`step ${step} `)).length}`
    drawn.set(uuid, name)
    return name
  }

  #remember (side: Which, { headers }: TestResponse): void {
    const made = written(headers['location'])
    if (made !== undefined) called(this.#world, [side], `made.${made.type}`, made)
  }
}

interface Entry { readonly resource?: { readonly recorded?: string } }

function entriesOf ({ status, text }: TestResponse): Entry[] {
  return status === 200 ? (JSON.parse(text) as { readonly entry?: Entry[] }).entry ?? [] : []
}

/** Whether it may write what every scenario sees. */
function isShared (method: Ask['method'], url: string): boolean {
  const [, type = ''] = /^\/(\w+)/.exec(url) ?? []
  if (method === 'GET' || method === 'HEAD' || url.includes('_search')) return false
  return type === '' || ['directory', 'open-agenda'].includes(familyOf(type))
}

/** Where what was written is read. */
function writtenUrl ({ url }: Ask, { headers }: TestResponse): readonly string[] {
  const made = written(headers['location'])
  if (made !== undefined) return [`/${made.type}/{made.${made.type}}`]
  const resource = /^\/\w+\/\{[\w.]+\}(?=$|\/\$meta-)/.exec(url)?.[0]
  return resource === undefined ? [] : [resource]
}

/** A link of a searchset, or what is made of the next one wrongly; of an export that began, the job or a file of it. */
function linkOf ({ headers }: TestResponse, { status, text }: TestResponse, relation: string): string | undefined {
  const job = headers['content-location']
  if (job !== undefined) return relation.startsWith(FILE) ? `${job}/${relation.slice(FILE.length)}.ndjson` : job
  if (status !== 200 || !text.startsWith('{')) return undefined
  const links = (JSON.parse(text) as { readonly link?: readonly { readonly relation: string, readonly url: string }[] }).link ?? []
  const url = (of: string) => links.find(each => each.relation === of)?.url
  switch (relation) {
    case 'cut': return url('next')?.slice(0, -4)
    case 'more': { const next = url('next'); return next === undefined ? undefined : `${next}&_count=100` }
    case 'foreign': return url('next')?.replace(/fhir\/\w*/, 'fhir/Consent')
    default: return url(relation)
  }
}
