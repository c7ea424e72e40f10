import { describe, expect, test } from 'bun:test'
import { amendedText } from '../../src/config/amend.ts'
import { parseConfig } from '../../src/config/read.ts'
import { configText } from '../../src/config/write.ts'

const AROUND = { env: {}, platform: 'linux', home: '/people/ines', cwd: '/' } as const
const SCOUT = {
  name: 'scout',
  api_key_env: 'MC_KEY_SCOUT',
  org_slug: 'acme',
  gateway_agent: 'main',
  wake: 'mention',
} as const
const PLACE = { server_url: 'https://mc.example.com', verify_tls: true, gateway_url: 'ws://127.0.0.1:18789' }
const TEXT = configText({ ...PLACE, token_env: null, agents: [SCOUT], secrets_path: 'keys.env' })
const read = (text: string) => parseConfig(text, '/x/comms-bridge.yaml', AROUND)

describe('a configuration that is there', () => {
  test('is not touched by the same answers, whatever its form', () => {
    for (const text of [
      TEXT,
      "mission_control: {url: 'https://mc.example.com'}\ngateway: {url: ws://127.0.0.1:18789}\nagents: [{wake: mention,   name: scout, api_key_env: MC_KEY_SCOUT, org_slug: acme, gateway_agent: main}]",
    ])
      expect(amendedText(text, { ...PLACE, agent: SCOUT })).toBe(text)
  })

  test('gets another agent beside the one that it has, and keeps its comments', () => {
    const agent = { ...SCOUT, name: 'forge', api_key_env: 'MC_KEY_FORGE', gateway_agent: 'scout' }
    const text = amendedText(TEXT, { ...PLACE, agent })
    expect(read(text).agents).toMatchObject([SCOUT, agent])
    expect(text).toContain('# Name of the credential that holds the API key.')
    expect(text).toContain('#   port: 9090')
  })

  test('changes the agent of that name, and its places', () => {
    const agent = { ...SCOUT, wake: 'all', gateway_agent: 'scout' } as const
    const own = `${TEXT}\nhealth:\n  port: 9191 # mine\n`
    const text = amendedText(own, {
      server_url: 'http://10.0.0.5:3000',
      verify_tls: false,
      gateway_url: 'ws://127.0.0.1:1',
      agent,
    })
    expect(read(text)).toMatchObject({
      mission_control: { url: 'http://10.0.0.5:3000', verify_tls: false },
      gateway: { url: 'ws://127.0.0.1:1' },
      agents: [agent],
      health: { port: 9191 },
    })
    expect(text).toContain('port: 9191 # mine')
    expect(read(amendedText(text, { ...PLACE, agent })).mission_control.verify_tls).toBe(true)
  })

  test('loses the shared token of its gateway: init paired this device', () => {
    const text = configText({ ...PLACE, token_env: 'TOKEN', agents: [SCOUT], secrets_path: null })
    expect(read(amendedText(text, { ...PLACE, agent: SCOUT })).gateway.token_env).toBeNull()
  })

  test('without a gateway section gets one', () => {
    const text =
      'mission_control: { url: "https://mc.example.com" }\nagents: [{ name: scout, api_key_env: A, org_slug: acme }]\n'
    const config = read(amendedText(text, { ...PLACE, gateway_url: 'ws://127.0.0.1:2', agent: SCOUT }))
    expect(config.gateway.url).toBe('ws://127.0.0.1:2')
    expect(config.agents).toHaveLength(1)
  })
})
