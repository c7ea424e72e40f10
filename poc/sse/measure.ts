/** What the kernel says about a process and its connections (Linux). */
import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory in bytes. */
export function rssBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** CPU time that a process has used, user and system together, in microseconds; the kernel counts in 10 ms. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** The server's half of one TCP connection. `gone` when the kernel has no trace of it any more. */
export interface Connection {
  state: 'established' | 'closing' | 'gone'
  /** Bytes that the kernel holds for the peer. */
  unsent_bytes: number
  /** Bytes that the kernel holds for the process on this side. */
  unread_bytes: number
}

/** Looks at the connection between two ports of this machine, from the side of `local_port`. */
export function connection(local_port: number, remote_port: number): Connection {
  const local = `:${hex(local_port)}`
  const remote = `:${hex(remote_port)}`
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n')) {
      const [, from, to, state, queues] = line.trim().split(/\s+/)
      if (!from?.endsWith(local) || !to?.endsWith(remote)) continue
      const [unsent_bytes = 0, unread_bytes = 0] =
        queues?.split(':').map((hexes) => Number.parseInt(hexes, 16)) ?? []
      return { state: state === '01' ? 'established' : 'closing', unsent_bytes, unread_bytes }
    }
  }
  return { state: 'gone', unsent_bytes: 0, unread_bytes: 0 }
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

/** Least squares through the points: the slope of y by x, and how much of y's spread it explains (1 = a line). */
export function line(points: readonly { x: number; y: number }[]): { slope: number; r2: number } {
  const n = points.length
  const mean_x = points.reduce((sum, { x }) => sum + x, 0) / n
  const mean_y = points.reduce((sum, { y }) => sum + y, 0) / n
  let xx = 0
  let xy = 0
  let yy = 0
  for (const { x, y } of points) {
    xx += (x - mean_x) ** 2
    xy += (x - mean_x) * (y - mean_y)
    yy += (y - mean_y) ** 2
  }
  return { slope: xy / xx, r2: yy === 0 ? 1 : xy ** 2 / (xx * yy) }
}

/** Waits until `reached` says true, looking every 5 ms. Returns how long it took, or undefined after `within_ms`. */
export async function waitFor(reached: () => boolean, within_ms: number): Promise<number | undefined> {
  const began = performance.now()
  while (!reached()) {
    if (performance.now() - began > within_ms) return undefined
    await Bun.sleep(5)
  }
  return performance.now() - began
}
