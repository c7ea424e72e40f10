/**
 * A flood of wrong API keys, in a process of its own: `bun bench/load/key-flood.ts PORT PATH KEY_ID PER_SECOND SECONDS`. A third of
 * the keys are not whole, a third name no key, a third name a key and have another secret. Prints what was answered, and the
 * processor time that the flood took itself: requests are made beforehand, so that it leaves the machine to the server.
 */
import { randomBytes } from 'node:crypto'

const [port = '', path = '', key_id = '', per_second = '', seconds = ''] = process.argv.slice(2)
const SOCKETS = 64
const TICK_MS = 1
/** What a late tick owes is sent over the next ones: many guessers do not send in step. */
const BURST_MAX = 16
/** Different requests; each is sent many times. */
const REQUESTS = 3_000

const secret = () => randomBytes(32).toString('base64url')
const KINDS = [
  () => `mc_ak_live_${key_id}_${secret().slice(1)}`,
  () => `mc_ak_live_${randomBytes(9).toString('base64url').replace(/[_-]/g, 'x')}_${secret()}`,
  () => `mc_ak_live_${key_id}_${secret()}`,
]
const requests = Array.from({ length: REQUESTS }, (_, n) =>
  Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${KINDS[n % KINDS.length]!()}\r\n\r\n`,
  ),
)

let sent = 0
const statuses: Record<string, number> = {}
/** Connections without a request under way: each has one at a time, the next is sent when the answer begins. */
const idle: Bun.Socket[] = []

/** Counts an answer; what continues one is no status line. */
function answered(socket: Bun.Socket, bytes: Buffer): void {
  if (bytes[0] !== 0x48 || bytes[4] !== 0x2f) return
  const status = bytes.toString('latin1', 9, 12)
  statuses[status] = (statuses[status] ?? 0) + 1
  idle.push(socket)
}

await Promise.all(
  Array.from({ length: SOCKETS }, () =>
    Bun.connect({
      hostname: '127.0.0.1',
      port: Number(port),
      socket: {
        open(socket) {
          socket.setNoDelay(true)
          idle.push(socket)
        },
        data: answered,
        error: () => undefined,
      },
    }),
  ),
)

const started_at = performance.now()
const cpu_before = process.cpuUsage()
const pace = setInterval(() => {
  const elapsed_s = (performance.now() - started_at) / 1000
  if (elapsed_s > Number(seconds)) {
    clearInterval(pace)
    const { user, system } = process.cpuUsage(cpu_before)
    const count = Object.values(statuses).reduce((sum, answers) => sum + answers, 0)
    console.log(
      JSON.stringify({ rate: count / elapsed_s, cpu_share: (user + system) / 1e6 / elapsed_s, statuses }),
    )
    process.exit(0)
  }
  const owed = Math.floor(elapsed_s * Number(per_second)) - sent
  for (let due = Math.min(owed, BURST_MAX); due > 0; due--) {
    const socket = idle.pop()
    if (!socket) return
    socket.write(requests[sent++ % REQUESTS]!)
  }
}, TICK_MS)
