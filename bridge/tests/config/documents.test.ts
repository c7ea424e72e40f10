import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/read.ts'

const around = { env: {}, platform: 'linux', home: '/people/ines', cwd: '/' } as const

describe.each(['docs/bridge.md', 'docs/guides/bridge.md'])('the examples in %s', (path) => {
  const text = readFileSync(join(import.meta.dir, '../../..', path), 'utf8')
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
  const rest =
    'mission_control: { url: "https://x" }\nagents: [{ name: a, api_key_env: A, org_slug: acme }]\n'

  test('are configurations', () => {
    expect(blocks.length).toBeGreaterThan(0)
    for (const block of blocks) {
      const section = /^# (\w+)\n/.exec(block)?.[1]
      const file = section ? `${rest}${section}:\n${block.replace(/^(?=.)/gm, '  ')}` : block
      expect(parseConfig(file, '/etc/mission-control/comms-bridge.yaml', around).agents).toHaveLength(1)
    }
  })
})

test('the values in docs/bridge.md are the defaults where it says so', () => {
  const text = readFileSync(join(import.meta.dir, '../../../docs/bridge.md'), 'utf8')
  const shown = parseConfig(/```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '', '/x/comms-bridge.yaml', around)
  const small = parseConfig(
    'mission_control: { url: "https://mc.example.com" }\nagents: [{ name: scout, api_key_env: MC_KEY_SCOUT, org_slug: acme }]\n',
    '/x/comms-bridge.yaml',
    around,
  )
  expect(shown).toEqual({
    ...small,
    gateway: { ...small.gateway, token_env: 'OPENCLAW_GATEWAY_TOKEN', device_path: '/x/device.json' },
    state: { db_path: '/x/state.db' },
    updates: { auto_check: true, notify_channel: 'general' },
  })
})
