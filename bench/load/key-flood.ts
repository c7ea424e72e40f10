/**
 * A flood of wrong API keys, in a process of its own: `bun bench/load/key-flood.ts PORT PATH KEY_ID PER_SECOND SECONDS`. A third of
 * the keys are not whole, a third name no key, a third name a key and have another secret. Prints what was answered.
 */
import { randomBytes } from 'node:crypto'
import net from 'node:net'

const [port = '', path = '', key_id = '', per_second = '', seconds = ''] = process.argv.slice(2)
const SOCKETS = 64
const TICK_MS = 1

const secret = () => randomBytes(32).toString('base64url')
const ALL = [
  () => `mc_ak_live_${key_id}_${secret().slice(1)}`,
  () => `mc_ak_live_${randomBytes(9).toString('base64url').replace(/[_-]/g, 'x')}_${secret()}`,
  () => `mc_ak_live_${key_id}_${secret()}`,
]

const KINDS = [...(process.env.KINDS ?? '012')].map((n) => ALL[Number(n)]!)
let sent = 0
const statuses: Record<string, number> = {}

/** One request at a time on each connection: the next one is sent when the answer begins. */
class Guesser {
  readonly #socket = net.connect(Number(port), '127.0.0.1')
  busy = true

  constructor() {
    this.#socket.setNoDelay(true)
    this.#socket.on('connect', () => {
      this.busy = false
    })
    this.#socket.on('data', (bytes) => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1', 0, 12))?.[1]
      if (status === undefined) return
      statuses[status] = (statuses[status] ?? 0) + 1
      this.busy = false
    })
    this.#socket.on('error', () => undefined)
  }

  guess(): void {
    this.busy = true
    const key = KINDS[sent++ % KINDS.length]!()
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n\r\n`)
  }

  end(): void {
    this.#socket.destroy()
  }
}

const guessers = Array.from({ length: SOCKETS }, () => new Guesser())
const started_at = performance.now()
const pace = setInterval(() => {
  const elapsed_s = (performance.now() - started_at) / 1000
  if (elapsed_s > Number(seconds)) {
    clearInterval(pace)
    for (const guesser of guessers) guesser.end()
    const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0)
    console.log(JSON.stringify({ rate: answered / elapsed_s, statuses }))
    return
  }
  let due = Math.floor(elapsed_s * Number(per_second)) - sent
  for (const guesser of guessers) {
    if (due <= 0) break
    if (guesser.busy) continue
    guesser.guess()
    due--
  }
}, TICK_MS)
