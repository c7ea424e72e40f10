import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { behind, LEFT_OUT } from '../../../scripts/test-run/behind.ts'
import { allGroups, ROOT } from '../../../scripts/test-run/groups.ts'

const jobs = allGroups(2).find(({ name }) => name === 'end to end')?.jobs ?? []
const sourceOf = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** What a browser test on a stage of its own has in its source. */
const OWN_STAGE =
  /\bstart(?:Path|Mute)Proxy\(|\bstartBehind\(|http:\/\/\$\{host\}|server\.log\(\)|over plain http'/
/** The one way to a server that `--behind` replaces. */
const SERVERS = /\b(?:startEmpty|startServer|startDemo)\(/
const REPLACED = /from '\.\/support\/(?:server|demo)\.ts'/

describe('the browser tests behind a proxy', () => {
  test('are all of them but those with a stage of their own', () => {
    const own = jobs.filter(({ name }) => OWN_STAGE.test(sourceOf(name))).map(({ name }) => name)
    expect(own.toSorted()).toEqual(Object.keys(LEFT_OUT).toSorted())
    const { run, left_out } = behind(jobs)
    expect(run.length).toBeGreaterThan(50)
    expect([...run, ...left_out].map(({ name }) => name).toSorted()).toEqual(
      jobs.map(({ name }) => name).toSorted(),
    )
  })

  test('start no server past it', () => {
    const past = behind(jobs).run.filter(({ name }) => {
      const source = sourceOf(name)
      return (
        /import \{[^}]*\bstart(?:Server|Nodes|Behind)\b[^}]*\} from '\.\.\/support\//.test(source) ||
        /src\/(?:main|serve)\.ts/.test(source) ||
        (SERVERS.test(source) && !REPLACED.test(source))
      )
    })
    expect(past.map(({ name }) => name)).toEqual([])
  })

  test('each left out has a reason, which the run prints; without a proxy none is left out', () => {
    for (const { name, why } of behind(jobs).left_out) expect([name, why.length > 20]).toEqual([name, true])
    const run = Bun.spawnSync([process.execPath, 'scripts/test.ts', '--behind', 'caddy', 'e2e/base-path'], {
      cwd: ROOT,
    })
    expect(run.stdout.toString()).toContain(
      `left out behind caddy: tests/e2e/base-path.test.ts: ${LEFT_OUT['tests/e2e/base-path.test.ts']}`,
    )
    expect(run.exitCode).toBe(2)
    expect(jobs.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(LEFT_OUT)))
  })

  test('a proxy that there is no configuration for is refused', () => {
    const run = Bun.spawnSync([process.execPath, 'scripts/test.ts', '--behind', 'squid'], { cwd: ROOT })
    expect([run.exitCode, run.stderr.toString()]).toEqual([2, '--behind takes caddy or nginx.\n'])
  })
})
