import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

/** A program under test as a child process that prints `port N`. */
export async function startReference(
  command: string[],
): Promise<{ port: number; pid: number; stop(): Promise<void> }> {
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit', cwd: join(import.meta.dir, '..') })
  let output = ''
  const reader = child.stdout.getReader()
  while (!/port \d+/.test(output)) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`${command.join(' ')} ended: ${output}`)
    output += new TextDecoder().decode(value)
  }
  const port = Number(/port (\d+)/.exec(output)?.[1])
  return {
    port,
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
}

/** Slope of the least-squares line through the points. */
export function slope(points: readonly { x: number; y: number }[]): number {
  const mean = (pick: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
  const covariance = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0)
  return covariance / points.reduce((sum, point) => sum + (point.x - x) ** 2, 0)
}

/** One line about the machine of the figures. */
export function machine(): string {
  const list = cpus()
  return `${list.length} × ${list[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Bun ${Bun.version}, ${process.platform} ${process.arch}`
}

export function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value >= 10 ? 1 : 2)
}

/** Seconds of CPU time that a process has used (Linux). */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Bun.file(`/proc/${pid}/stat`).text()
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
