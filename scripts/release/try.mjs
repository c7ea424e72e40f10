#!/usr/bin/env node
// `node scripts/release/try.mjs server|bridge FOLDER VERSION`: takes the program of this machine's system out of a release,
// compares its sum, and runs it: it tells its version, and the server becomes ready. Plain Node.js, nothing installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const READY_MS = 120_000
const windows = process.platform === 'win32'
const [program, folder, version, ...surplus] = process.argv.slice(2)
if (
  !['server', 'bridge'].includes(program) ||
  folder === undefined ||
  version === undefined ||
  surplus.length > 0
) {
  console.error('Usage: node scripts/release/try.mjs server|bridge FOLDER VERSION')
  process.exit(2)
}

const work = mkdtempSync(join(tmpdir(), 'mc-try-'))
try {
  const file = extract()
  const told = spawnSync(file, ['--version'], { encoding: 'utf8', env: bare() })
  const expected = program === 'server' ? version : `mc-bridge ${version} `
  if (told.status !== 0 || !told.stdout.trim().concat(' ').startsWith(`${expected.trim()} `))
    throw new Error(`--version says "${told.stdout}${told.stderr}", not ${expected}.`)
  console.log(`ok  ${told.stdout.trim()}`)
  if (program === 'server') await serve(file)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 })
}

/** Path of the program, once its sum is that of the release. */
function extract() {
  const target = `${windows ? 'windows' : process.platform}-${process.arch}`
  const suffix = windows ? '.exe' : ''
  const name = program === 'server' ? `mission-control-${target}.tar.gz` : `mc-bridge-${target}${suffix}`
  const line = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
    .split('\n')
    .find((one) => one.slice(64) === `  ${name}`)
  if (line === undefined) throw new Error(`SHA256SUMS does not name ${name}.`)
  const sum = createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex')
  if (sum !== line.slice(0, 64)) throw new Error(`${name} has another SHA-256 than SHA256SUMS says.`)
  if (program === 'bridge') {
    const file = join(work, name)
    copyFileSync(join(folder, name), file)
    chmodSync(file, 0o755)
    return file
  }
  const unpacked = spawnSync('tar', ['-xzf', resolve(folder, name)], { cwd: work, encoding: 'utf8' })
  if (unpacked.status !== 0) throw new Error(`${name} cannot be unpacked: ${unpacked.stderr}`)
  return join(work, `mission-control-${target}`, `mission-control${suffix}`)
}

/** The server with its embedded database, until it is ready. */
async function serve(file) {
  const data = join(work, 'data')
  mkdirSync(data)
  const port = await freePort()
  const child = spawn(file, [], {
    cwd: work,
    env: { ...bare(), MC_DATA_DIR: data, MC_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise((done) => child.once('exit', done))
  try {
    const give_up_at = Date.now() + READY_MS
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
      if (answer?.status === 200) break
      if (child.exitCode !== null || Date.now() > give_up_at)
        throw new Error(`It did not become ready:\n${output}`)
      await new Promise((done) => setTimeout(done, 100))
    }
    const told = await (await fetch(`http://127.0.0.1:${port}/version`)).json()
    if (told.version !== version) throw new Error(`/version says ${told.version}, not ${version}.`)
    console.log('ok  ready')
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

/** Nothing that would help a program that lacks something. Windows programs need the folder of the system. */
function bare() {
  const { SystemRoot, TEMP } = process.env
  return windows ? { SystemRoot, TEMP } : {}
}

async function freePort() {
  const server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}
