import { Presets, SingleBar } from 'cli-progress'

/** Where the load stands, for whoever watches. */
export interface Bar {
  readonly start: (name: string, total: number, done: number) => void
  readonly step: (isRefused: boolean) => void
  readonly stop: () => void
  /** A line that stays. */
  readonly say: (line: string) => void
}

const LINE_SECONDS = 5

/** A bar on a terminal; elsewhere a line now and then. Both on standard error. */
export function createBar (stream: NodeJS.WriteStream = process.stderr): Bar {
  return stream.isTTY ? drawn(stream) : written(stream)
}

function drawn (stream: NodeJS.WriteStream): Bar {
  let bar: SingleBar | undefined
  let refused = 0
  let sent = 0
  let began = 0
  return {
    start: (name, total, done) => {
      refused = 0
      bar = new SingleBar({
        stream,
        format: '{name} [{bar}] {percentage}% | {value}/{total} | {speed}/s | {eta_formatted} to go | {refused} refused',
        etaBuffer: 200,
        hideCursor: true,
        formatValue: (value, _options, type) => String(type === 'percentage' ? value : Math.round(value))
      }, Presets.shades_classic)
      bar.start(total, done, { name, refused, speed: '…' })
      sent = 0
      began = Date.now()
    },
    step: isRefused => {
      sent++
      if (isRefused) refused++
      bar?.increment(1, { refused, speed: (sent / Math.max(0.001, (Date.now() - began) / 1000)).toFixed(0) })
    },
    stop: () => { bar?.stop(); bar = undefined },
    say: line => { stream.write(`\r\u001b[K${line}\n`) }
  }
}

function written (stream: NodeJS.WriteStream): Bar {
  let state = { name: '', total: 0, done: 0, from: 0, refused: 0, began: 0, said: 0 }
  const say = (line: string) => { stream.write(`${line}\n`) }
  const tell = () => {
    const { name, total, done, from, refused, began } = state
    const rate = (done - from) / Math.max(0.001, (Date.now() - began) / 1000)
    const left = rate > 0 ? `${Math.round((total - done) / rate)} s to go` : 'waiting'
    say(`${name}: ${done}/${total} (${total === 0 ? 100 : Math.floor(100 * done / total)} %), ${rate.toFixed(0)}/s, ${left}, ${refused} refused`)
    state.said = Date.now()
  }
  return {
    start: (name, total, done) => { state = { name, total, done, from: done, refused: 0, began: Date.now(), said: Date.now() } },
    step: isRefused => {
      state.done++
      if (isRefused) state.refused++
      if (Date.now() - state.said > LINE_SECONDS * 1000) tell()
    },
    stop: tell,
    say
  }
}
