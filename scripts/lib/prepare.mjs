import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, findProgram, installedBun, ROOT, runQuietly } from './processes.mjs'

/** What the last preparation was made from; inside node_modules, so that removing that removes these. */
const STAMPS = join(ROOT, 'node_modules', '.mission-control')

/** What a person can do something about: shown as one line, without a stack trace. */
export class Refusal extends Error {}

/** Installs the dependencies when they are missing or not those of the lock file. Returns the path of Bun. */
export function ensureDependencies(say) {
  const wanted = hashOf(['bun.lock', 'package.json', 'ui/package.json', 'bridge/package.json'])
  const present = installedBun()
  if (present && stampIs('installed', wanted)) return present
  say('Installing dependencies (once) …')
  const [command, ...args] = installer()
  const { ok, output } = runQuietly(command, [...args, 'install', '--frozen-lockfile'])
  if (!ok) throw new Refusal(`${tail(output)}\n${installProblem(output)}`)
  const bun = installedBun()
  if (!bun || !runQuietly(bun, ['--version']).ok)
    throw new Refusal(
      'Bun was installed but does not run. Remove the folder node_modules and start again, without --ignore-scripts.',
    )
  stamp('installed', wanted)
  return bun
}

/** Builds the app when it is missing or older than its sources. */
export function ensureUi(bun, say) {
  if (!existsSync(join(ROOT, 'ui', 'index.html'))) return
  const wanted = hashOf([
    'bun.lock',
    'ui/package.json',
    'ui/index.html',
    'ui/vite.config.ts',
    'ui/src',
    'ui/public',
    'src/contracts',
  ])
  if (existsSync(join(ROOT, 'ui', 'dist', 'index.html')) && stampIs('ui', wanted)) return
  say('Building the app (once) …')
  const { ok, output } = runQuietly(bun, ['run', 'build'], { cwd: join(ROOT, 'ui') })
  if (!ok) throw new Refusal(`${tail(output)}\nThe app in ui/ could not be built; the lines above say why.`)
  stamp('ui', wanted)
}

/**
 * Finds what only tests need: a Redis server, a browser, and what the guide for agents is run with. As root on Debian they are installed; elsewhere it says
 * what to do, and the tests that need them are skipped (which CI=true does not accept). Returns environment variables.
 */
export function ensureTestTools(say) {
  const find = () => ({
    'redis-server': findProgram('redis-server'),
    curl: findProgram('curl'),
    jq: findProgram('jq'),
    chromium:
      process.env.CHROMIUM ??
      findProgram(
        'chromium',
        'chromium-browser',
        'google-chrome-stable',
        'google-chrome',
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      ),
  })
  let found = find()
  const missing = Object.keys(found).filter((name) => !found[name])
  if (missing.length > 0 && process.getuid?.() === 0 && findProgram('apt-get')) {
    say(`Installing ${missing.join(' and ')} for the tests (once) …`)
    // RUNLEVEL=1: a package must not start its service here; tests start servers of their own.
    const env = environment({ DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' })
    const updated = runQuietly('apt-get', ['update', '-qq'], { env })
    const installed = updated.ok
      ? runQuietly('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env })
      : updated
    if (!installed.ok) say(tail(installed.output))
    found = find()
  }
  for (const name of Object.keys(found))
    if (!found[name])
      say(
        `${name} is not installed: the tests that need it are skipped. On Debian and Ubuntu: sudo apt-get install ${name}`,
      )
  return found.chromium ? { CHROMIUM: found.chromium } : {}
}

/** The command that installs: the pinned Bun, from wherever one can be had. */
function installer() {
  const pinned = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies.bun
  const own = installedBun()
  if (own && runQuietly(own, ['--version']).output.trim() === pinned) return [own]
  if (process.versions.bun === pinned) return [process.execPath]
  if (process.versions.bun) return [process.execPath, 'x', `bun@${pinned}`]
  const npx = findProgram(process.platform === 'win32' ? 'npx.cmd' : 'npx')
  if (!npx)
    throw new Refusal(
      'npx was not found. It comes with npm: install Node.js 20 or newer with npm, or Bun, and start again.',
    )
  return [npx, '--yes', `bun@${pinned}`]
}

function installProblem(output) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ConnectionRefused|FailedToOpenSocket|DNSException|Timeout/i.test(
      output,
    )
  )
    return 'The dependencies could not be downloaded: the package registry cannot be reached. Is this machine online?'
  if (/EACCES|EROFS|AccessDenied|PermissionDenied/i.test(output))
    return `The dependencies could not be written: this user may not write to ${ROOT}.`
  if (/ENOSPC|NoSpaceLeft/i.test(output))
    return 'The dependencies could not be written: the disk is full (about 1 GB is needed).'
  if (/frozen/i.test(output)) return 'bun.lock does not fit package.json. Run `bun install` and commit both.'
  return 'The dependencies could not be installed; the lines above say why.'
}

/** A hash over the contents of files and folders; what does not exist counts as empty. */
function hashOf(paths) {
  const hash = createHash('sha256')
  const add = (path) => {
    const file = join(ROOT, path)
    const entries = existsSync(file) ? readEntries(file) : []
    if (entries === undefined) hash.update(`${path}\0`).update(readFileSync(file))
    else for (const name of entries) add(`${path}/${name}`)
  }
  for (const path of paths) add(path)
  return hash.digest('hex')
}

function readEntries(path) {
  try {
    return readdirSync(path).sort()
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  }
}

function stampIs(name, wanted) {
  const file = join(STAMPS, name)
  return existsSync(file) && readFileSync(file, 'utf8') === wanted
}

function stamp(name, value) {
  mkdirSync(STAMPS, { recursive: true })
  writeFileSync(join(STAMPS, name), value)
}

function tail(output) {
  return output.trim().split('\n').slice(-20).join('\n')
}
