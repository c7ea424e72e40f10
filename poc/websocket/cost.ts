import { type Criteria, short } from '../lib/criteria.ts'
import { median } from '../lib/figures.ts'
import { Server, until } from './programs.ts'
import { RawSocket } from './raw.ts'

const SOCKETS = 500
const FRAMES = short ? 100 : 400
const ROUNDS = short ? 2 : 5
const KIB = 1024

interface Burst {
  cpu_us: number
  wall_ms: number
  sockets: number
}

/** Three ways to give one frame to 500 sockets, in turn. */
export async function measureFanOut(c: Criteria): Promise<void> {
  const server = await Server.start({
    BOUND_BYTES: String(1024 * 1024 * KIB),
    LIMIT_BYTES: String(64 * KIB * KIB),
  })
  const sockets: RawSocket[] = []
  try {
    for (let i = 0; i < SOCKETS; i++) sockets.push(await RawSocket.open(server.port, `s${i}`, undefined))
    const cpu: Record<string, number[]> = { send: [], cork: [], publish: [] }
    for (let round = 0; round < ROUNDS; round++)
      for (const [mode, figures] of Object.entries(cpu)) {
        const before = sockets.map((socket) => socket.bytes)
        const burst = await server.get<Burst>(`/burst?mode=${mode}&frames=${FRAMES}`)
        const bytes_min = FRAMES * 270
        await until(`all frames of ${mode}`, 30_000, () =>
          sockets.every((socket, i) => socket.bytes - before[i]! >= bytes_min),
        )
        figures.push(burst.cpu_us / (FRAMES * burst.sockets))
      }
    const [send, cork, publish] = [median(cpu.send!), median(cpu.cork!), median(cpu.publish!)]
    c.note('F1', 'CPU of the server per frame: send to each socket', send, 'µs')
    c.note('F1', 'the same corked', cork, 'µs')
    c.note('F1', 'published by the runtime', publish, 'µs')
    c.check('F2', 'publishing costs at most as much as sending', publish / send, { max: 1, unit: '×' })
  } finally {
    for (const socket of sockets) socket.close()
    await server.stop()
  }
}

/** Memory of the server against idle sockets: the slope. */
export async function measureMemory(c: Criteria): Promise<void> {
  const server = await Server.start()
  const sockets: RawSocket[] = []
  try {
    const steps = short ? [200, 1_000] : [200, 1_000, 5_000]
    const rss: number[] = []
    for (const step of steps) {
      while (sockets.length < step) sockets.push(await RawSocket.open(server.port, 'idle', undefined))
      await server.get('/gc')
      await Bun.sleep(300)
      rss.push((await server.stats()).rss)
      c.note('M1', `memory with ${step.toLocaleString('en-US')} idle sockets`, rss.at(-1)! / KIB / KIB, 'MiB')
    }
    const slope = (rss.at(-1)! - rss[0]!) / (steps.at(-1)! - steps[0]!) / KIB
    c.check('M2', 'memory of an idle socket', slope, { max: 32, unit: 'KiB' })
  } finally {
    for (const socket of sockets) socket.close()
    await server.stop()
  }
}
