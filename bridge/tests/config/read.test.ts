import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigProblems } from '../../src/config/config.ts'
import type { Surroundings } from '../../src/config/paths.ts'
import { ConfigMissing, loadConfig, parseConfig } from '../../src/config/read.ts'

const around: Surroundings = { env: {}, platform: 'linux', home: '/people/ines', cwd: '/srv/bridge' }
const parse = (text: string, more: Partial<Surroundings> = {}) =>
  parseConfig(text, '/etc/mission-control/comms-bridge.yaml', { ...around, ...more })

function problems(text: string): readonly string[] {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems
    throw error
  }
  return []
}

const SMALL = `mission_control:
  url: https://mc.example.com/
agents:
  - name: scout
    api_key_env: MC_KEY_SCOUT
    org_slug: acme
`

describe('defaults', () => {
  test('fill in everything but the server and the agents', () => {
    expect(parse(SMALL)).toEqual({
      mission_control: { url: 'https://mc.example.com', verify_tls: true, request_timeout_seconds: 30 },
      gateway: {
        url: 'ws://127.0.0.1:18789',
        token_env: null,
        device_path: '/people/ines/.local/state/mission-control-bridge/device.json',
      },
      agents: [
        {
          name: 'scout',
          api_key_env: 'MC_KEY_SCOUT',
          org_slug: 'acme',
          gateway_agent: 'main',
          wake: 'mention',
          auto_subscribe: true,
          history_fetch_count: 50,
        },
      ],
      credentials: { provider: 'env' },
      state: { db_path: '/people/ines/.local/state/mission-control-bridge/state.db' },
      health: { host: '127.0.0.1', port: 9090 },
      logging: { level: 'info', format: 'json' },
      updates: { auto_check: true, notify_channel: null },
    })
  })

  test.each<[string, Partial<Surroundings>, string]>([
    [
      'a systemd unit with a state directory',
      { env: { STATE_DIRECTORY: '/var/lib/mission-control-bridge', XDG_STATE_HOME: '/x' } },
      '/var/lib/mission-control-bridge/state.db',
    ],
    ['XDG_STATE_HOME', { env: { XDG_STATE_HOME: '/x' } }, '/x/mission-control-bridge/state.db'],
    [
      'a relative XDG_STATE_HOME, which does not count',
      { env: { XDG_STATE_HOME: 'x' } },
      '/people/ines/.local/state/mission-control-bridge/state.db',
    ],
    [
      'macOS',
      { platform: 'darwin' },
      '/people/ines/Library/Application Support/mission-control-bridge/state.db',
    ],
    [
      'Windows',
      { platform: 'win32', env: { LOCALAPPDATA: '/local' } },
      '/local/mission-control-bridge/state.db',
    ],
  ])('the state lies at the place of %s', (_, more, path) => {
    expect(parse(SMALL, more).state.db_path).toBe(path)
  })

  test('a path begins at the folder of the file, or with ~ at the folder of the person', () => {
    const config = parse(
      `${SMALL}state: { db_path: data/state.db }\ncredentials: { provider: file, path: ~/keys.env }\n`,
    )
    expect(config.state.db_path).toBe('/etc/mission-control/data/state.db')
    expect(config.credentials).toEqual({ provider: 'file', path: '/people/ines/keys.env' })
  })

  test('a section of which every line is a comment counts as left out', () => {
    expect(parse(`${SMALL}health:\n  # port: 1\nlogging:\n`).health.port).toBe(9090)
  })

  test('every provider of credentials is read', () => {
    const of = (text: string) => parse(`${SMALL}credentials: ${text}\n`).credentials
    expect(of('{ provider: aws_secrets_manager, secret_id: mc/keys, region: eu-central-1 }')).toEqual({
      provider: 'aws_secrets_manager',
      secret_id: 'mc/keys',
      region: 'eu-central-1',
      endpoint: null,
    })
    expect(of('{ provider: vault, url: "https://vault.example.com:8200/", path: secret/data/mc }')).toEqual({
      provider: 'vault',
      url: 'https://vault.example.com:8200',
      path: 'secret/data/mc',
      token_env: 'VAULT_TOKEN',
      namespace: null,
    })
  })
})

describe('problems', () => {
  test('B86 are listed all at once, in the order of the file, each with its line and place', () => {
    expect(
      problems(`mission_control:
  url: http://mc.example.com
  request_timeout: 10
gatway:
  url: ws://127.0.0.1:1
agents:
  - name: scout
    api_key_env: MC_KEY_SCOUT
    org_slug: acme
    wake: always
  - name: scout
    api_key_env: MC_KEY_SCOUT
    org_slug: acme
    histroy_fetch_count: 10
  - name: Third
    org_slug: other
health:
  port: 70000
logging: loud
`),
    ).toEqual([
      'line 2, mission_control.url: Plain HTTP sends keys and messages in clear text. Use https://, or accept it with verify_tls: false.',
      'line 3, mission_control.request_timeout: There is no such key. Did you mean request_timeout_seconds?',
      'line 4, gatway: There is no such key. Did you mean gateway?',
      'line 10, agents[0].wake: Must be one of: mention, project, all.',
      'line 11, agents[1].name: agents[0] has this name already.',
      'line 12, agents[1].api_key_env: agents[0] is the same agent: same key, same organization.',
      'line 14, agents[1].histroy_fetch_count: There is no such key. Did you mean history_fetch_count?',
      'line 15, agents[2].api_key_env: Is required.',
      'line 15, agents[2].name: Must be 1 to 64 lower-case letters, digits, - or _, and begin with a letter or digit.',
      'line 18, health.port: Must be a whole number from 1 to 65,535.',
      'line 19, logging: Must be a section with keys below it.',
    ])
  })

  test('B86 are all listed, however many there are', () => {
    const agents = Array.from({ length: 40 }, (_, i) => `  - name: a${i}\n    org_slug: acme\n`).join('')
    expect(problems(`mission_control: { url: "https://mc.example.com" }\nagents:\n${agents}`)).toHaveLength(
      40 /* no key */ + 39 /* the same gateway agent */,
    )
  })

  test.each([
    ['an empty file', '', ['line 1, mission_control: Is required.', 'line 1, agents: Is required.']],
    ['a text', 'hello', ['line 1, the file: Must be a section with keys below it.']],
    [
      'no agent',
      SMALL.replace(/agents:[\s\S]*/, 'agents: []'),
      ['line 3, agents: Must name 1 to 64 agents.'],
    ],
    ['a key twice', `${SMALL}agents: []\n`, ['line 7: This key is there twice.']],
    ['tabs', 'mission_control:\n\turl: x\n', ['line 2: Indent with spaces, not with tabs.']],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected)
  })

  test('B43 two agents of an organization may not share a gateway agent, for they would share sessions', () => {
    const second = '  - { name: second, api_key_env: MC_KEY_SECOND, org_slug: acme'
    expect(problems(`${SMALL}${second} }\n`)).toEqual([
      'line 7, agents[1].gateway_agent: agents[0] has the same gateway agent in the same organization: both would share their sessions.',
    ])
    expect(problems(`${SMALL}${second}, gateway_agent: other }\n`)).toEqual([])
    expect(problems(`${SMALL}${second.replace('acme', 'other')} }\n`)).toEqual([])
  })

  test.each([
    ['api_key_env: MC_KEY_SCOUT', `api_key_env: mc_ak_live_${'a'.repeat(12)}_${'b'.repeat(20)}`],
    ['api_key_env: MC_KEY_SCOUT', `api_key_env: mc_ak_live_${'a'.repeat(12)}_${'-b'.repeat(20)}`],
  ])('a key in place of its name is said, and never shown', (name, key) => {
    const found = problems(SMALL.replace(name, key)).join()
    expect(found).toContain('not the key itself')
    expect(found).not.toContain('bbb')
    expect(found).not.toContain('-b-b')
  })

  test('a problem of syntax shows no text of the file', () => {
    const found = problems(`mission_control: "secret text\nagents: secret: text: here\n`).join()
    expect(found).toContain('line ')
    expect(found).not.toContain('secret')
  })

  test('a small file cannot become a large value through its aliases', () => {
    const levels = Array.from({ length: 12 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x, x]' : `a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}*a${i - 1}]`,
    )
    expect(problems(levels.join('\n'))).toEqual([
      'line 1: Has an alias without its anchor, or too many aliases.',
    ])
  })

  test('the names of prototypes are keys like others', () => {
    expect(problems(`${SMALL}__proto__: { x: 1 }\nconstructor: 1\n`)).toHaveLength(2)
  })
})

describe('B87 plain HTTP', () => {
  const withUrl = (url: string, rest = '') =>
    problems(SMALL.replace('https://mc.example.com/', `${url}${rest}`))

  test.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'http://mc.localhost'])(
    'is accepted to this machine: %s',
    (url) => expect(withUrl(url)).toEqual([]),
  )

  test.each([
    'http://mc.example.com',
    'http://10.0.0.1',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
  ])('is refused to another one: %s', (url) => expect(withUrl(url).join()).toContain('Plain HTTP'))

  test('is accepted with an explicit verify_tls: false', () => {
    expect(withUrl('http://mc.example.com', '\n  verify_tls: false')).toEqual([])
    expect(withUrl('http://mc.example.com', '\n  verify_tls: true')).toHaveLength(1)
  })

  test('is never accepted for secrets', () => {
    expect(
      problems(
        `${SMALL}credentials: { provider: vault, url: "http://vault.example.com", path: secret/mc }\n`,
      ),
    ).toEqual(['line 7, credentials.url: Plain HTTP would send the secrets in clear text. Use https://.'])
  })

  test.each(['mc.example.com', 'ftp://mc.example.com', 'https://user:pass@mc.example.com', 'https://x/?a=1'])(
    'no address of a server: %s',
    (url) => expect(withUrl(url).join()).toContain('Must be an address'),
  )
})

describe('places', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bridge-config-'))
    mkdirSync(join(folder, 'cwd'))
    mkdirSync(join(folder, 'home/.config/mission-control-bridge'), { recursive: true })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const load = (flag?: string, env: Record<string, string> = {}) =>
    loadConfig(flag, { env, platform: 'linux', home: join(folder, 'home'), cwd: join(folder, 'cwd') }).path

  test('B88 are tried in order, and one that is named is the only one', () => {
    const user = join(folder, 'home/.config/mission-control-bridge/comms-bridge.yaml')
    const here = join(folder, 'cwd/comms-bridge.yaml')
    const named = join(folder, 'named.yaml')
    expect(() => load()).toThrow(ConfigMissing)
    expect(() => load()).toThrow('/etc/mission-control/comms-bridge.yaml')
    writeFileSync(user, SMALL)
    expect(load()).toBe(user)
    writeFileSync(here, SMALL)
    expect(load()).toBe(here)
    expect(() => load(undefined, { MC_BRIDGE_CONFIG: named })).toThrow(ConfigMissing)
    writeFileSync(named, SMALL)
    expect(load(undefined, { MC_BRIDGE_CONFIG: named })).toBe(named)
    expect(load('comms-bridge.yaml', { MC_BRIDGE_CONFIG: named })).toBe(here)
    expect(() => load('../other.yaml')).toThrow(join(folder, 'other.yaml'))
  })

  test('a file that is too large is refused before it is parsed', () => {
    writeFileSync(join(folder, 'large.yaml'), '#'.repeat(300 * 1024))
    expect(() => load(join(folder, 'large.yaml'))).toThrow('larger than 256 KiB')
  })
})
