import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALARM_KINDS, activeAlarms, NO_ALARMS } from '../../src/health/alarms.ts'
import { Metrics } from '../../src/health/metrics.ts'
import { registeredCommands } from '../../src/relay/commands.ts'
import { facts } from './samples.ts'

const page = readFileSync(join(import.meta.dir, '../../../docs/bridge.md'), 'utf8')
const missing = (words: readonly string[]) => words.filter((word) => !page.includes(word))

test('docs/bridge.md names every metric, every kind of alarm and every command, and no other metric', async () => {
  const metrics = new Metrics({ facts: () => facts(), alarms: () => activeAlarms(NO_ALARMS) }, ['scout'])
  const names = [...(await metrics.text()).matchAll(/^# TYPE (bridge_\w+)/gm)].map(([, name]) => name ?? '')
  expect(names.length).toBeGreaterThan(10)
  expect(missing(names.map((name) => `| \`${name}\` |`))).toEqual([])
  expect([...page.matchAll(/^\| `(bridge_\w+)`/gm)].map(([, name]) => name).toSorted()).toEqual(
    names.toSorted(),
  )
  expect(missing(ALARM_KINDS.map((kind) => `\`${kind}\``))).toEqual([])
  expect(missing(registeredCommands().map(({ name }) => `/${name}`))).toEqual([])
})
