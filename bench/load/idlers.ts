/**
 * Connections that only listen, in a process of its own with descriptors of its own. Bare sockets: a client library would need
 * more memory than the server. Destinations are several loopback addresses, since one pair of addresses has 28,000 ports.
 */
import { randomBytes } from 'node:crypto'

export interface IdlersPlan {
  kind: 'sse' | 'websocket'
  port: number
  addresses: string[]
  /** Path and headers of each connection; more connections than these begin again with the first. */
  seats: { path: string; headers: Record<string, string> }[]
  count: number
}

type ToIdlers = { type: 'open'; plan: IdlersPlan } | { type: 'count' } | { type: 'close' }
type FromIdlers = { type: 'opened'; ms: number } | { type: 'counted'; frames: number[] }

export interface Idlers {
  /** Milliseconds from the first connection to the last one that was accepted. */
  open_ms: number
  /** Events or frames that came to the connections of each seat since the last count. */
  count(): Promise<number[]>
  close(): Promise<void>
}

/** Opened at the same time: fewer than the accept queue of a server holds. */
const OPENING_MAX = 200
const HELLO = JSON.stringify({ type: 'hello' })

/** Opens connections and resolves when the server has accepted all of them. */
export async function openIdlers(plan: IdlersPlan): Promise<Idlers> {
  let heard = Promise.withResolvers<FromIdlers>()
  const child = Bun.spawn([process.execPath, import.meta.path], {
    stdout: 'inherit',
    stderr: 'inherit',
    ipc: (message: FromIdlers) => heard.resolve(message),
    onExit: () => heard.reject(new Error('the connections ended')),
  })
  const ask = async (message: ToIdlers): Promise<FromIdlers> => {
    heard = Promise.withResolvers()
    child.send(message)
    return await heard.promise
  }
  const opened = await ask({ type: 'open', plan })
  return {
    open_ms: opened.type === 'opened' ? opened.ms : Number.NaN,
    async count() {
      const counted = await ask({ type: 'count' })
      return counted.type === 'counted' ? counted.frames : []
    },
    async close() {
      // The end of the process is what is wanted, and rejects the answer that nobody waits for.
      heard.promise.catch(() => undefined)
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

if (import.meta.main) run()

function run(): void {
  let frames: number[] = []
  process.on('message', async (message: ToIdlers) => {
    if (message.type === 'count') {
      process.send?.({ type: 'counted', frames } satisfies FromIdlers)
      frames = frames.map(() => 0)
    }
    if (message.type !== 'open') return
    frames = message.plan.seats.map(() => 0)
    const ms = await openAll(message.plan, (seat) => frames[seat]!++)
    process.send?.({ type: 'opened', ms } satisfies FromIdlers)
  })
}

async function openAll(plan: IdlersPlan, heard: (seat: number) => void): Promise<number> {
  const began_at = performance.now()
  let opened = 0
  let failure: Error | undefined
  for (let n = 0; n < plan.count; n++) {
    const seat = n % plan.seats.length
    const accepted = () => {
      opened++
    }
    await openOne(plan, seat, plan.addresses[n % plan.addresses.length]!, accepted, heard, (error) => {
      failure ??= error
    })
    while (n - opened > OPENING_MAX && !failure) await Bun.sleep(1)
    if (failure) throw failure
  }
  while (opened < plan.count && !failure) await Bun.sleep(5)
  if (failure) throw failure
  return performance.now() - began_at
}

async function openOne(
  { kind, port, seats }: IdlersPlan,
  seat: number,
  hostname: string,
  accepted: () => void,
  heard: (seat: number) => void,
  failed: (error: Error) => void,
): Promise<void> {
  const { path, headers } = seats[seat]!
  let open = false
  let last = ''
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    ...Object.entries(headers).map((h) => h.join(': ')),
  ]
  if (kind === 'websocket')
    lines.push(
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    )
  const socket = await Bun.connect({
    hostname,
    port,
    socket: {
      data(socket, bytes) {
        const text = bytes.toString('latin1')
        last = text
        if (open) {
          const marks = kind === 'sse' ? /\nid: [^\n]+\n(?:event|data): /g : /\{"type":"(?:message|event)"/g
          for (const _ of text.matchAll(marks)) heard(seat)
          return
        }
        const wanted = kind === 'sse' ? ' 200 ' : ' 101 '
        if (!text.slice(0, 20).includes(wanted)) return failed(new Error(`not open: ${text.slice(0, 200)}`))
        open = true
        if (kind === 'websocket') socket.write(masked(HELLO))
        accepted()
      },
      close() {
        failed(
          new Error(
            `a connection was closed, ${open ? 'open' : 'not open'} ${last.slice(0, 200)} ${last.length}`,
          ),
        )
      },
      error: (_, error) => failed(error),
    },
  })
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
}

/** A short text frame of a client (RFC 6455, 5.2). */
function masked(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | payload.length]),
    mask,
    payload.map((byte, i) => byte ^ mask[i % 4]!),
  ])
}
