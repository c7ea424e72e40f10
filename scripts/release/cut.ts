/**
 * `bun scripts/release/cut.ts server|bridge VERSION`: makes this tree the release of a program: its version in the manifests,
 * in the lock file and in what the program tells, and the section of CHANGELOG.md. Commits and tags nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cut } from './changelog.ts'
import { constantLine, isProgram, PROGRAMS, ROOT, runScript, UsageError, VERSION } from './programs.ts'

await runScript(() => {
  const [program, version = '', ...surplus] = process.argv.slice(2)
  if (!isProgram(program) || !VERSION.test(version) || surplus.length > 0)
    throw new UsageError(
      'Usage: bun scripts/release/cut.ts server|bridge VERSION, such as 1.2.0 or 1.2.0-rc.1',
    )
  const { manifests, source, constant } = PROGRAMS[program]
  const today = new Date().toISOString().slice(0, 10)
  const changes: [path: string, change: (text: string) => string][] = [
    ['CHANGELOG.md', (text) => cut(text, program, version, today)],
    [source, (text) => text.replace(constantLine(constant), `$1${version}$3`)],
    ...manifests.map((path): [string, (text: string) => string] => [
      path,
      (text) => text.replace(/^( {2}"version": ")[^"]*(")/m, `$1${version}$2`),
    ]),
    ['bun.lock', (text) => manifests.reduce((lock, path) => inLock(lock, dirname(path), version), text)],
  ]
  // All of them are computed before the first is written.
  const results = changes.map(([path, change]): [string, string] => [
    path,
    change(readFileSync(join(ROOT, path), 'utf8')),
  ])
  for (const [path, text] of results) writeFileSync(join(ROOT, path), text)
  console.log(`Now: bun run check, commit, merge into main, and there: git tag -s ${program}-v${version}`)
})

/** The lock file has the versions of workspaces below the root. */
function inLock(lock: string, workspace: string, version: string): string {
  if (workspace === '.') return lock
  return lock.replace(
    new RegExp(`(\\n {4}"${workspace}": \\{\\n {6}"name": "[^"]*",\\n {6}"version": ")[^"]*(")`),
    `$1${version}$2`,
  )
}
