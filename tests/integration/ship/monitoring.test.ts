import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALARM_KINDS } from '../../../bridge/src/health/alarms.ts'
import { Metrics } from '../../../bridge/src/health/metrics.ts'
import dashboard from '../../../docker/monitoring/grafana-dashboard.json'
import { JOB_PAYLOADS } from '../../../src/contracts/jobs.ts'
import { startServer, type TestServer } from '../../support/server.ts'

/** In Debian's package `prometheus`. */
const PROMTOOL = Bun.which('promtool')
const FOLDER = join(import.meta.dir, '..', '..', '..', 'docker', 'monitoring')

interface Rules {
  groups: { name: string; rules: { alert: string; expr: string }[] }[]
}
const rules = (Bun.YAML.parse(readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')) as Rules).groups.flatMap(
  (group) => group.rules,
)
const panels = dashboard.panels.flatMap((panel) =>
  'targets' in panel ? (panel.targets ?? []).map(({ expr }) => ({ title: panel.title, expr })) : [],
)

/** Names of metrics in an expression: words before a selector or a range, and every word with a known prefix. */
function namesIn(expr: string): string[] {
  const bare = expr.replace(/"[^"]*"/g, '""')
  return [...bare.matchAll(/\b((?:mc|bridge|process|nodejs)_[a-z0-9_]+)\b/g)].map(([, name]) => name!)
}

let server: TestServer
let printed: Set<string>
beforeAll(async () => {
  server = await startServer()
  const of_server = await (await fetch(`${server.url}/metrics`)).text()
  const of_bridge = await new Metrics({ facts: () => FACTS, alarms: () => NONE }, ['scout']).text()
  printed = new Set(
    [...`${of_server}\n${of_bridge}`.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
    ),
  )
})
afterAll(() => server.stop())

/** Of an agent that is idle. Only names of metrics are asked for. */
const FACTS = {
  now: 0,
  agents: [],
  gateway: { status: 'connected' },
  state: { oldest_at: null, bytes: 0 },
} as never
const NONE = Object.fromEntries(ALARM_KINDS.map((kind) => [kind, 0])) as never

function promtool(...words: string[]) {
  const done = Bun.spawnSync([PROMTOOL ?? '', ...words], { cwd: FOLDER })
  return { code: done.exitCode, output: done.stdout.toString() + done.stderr.toString() }
}

describe('alert rules and dashboard', () => {
  test('every metric that they name is one that the server or the bridge prints', () => {
    for (const { name, expr } of [
      ...rules.map(({ alert, expr }) => ({ name: alert, expr })),
      ...panels.map(({ title, expr }) => ({ name: title, expr })),
    ]) {
      const names = namesIn(expr)
      expect(names.length > 0 || expr.includes('up{'), name).toBe(true)
      for (const metric of names) expect(printed.has(metric), `${name}: ${metric}`).toBe(true)
    }
    expect(printed.has('mc_lane_commit_seconds_bucket')).toBe(true)
    expect(printed.has('mc_no_such_metric')).toBe(false)
  })

  test('every kind of job that they name exists', () => {
    const kinds = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/kind!?="([a-z_]+)"/g)].map(([, kind]) => kind!),
    )
    for (const kind of kinds.filter((found) => found !== 'waiting'))
      expect(Object.keys(JOB_PAYLOADS)).toContain(kind)
  })

  test.skipIf(!PROMTOOL)('Prometheus takes the rules, and each rises when it should', () => {
    const checked = promtool('check', 'rules', 'alerts.yml')
    expect(checked.output).toContain(`${rules.length} rules found`)
    expect(checked.code).toBe(0)
    const tested = promtool('test', 'rules', 'alerts.test.yml')
    expect(tested.output).toContain('SUCCESS')
    expect(tested.code).toBe(0)
    const config = promtool('check', 'config', '--syntax-only', 'prometheus.yml')
    expect(config.output).toContain('is valid prometheus config')
  })

  test.skipIf(!PROMTOOL)('Prometheus takes every expression of the dashboard', () => {
    const groups = [
      {
        name: 'dashboard',
        rules: panels.map(({ expr }, i) => ({
          record: `panel:${i}`,
          expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
        })),
      },
    ]
    const file = join(process.env.TMPDIR ?? '/tmp', `mc-dashboard-${process.pid}.yml`)
    writeFileSync(file, JSON.stringify({ groups }))
    const checked = promtool('check', 'rules', '--lint=none', file)
    rmSync(file)
    expect(checked.output).toContain(`${panels.length} rules found`)
    expect(checked.code).toBe(0)
  })
})
