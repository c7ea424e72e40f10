import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatewayAddress, isHere, serverAddress } from '../../../src/cli/init/addresses.ts'
import { credentialFor, nameFor } from '../../../src/cli/init/agent-part.ts'
import { nextText } from '../../../src/cli/init/next.ts'
import { localGateway } from '../../../src/cli/init/openclaw.ts'
import { withSecret } from '../../../src/cli/init/secrets.ts'

describe('an address of Mission Control', () => {
  test.each([
    ['https://mc.example.com', 'https://mc.example.com', undefined],
    ['  mc.example.com/ ', 'https://mc.example.com', undefined],
    ['localhost:3000', 'http://localhost:3000', undefined],
    ['127.0.0.1:3000/login', 'http://127.0.0.1:3000', undefined],
    ['https://mc.example.com/o/acme/agents?x=1#y', 'https://mc.example.com', 'acme'],
    ['https://example.com/mc/o/acme', 'https://example.com/mc', 'acme'],
    ['https://example.com/mc/', 'https://example.com/mc', undefined],
  ])('%s', (text, url, org_slug) => {
    expect(serverAddress(text)).toEqual({ url, org_slug, in_clear: false })
  })

  test('in clear text to another machine is seen', () => {
    expect(serverAddress('http://10.0.0.5:3000').in_clear).toBe(true)
  })

  test.each(['', 'ftp://x', 'https://', 'https://user:word@x', 'a b'])('%j is none', (text) => {
    expect(() => serverAddress(text)).toThrow('is no address')
  })
})

describe('an address of a gateway', () => {
  test.each([
    ['127.0.0.1:18789', 'ws://127.0.0.1:18789', true],
    ['ws://localhost:1/', 'ws://localhost:1', true],
    ['http://127.0.0.1:18789', 'ws://127.0.0.1:18789', true],
    ['https://gw.example.com', 'wss://gw.example.com', false],
  ])('%s', (text, url, here) => {
    expect(gatewayAddress(text)).toBe(url)
    expect(isHere(url)).toBe(here)
  })

  test.each(['ftp://x', 'ws://', 'ws://x?token=1'])('%j is none', (text) => {
    expect(() => gatewayAddress(text)).toThrow('is no address of a gateway')
  })
})

describe('names', () => {
  test.each([
    ['release-scribe', 'release-scribe', 'MC_KEY_RELEASE_SCRIBE'],
    ['Ünï.Code', 'n-code', 'MC_KEY_N_CODE'],
    ['---', 'agent', 'MC_KEY_AGENT'],
  ])('for %s', (username, name, credential) => {
    expect(nameFor(username)).toBe(name)
    expect(credentialFor(name)).toBe(credential)
  })
})

describe('a secrets file', () => {
  test('keeps its other lines', () => {
    const text = '# keys\nA=1\nexport B="2"\nC=3'
    expect(withSecret(text, 'B', 'new')).toBe('# keys\nA=1\nB=new\nC=3\n')
    expect(withSecret(text, 'D', '4')).toBe('# keys\nA=1\nexport B="2"\nC=3\nD=4\n')
    expect(withSecret('', 'A', '1')).toBe('A=1\n')
  })

  test('stays as it is when the value is there already', () => {
    for (const text of ['A=1\n', 'A = "1"', "x=2\nA='1'\n"]) expect(withSecret(text, 'A', '1')).toBe(text)
  })
})

describe('the configuration of OpenClaw on this machine', () => {
  let home = ''
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'bridge-openclaw-'))
  })
  afterAll(() => rmSync(home, { recursive: true }))
  const read = (text: string, env: Record<string, string> = {}) => {
    const path = join(home, 'openclaw.json')
    writeFileSync(path, text)
    return localGateway({ env: { OPENCLAW_CONFIG_PATH: path, ...env }, platform: 'linux', home, cwd: '/' })
  }

  test('tells port and token, with comments and without quotes', () => {
    expect(read('// mine\n{ gateway: { port: 18999, auth: { mode: "token", token: "t0ken" }, }, }')).toEqual({
      url: 'ws://127.0.0.1:18999',
      token: 't0ken',
      token_from: join(home, 'openclaw.json'),
    })
  })

  test.each([
    '',
    'no json at all {',
    '[]',
    `{ gateway: { port: "x", auth: { token: "\${NAME}" } } }`,
    '{ gateway: { port: 99999, auth: { token: { source: "env" } } } }',
  ])('%j tells nothing', (text) => {
    expect(read(text)).toEqual({ url: 'ws://127.0.0.1:18789', token: undefined, token_from: undefined })
  })

  test('is in the state folder of OpenClaw, and a port of the environment goes first', () => {
    const around = { platform: 'linux', home: '/nobody', cwd: '/' } as const
    writeFileSync(join(home, 'openclaw.json'), '{ gateway: { port: 1, auth: { token: "a" } } }')
    const env = { OPENCLAW_STATE_DIR: home, OPENCLAW_GATEWAY_PORT: '2' }
    expect(localGateway({ ...around, env })).toMatchObject({ url: 'ws://127.0.0.1:2', token: 'a' })
    expect(localGateway({ ...around, env: {} })).toMatchObject({ token: undefined })
  })
})

describe('the commands that follow', () => {
  const around = { env: {}, platform: 'linux', home: '/people/ines', cwd: '/work' } as const

  test('find the configuration by themselves at the usual places', () => {
    const path = '/people/ines/.config/mission-control-bridge/comms-bridge.yaml'
    const text = nextText(path, { leftover: null, running: true, around })
    expect(text).toContain('restart it, so that it takes the changes up.\n\nmc-bridge run  ')
    expect(text).toContain('mc-bridge service install --user  ')
  })

  test('name it elsewhere, and begin with what a person has to do', () => {
    const text = nextText('/my files/b.yaml', {
      leftover: 'Put the key there.',
      running: false,
      around: { ...around, platform: 'darwin' },
    })
    expect(text).toStartWith('Put the key there.\n\n')
    expect(text).toContain("mc-bridge service install --config '/my files/b.yaml'  ")
  })
})
