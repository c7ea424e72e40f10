import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/**
 * One Mission Control per data folder. The file names a process and when it started, so that neither a kill nor a
 * reused process id leaves the folder locked. Throws one sentence when another one runs.
 */
export function lockFolder(path: string): () => void {
  for (let tries = 0; tries < 3; tries++) {
    try {
      writeFileSync(path, `${process.pid} ${startOf(process.pid) ?? ''}\n`, { flag: 'wx', mode: 0o600 })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const holder = holderOf(path)
      if (holder !== undefined)
        throw new Error(
          `Another Mission Control (process ${holder}) uses this data folder. Stop it, or set MC_DATA_DIR to another one.`,
        )
      rmSync(path, { force: true })
    }
  }
  throw new Error(`The lock ${path} could not be taken.`)
}

/** Process id of the live holder, if it is alive and the one that wrote the file. */
function holderOf(path: string): number | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    // Gone between two looks: free.
    return undefined
  }
  const [pid_text = '', started = ''] = text.trim().split(' ')
  const pid = Number(pid_text)
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return undefined
  const now = startOf(pid)
  return started === '' || now === undefined || now === started ? pid : undefined
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When a process started, in clock ticks since boot; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    // No /proc (macOS, Windows): the process id alone has to do.
    return undefined
  }
}
