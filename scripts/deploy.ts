/**
 * `bun scripts/deploy.ts --plan FILE --version V`: updates an installation of several nodes without an interruption: migrations,
 * then node by node with drain, each gated by its health, and the smoke test at the end. The plan is described in
 * docs/releasing.md. MC_SMOKE_PASSWORD: password of the account of the smoke test.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parsePlan } from './deploy/plan.ts'
import { roll, type State } from './deploy/roll.ts'
import { runScript, UsageError, VERSION } from './release/programs.ts'

const LOOK_MS = 5_000

async function run(command: readonly string[]): Promise<number> {
  const child = Bun.spawn([...command], { stdin: 'ignore', stdout: 'inherit', stderr: 'inherit' })
  return await child.exited
}

async function look(address: string): Promise<State | undefined> {
  const get = async (path: string) =>
    await fetch(address + path, { signal: AbortSignal.timeout(LOOK_MS), headers: { Connection: 'close' } })
  try {
    const [ready, version] = await Promise.all([get('/ready'), get('/version')])
    const { status, checks = {} } = (await ready.json()) as {
      status?: string
      checks?: Record<string, string>
    }
    const wrong = Object.entries(checks).filter(([, state]) => state !== 'ok')
    const told = (await version.json()) as { version?: string }
    return {
      // Degraded is usable, but no state in which to take another node away.
      ready: wrong.map(([name, state]) => `${name}: ${state}`).join(', ') || (status ?? 'unknown'),
      version: told.version ?? 'unknown',
    }
  } catch {
    // It restarts, or is away: the caller looks again.
    return undefined
  }
}

await runScript(async () => {
  const { values } = parseArgs({ options: { plan: { type: 'string' }, version: { type: 'string' } } })
  const { plan: file, version = '' } = values
  if (file === undefined || !VERSION.test(version))
    throw new UsageError('Usage: bun scripts/deploy.ts --plan FILE --version 1.2.0')
  const plan = parsePlan(readFileSync(file, 'utf8'))
  await roll(plan, version, {
    run,
    look,
    say: (line) => console.log(`== ${line}`),
    sleep: async (ms) => await Bun.sleep(ms),
  })
  console.log('== smoke test')
  const account = plan.smoke
    ? ['--email', plan.smoke.email, ...(plan.smoke.org ? ['--org', plan.smoke.org] : [])]
    : []
  const smoke = [process.execPath, join(import.meta.dir, 'smoke.ts'), plan.address, ...account]
  if ((await run(smoke)) !== 0)
    throw new Error(`All nodes have ${version}, but the smoke test of ${plan.address} fails.`)
})
