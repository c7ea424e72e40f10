import { describe, expect, test } from 'bun:test'
import { maskKey, maskKeys } from '../../src/config/mask.ts'
import { parseConfig } from '../../src/config/read.ts'
import { type Answers, configText } from '../../src/config/write.ts'

const ANSWERS: Answers = {
  server_url: 'https://mc.example.com',
  verify_tls: true,
  gateway_url: 'ws://127.0.0.1:18789',
  token_env: null,
  agents: [
    { name: 'scout', api_key_env: 'MC_KEY_SCOUT', org_slug: 'acme', gateway_agent: 'main', wake: 'mention' },
    { name: '123', api_key_env: 'MC_KEY_2', org_slug: '007', gateway_agent: 'true', wake: 'all' },
  ],
  secrets_path: null,
}

describe('the written configuration', () => {
  const read = (answers: Answers) =>
    parseConfig(configText(answers), '/x/comms-bridge.yaml', {
      env: {},
      platform: 'linux',
      home: '/people/ines',
      cwd: '/',
    })

  test('reads back as the answers, also where a text looks like a number or a flag', () => {
    const config = read(ANSWERS)
    expect(config.mission_control).toMatchObject({ url: 'https://mc.example.com', verify_tls: true })
    expect(config.gateway).toMatchObject({ url: 'ws://127.0.0.1:18789', token_env: null })
    expect(config.agents).toMatchObject(ANSWERS.agents)
    expect(config.credentials).toEqual({ provider: 'env' })
  })

  test('holds a token name, a secrets file and plain HTTP when they were chosen', () => {
    const config = read({
      ...ANSWERS,
      server_url: 'http://10.0.0.5:3000',
      verify_tls: false,
      token_env: 'OPENCLAW_GATEWAY_TOKEN',
      secrets_path: '/x/my keys: #1.env',
    })
    expect(config.mission_control.verify_tls).toBe(false)
    expect(config.gateway.token_env).toBe('OPENCLAW_GATEWAY_TOKEN')
    expect(config.credentials).toEqual({ provider: 'file', path: '/x/my keys: #1.env' })
  })

  test('shows the defaults of what it leaves out', () => {
    const text = configText(ANSWERS)
    for (const line of ['# verify_tls: true', '#   port: 9090', '# history_fetch_count: 50'])
      expect(text).toContain(line)
  })
})

describe('B83 keys', () => {
  const id = 'a1B2c3D4e5F6'
  const key = `mc_ak_live_${id}_${'x-Y_'.repeat(11).slice(0, 43)}`

  test('are masked to their prefix', () => {
    expect(maskKey(key)).toBe(`mc_ak_live_${id}_…`)
    expect(maskKeys(`refused ${key}, and ${key}.`)).toBe(
      `refused mc_ak_live_${id}_…, and mc_ak_live_${id}_….`,
    )
  })

  test('other secrets show nothing of themselves', () => {
    for (const secret of ['hunter2', '', `mc_ak_live_${id}`, `mc_ak_live_${'x'.repeat(60)}`])
      expect(maskKey(secret)).toBe('…')
  })
})
