/**
 * `bun bridge/scripts/compile.ts [--target linux-x64,…|host] [--out DIR]`: makes `mc-bridge` one executable file per
 * target, and `SHA256SUMS`. The runtimes of other systems come from the package registry (`@oven/bun-*`), at the version
 * of the running Bun, checked by the package manager.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'

/** Each target with the package that holds its runtime. */
export const TARGETS = {
  'linux-x64': '@oven/bun-linux-x64',
  'linux-arm64': '@oven/bun-linux-aarch64',
  'darwin-x64': '@oven/bun-darwin-x64',
  'darwin-arm64': '@oven/bun-darwin-aarch64',
  'windows-x64': '@oven/bun-windows-x64',
} as const
export type Target = keyof typeof TARGETS

const MAIN = join(import.meta.dir, '..', 'src', 'main.ts')
export const isTarget = (name: string): name is Target => name in TARGETS

/** The target of this machine; undefined where there is none. */
export function hostTarget(): Target | undefined {
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  return isTarget(name) ? name : undefined
}

/** Makes an executable of a program and returns its path. `runtime` is the Bun executable to put the program into. */
export async function compile(
  target: Target,
  { out, runtime, entry = MAIN }: { out: string; runtime: string; entry?: string },
): Promise<string> {
  const name = entry === MAIN ? 'mc-bridge' : basename(entry, '.ts')
  const file = join(out, `${name}-${target}${target.startsWith('windows') ? '.exe' : ''}`)
  await run([
    process.execPath,
    'build',
    entry,
    '--compile',
    '--minify-syntax',
    // Settings come from the command line and the configuration alone, not from files in the current folder.
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    // Otherwise the folder of the build, in modules that ask for theirs: it is on no other machine, and two builds would differ.
    '--define=__dirname="/"',
    '--define=__filename="/module.js"',
    `--target=bun-${target}`,
    `--compile-executable-path=${runtime}`,
    `--outfile=${file}`,
  ])
  return file
}

/** Executables by target: for this machine the running Bun, for others as installed into a folder of its own. */
async function runtimes(all: readonly Target[], folder: string): Promise<Map<Target, string>> {
  const host = hostTarget()
  const targets = all.filter((target) => target !== host)
  const here = all
    .filter((target) => target === host)
    .map((target): [Target, string] => [target, process.execPath])
  if (targets.length === 0) return new Map(here)
  const dependencies = Object.fromEntries(targets.map((target) => [TARGETS[target], Bun.version]))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  // Their packages are for other systems and processors.
  await run([process.execPath, 'install', '--no-save', '--os=*', '--cpu=*'], folder)
  const found = targets.map((target): [Target, string] => [target, executable(folder, target)])
  return new Map([...here, ...found])
}

function executable(folder: string, target: Target): string {
  const file = join(
    folder,
    'node_modules',
    TARGETS[target],
    'bin',
    target.startsWith('windows') ? 'bun.exe' : 'bun',
  )
  if (!existsSync(file)) throw new Error(`${TARGETS[target]}@${Bun.version} has no executable.`)
  return file
}

/**
 * Bun signs for Apple silicon itself; for Intel the signature of its own runtime stays, and is void. Only a Mac has the
 * tool that makes a new one.
 */
export async function sign(target: Target, file: string): Promise<void> {
  if (target !== 'darwin-x64') return
  if (Bun.which('codesign')) await run(['codesign', '--force', '--sign', '-', file])
  else console.log(`On the Mac, before the first start: codesign --force --sign - ${basename(file)}`)
}

export async function run(command: string[], cwd?: string): Promise<void> {
  const child = Bun.spawn(command, {
    ...(cwd ? { cwd } : {}),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const problem = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new Error(`${command.slice(1, 3).join(' ')} failed:\n${problem}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { target: { type: 'string' }, out: { type: 'string' } } })
  const names =
    values.target?.split(',').map((name) => (name === 'host' ? hostTarget() : name)) ?? Object.keys(TARGETS)
  const targets = names.map((name) => {
    if (name !== undefined && isTarget(name)) return name
    throw new Error(`There is no target ${name}. Targets: ${Object.keys(TARGETS).join(', ')}, host.`)
  })
  const out = values.out ?? join(import.meta.dir, '..', '..', 'dist')
  const folder = mkdtempSync(join(tmpdir(), 'mc-bridge-runtimes-'))
  mkdirSync(out, { recursive: true })
  try {
    const lines: string[] = []
    for (const [target, runtime] of await runtimes(targets, folder)) {
      const file = await compile(target, { out, runtime })
      await sign(target, file)
      const bytes = readFileSync(file)
      lines.push(`${createHash('sha256').update(bytes).digest('hex')}  ${file.slice(out.length + 1)}\n`)
      console.log(`${file} (${Math.round(bytes.length / 1024 / 1024)} MiB)`)
    }
    writeFileSync(join(out, 'SHA256SUMS'), lines.join(''))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) await main()
