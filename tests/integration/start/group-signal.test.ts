import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { expectNoPostgres } from '../../support/postgres-processes.ts'
import { startServer } from '../../support/server.ts'

const ROOT = join(import.meta.dir, '../../..')
const PROCESSES = join(ROOT, 'scripts/lib/processes.mjs')

/** The last step of `npm start`: Node.js with the server as its child, in a process group of their own. */
function startGroup(data_dir: string, port: number, { by_npm = false } = {}) {
  const command = { command: process.execPath, args: [join(ROOT, 'src/main.ts'), 'serve'] }
  const script = `
    import { runTogether } from ${JSON.stringify(PROCESSES)}
    process.exitCode = await runTogether([${JSON.stringify(command)}])`
  const node = ['node', '--input-type=module', '-e', script]
  // npm has a shell run the script, and keeps it as the parent.
  const shell = ['sh', '-c', 'node --input-type=module -e "$SCRIPT"; exit $?']
  const child = Bun.spawn(['setsid', ...(by_npm ? shell : node)], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      MC_DATA_DIR: data_dir,
      MC_PORT: String(port),
      ...(by_npm ? { npm_lifecycle_event: 'start', SCRIPT: script } : {}),
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return { pid: child.pid, exited: child.exited, output: new Response(child.stdout).text() }
}

async function ready(url: string): Promise<void> {
  while ((await fetch(`${url}/ready`).catch(() => undefined))?.status !== 200) await Bun.sleep(20)
}

test('I-61 a signal to the process group of a start ends server and database, also twice and during the start', async () => {
  const server = await startServer({ cluster: 'own' })
  await server.kill('SIGTERM')
  const moments: [NodeJS.Signals[], number | undefined][] = [
    [['SIGTERM'], undefined],
    [['SIGINT', 'SIGINT'], undefined],
    [['SIGHUP'], undefined],
    [['SIGTERM'], 250],
    [['SIGINT', 'SIGINT'], 600],
  ]
  for (const [signals, after_ms] of moments) {
    const group = startGroup(server.data_dir, server.port)
    if (after_ms === undefined) await ready(server.url)
    else await Bun.sleep(after_ms)
    for (const signal of signals) process.kill(-group.pid, signal)
    await group.exited
    // Standard output closes with its last holder: the server is gone, too.
    const output = await group.output
    await expectNoPostgres(server.data_dir)
    expect(output).not.toContain('recovered')
    if (after_ms === undefined) expect(await group.exited).toBe(0)
  }
  await server.stop()
})

test('I-61 the end of npm, whose shell passes no signal on, ends server and database', async () => {
  const server = await startServer({ cluster: 'own' })
  await server.kill('SIGTERM')
  const group = startGroup(server.data_dir, server.port, { by_npm: true })
  await ready(server.url)
  process.kill(group.pid, 'SIGTERM')
  await group.output
  await expectNoPostgres(server.data_dir)
  await server.stop()
})
