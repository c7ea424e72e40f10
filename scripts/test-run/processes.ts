import { readdirSync, readFileSync } from 'node:fs'

/** Kills a process and its descendants, which may have process groups of their own. */
export function endTree(pid: number): void {
  for (const one of [...descendants(pid), pid]) end(one)
}

function descendants(pid: number): number[] {
  const listed = Bun.spawnSync(['ps', '-A', '-o', 'pid=,ppid='], { stderr: 'ignore' })
  const children = new Map<number, number[]>()
  for (const line of listed.stdout.toString().split('\n')) {
    const [child, parent] = line.trim().split(/\s+/).map(Number)
    if (child && parent) children.set(parent, [...(children.get(parent) ?? []), child])
  }
  const found: number[] = []
  for (const next of [...(children.get(pid) ?? [])]) found.push(...below(next, children), next)
  return found
}

function below(pid: number, children: ReadonlyMap<number, number[]>): number[] {
  return (children.get(pid) ?? []).flatMap((child) => [...below(child, children), child])
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Ends processes that work in `folder` and were left behind; returns their command lines. Linux only, else nothing. */
export function endLeftovers(folder: string): string[] {
  const found: string[] = []
  for (const pid of processIds()) {
    const [command, environment] = [read(pid, 'cmdline'), read(pid, 'environ')]
    if (pid === process.pid || !(command.includes(folder) || environment.includes(`=${folder}/`))) continue
    found.push(command.replaceAll('\0', ' ').trim())
    end(pid)
  }
  return found
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Boolean)
  } catch {
    // No /proc on this system.
    return []
  }
}

function read(pid: number, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // The process ended since the listing, or belongs to another user.
    return ''
  }
}
