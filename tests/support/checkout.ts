import { cpSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dir, '..', '..')

/** Workspaces with a node_modules of their own. */
const WORKSPACES = ['.', 'ui', 'bridge']

/**
 * Copies this checkout to `to`, uncommitted changes included. Dependencies and the built app come as hard links: the copy
 * takes a second and no space, and it must not be edited in place. Without `prepared` it is a fresh clone.
 */
export function copyCheckout(to: string, { prepared }: { prepared: boolean }): void {
  const listed = Bun.spawnSync(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  })
  for (const file of listed.stdout.toString().split('\0').filter(Boolean)) {
    if (!existsSync(join(ROOT, file))) continue
    mkdirSync(dirname(join(to, file)), { recursive: true })
    cpSync(join(ROOT, file), join(to, file), { verbatimSymlinks: true })
  }
  if (!prepared) return
  for (const workspace of WORKSPACES) {
    const modules = join(ROOT, workspace, 'node_modules')
    if (existsSync(modules)) linkTree(modules, join(to, workspace, 'node_modules'))
  }
  // Written in place by a start, so not linked.
  for (const folder of ['node_modules/.mission-control', 'ui/dist']) {
    rmSync(join(to, folder), { recursive: true, force: true })
    if (existsSync(join(ROOT, folder))) cpSync(join(ROOT, folder), join(to, folder), { recursive: true })
  }
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    const found = lstatSync(source)
    if (found.isDirectory()) linkTree(source, target)
    else if (found.isSymbolicLink()) cpSync(source, target, { verbatimSymlinks: true })
    else linkOrCopy(source, target)
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target)
  } catch {
    // Another file system.
    cpSync(source, target)
  }
}
