import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The checkout. */
export const ROOT = join(import.meta.dir, '..', '..')

/** Folders of built, installed or stored files, no part of the project. */
const NOT_OURS = new Set(['node_modules', '.git', 'dist', 'data', 'coverage', 'results', 'screenshots'])

/** Files of the project below a folder, relative to the checkout, sorted. */
export function filesBelow(folder: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory() && !NOT_OURS.has(entry.name)) found.push(...filesBelow(path))
    else if (entry.isFile()) found.push(path)
  }
  return found.sort()
}

/** Source files that the rules are about. The proofs in `poc/` stand alone: no rule of the product counts there. */
export function sourceFiles(): string[] {
  return ['src', 'ui', 'bridge', 'tests', 'bench', 'scripts']
    .filter(exists)
    .flatMap(filesBelow)
    .filter((path) => /\.(ts|vue)$/.test(path) && !path.endsWith('.d.ts'))
}

/**
 * Files that a clone of this project has: what git tracks, and what is new and not ignored. Outside a git checkout (a
 * release archive) all files count.
 */
export function projectFiles(): string[] {
  const git = Bun.spawnSync(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    stderr: 'ignore',
  })
  const listed = git.success ? git.stdout.toString().split('\0').filter(Boolean) : filesBelow('')
  return listed.filter(exists).sort()
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export function exists(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined
}
