import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const UI = join(import.meta.dir, '..', '..', '..', 'ui')

/** Builds the web app if there is no build, or one older than its sources. The server serves what is in `ui/dist`. */
export async function buildApp(): Promise<void> {
  await build('build', 'dist')
}

/** Builds the web part of the wrapped app, `ui/mobile/www`, in the same way. */
export async function buildShell(): Promise<void> {
  await build('build:shell', 'mobile/www')
}

async function build(script: string, folder: string): Promise<void> {
  const built = join(UI, folder, 'index.html')
  if (existsSync(built) && statSync(built).mtimeMs > newest()) return
  // `bun test` sets `test`, for which the build leaves the service worker out.
  const env = { ...process.env, NODE_ENV: 'production' }
  const building = Bun.spawn([process.execPath, 'run', script], {
    cwd: UI,
    env,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [code, errors] = await Promise.all([building.exited, new Response(building.stderr).text()])
  if (code !== 0) throw new Error(`The web app does not build:\n${errors}`)
}

function newest(): number {
  const files = [
    'src/**/*',
    'public/*',
    'scripts/**/*',
    '../docs/**/*',
    'service-worker.js',
    'index.html',
    'vite.config.ts',
    'package.json',
  ].flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: UI, onlyFiles: true })])
  return Math.max(...files.map((file) => statSync(join(UI, file)).mtimeMs))
}
