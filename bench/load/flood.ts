/**
 * Requests at a fixed rate whatever the answers are, in a process of its own, over many connections with one request under way
 * each. Reads {@link FloodPlan} from standard input and prints {@link FloodResult}. Requests are made beforehand, so that the
 * flood leaves the machine to the server.
 */
export interface FloodPlan {
  port: number
  /** Whole HTTP requests; each is sent many times. */
  requests: string[]
  per_second: number
  seconds: number
  /** 64 when left out. */
  connections?: number
}

export interface FloodResult {
  /** Answers per second. */
  rate: number
  /** Processor time of the flood itself, in cores. */
  cpu_share: number
  statuses: Record<string, number>
}

/** Starts a flood; its result comes when it has ended. */
export function startFlood(plan: FloodPlan): Promise<FloodResult> {
  const child = Bun.spawn([process.execPath, import.meta.path], {
    stdin: new Blob([JSON.stringify(plan)]),
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return new Response(child.stdout).text().then((text) => JSON.parse(text) as FloodResult)
}

const CONNECTIONS = 64
const TICK_MS = 1
/** What a late tick owes is sent over the next ones: many clients do not send in step. */
const BURST_MAX = 16

if (import.meta.main)
  console.log(JSON.stringify(await flood(JSON.parse(await Bun.stdin.text()) as FloodPlan)))

async function flood({
  port,
  requests: texts,
  per_second,
  seconds,
  connections,
}: FloodPlan): Promise<FloodResult> {
  const requests = texts.map((text) => Buffer.from(text))
  let sent = 0
  const statuses: Record<string, number> = {}
  /** Connections without a request under way: each has one at a time, the next is sent when the answer begins. */
  const idle: Bun.Socket[] = []
  /** Counts an answer; what continues one is no status line. */
  const answered = (socket: Bun.Socket, bytes: Buffer) => {
    if (bytes[0] !== 0x48 || bytes[4] !== 0x2f) return
    const status = bytes.toString('latin1', 9, 12)
    statuses[status] = (statuses[status] ?? 0) + 1
    idle.push(socket)
  }
  const open = () =>
    Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        open(socket) {
          socket.setNoDelay(true)
          idle.push(socket)
        },
        data: answered,
        error: () => undefined,
      },
    })
  const sockets = await Promise.all(Array.from({ length: connections ?? CONNECTIONS }, open))
  const started_at = performance.now()
  const cpu_before = process.cpuUsage()
  const elapsed = () => (performance.now() - started_at) / 1000
  for (; elapsed() < seconds; await Bun.sleep(TICK_MS)) {
    const owed = Math.floor(elapsed() * per_second) - sent
    for (let due = Math.min(owed, BURST_MAX); due > 0; due--) {
      const socket = idle.pop()
      if (!socket) break
      socket.write(requests[sent++ % requests.length]!)
    }
  }
  const elapsed_s = elapsed()
  const { user, system } = process.cpuUsage(cpu_before)
  for (const socket of sockets) socket.terminate()
  const count = Object.values(statuses).reduce((sum, answers) => sum + answers, 0)
  return { rate: count / elapsed_s, cpu_share: (user + system) / 1e6 / elapsed_s, statuses }
}
