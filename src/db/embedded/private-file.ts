import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/**
 * The content of a file that only this user may read, written once. Written beside its place and renamed: a kill leaves no
 * half-written file.
 */
export function privateFile(path: string, make: () => string): string {
  if (!existsSync(path)) {
    const fresh = `${path}.${process.pid}.new`
    writeFileSync(fresh, make(), { mode: 0o600, flush: true })
    renameSync(fresh, path)
  }
  return readFileSync(path, 'utf8')
}
