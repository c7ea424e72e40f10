import { findProgram, runQuietly } from './processes.mjs'
import { tail } from './refusal.mjs'

/** Debian's package of a program. */
const packageOf = (name) => ({ promtool: 'prometheus' })[name] ?? name

/**
 * Finds the programs that only tests need: a Redis server, PgBouncer, a browser, two proxies, checkers of shell and of
 * alert rules, and the programs of the guide for agents. As root on
 * Debian they are installed; elsewhere a line says how, and the tests that need them are skipped (an error with CI=true).
 * Returns environment variables.
 */
export async function ensureTestTools(say) {
  const find = () => ({
    'redis-server': findProgram('redis-server'),
    caddy: findProgram('caddy'),
    nginx: findProgram('nginx', '/usr/sbin/nginx'),
    shellcheck: findProgram('shellcheck'),
    promtool: findProgram('promtool'),
    pgbouncer: findProgram('pgbouncer', '/usr/sbin/pgbouncer'),
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
    const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    const updated = await runQuietly('apt-get', ['update', '-qq'], { env })
    const installed = updated.ok
      ? await runQuietly(
          'apt-get',
          ['install', '-y', '-qq', '--no-install-recommends', ...missing.map(packageOf)],
          { env },
        )
      : updated
    if (!installed.ok) say(tail(installed.output))
    found = find()
  }
  for (const name of Object.keys(found))
    if (!found[name])
      say(
        `${name} is not installed: the tests that need it are skipped. On Debian and Ubuntu: sudo apt-get install ${packageOf(name)}`,
      )
  return found.chromium ? { CHROMIUM: found.chromium } : {}
}
