import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import plist from 'plist'
import { installService } from '../../src/cli/service/install.ts'
import { plistText } from '../../src/cli/service/launchd.ts'
import { planService } from '../../src/cli/service/plan.ts'
import { unitText } from '../../src/cli/service/systemd.ts'
import { taskLines } from '../../src/cli/service/windows.ts'
import type { CredentialsConfig } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/read.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-service-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const CONFIG = `mission_control: { url: "https://mc.example.com" }
agents: [{ name: scout, api_key_env: MC_KEY_SCOUT, org_slug: acme }]
`
const around = (platform: NodeJS.Platform, more: object = {}) => ({
  env: {},
  platform,
  home: join(folder, 'home'),
  cwd: folder,
  ...more,
})
const system = around('linux', {
  home: '/people/ines',
  env: { STATE_DIRECTORY: '/var/lib/mission-control-bridge' },
})
const configOf = (more = '') => parseConfig(CONFIG + more, '/etc/mission-control/comms-bridge.yaml', system)

const facts = {
  program: [process.execPath],
  config_path: '/etc/mission-control/comms-bridge.yaml',
  user: false,
  credentials: { provider: 'env' } as CredentialsConfig,
  secrets_owner: undefined,
  environment_path: '/etc/mission-control/comms-bridge.env',
}
const file: CredentialsConfig = { provider: 'file', path: '/etc/mission-control/keys 50%.env' }

describe('a unit of systemd', () => {
  /** One that systemd can check: its program exists. */
  const units: [string, Parameters<typeof unitText>[0]][] = [
    ['of the machine, keys in the environment', facts],
    ['of the machine, secrets file of root', { ...facts, credentials: file, secrets_owner: 0 }],
    ['of the machine, secrets file of a user', { ...facts, credentials: file, secrets_owner: 1000 }],
    ['of a person', { ...facts, user: true }],
    ['of a person, secrets file', { ...facts, user: true, credentials: file, secrets_owner: 1000 }],
    ['with strange paths', { ...facts, config_path: '/etc/a "b" $HOME \\ %n/x.yaml' }],
  ]

  const analyze = Bun.which('systemd-analyze')

  test.each(units)('%s is accepted by systemd-analyze, where that is installed', (name, unit) => {
    const path = join(folder, name.replaceAll(/\W/g, '-'), 'mission-control-bridge.service')
    mkdirSync(join(path, '..'))
    writeFileSync(path, unitText(unit))
    if (analyze === null) return
    const { stdout, stderr, exitCode } = Bun.spawnSync(
      [analyze, 'verify', '--recursive-errors=no', ...(unit.user ? ['--user'] : []), path],
      { env: { ...process.env, XDG_RUNTIME_DIR: folder } },
    )
    // Complaints about this machine's other units name other files.
    const own = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('mission-control-bridge'))
    expect({ own, exitCode }).toEqual({ own: [], exitCode: 0 })
  })

  test('B105 restarts within limits, but not after a mistake in the configuration', () => {
    for (const [, unit] of units) {
      const text = unitText(unit)
      for (const line of [
        'Restart=always',
        'StartLimitBurst=10',
        'RestartPreventExitStatus=2',
        'NoNewPrivileges=yes',
      ])
        expect(text).toContain(`${line}\n`)
    }
  })

  test('B105 gets its secrets by the way that fits the provider', () => {
    expect(unitText(facts)).toContain(
      'EnvironmentFile=/etc/mission-control/comms-bridge.env\nDynamicUser=yes\n',
    )
    const of_root = unitText({ ...facts, credentials: file, secrets_owner: 0 })
    expect(of_root).toContain(
      'LoadCredential=keys 50%%.env:/etc/mission-control/keys 50%%.env\nDynamicUser=yes\n',
    )
    const of_user = unitText({ ...facts, credentials: file, secrets_owner: 1000 })
    expect(of_user).toContain('User=1000\nStateDirectory=mission-control-bridge\n')
    expect(of_user).not.toContain('DynamicUser')
    expect(unitText({ ...facts, user: true })).not.toContain('StateDirectory')
  })

  test('has no specifier, variable or broken word of a path', () => {
    const text = unitText({ ...facts, program: ['/opt/a b'], config_path: '/etc/a "b" $HOME \\ %n/x.yaml' })
    expect(text).toContain('ExecStart="/opt/a b" run --config "/etc/a \\"b\\" $$HOME \\\\ %%n/x.yaml"\n')
  })
})

describe('a plan', () => {
  const plan = (platform: NodeJS.Platform, more = '', user = false) =>
    planService(
      {
        config: configOf(more),
        config_path: facts.config_path,
        program: ['/usr/local/bin/mc-bridge'],
        user,
        secrets_owner: 0,
        config_open: false,
      },
      around(platform),
    )

  test('for the machine: where, and what comes next', () => {
    const { path, next } = plan('linux')
    expect(path).toBe('/etc/systemd/system/mission-control-bridge.service')
    expect(next.join('\n')).toContain('/etc/mission-control/comms-bridge.env, then: chmod 600')
    expect(next.join('\n')).toContain(
      `${join(folder, 'home')}/.local/state/mission-control-bridge/device.json /var/lib/mission-control-bridge/device.json`,
    )
    expect(next.join('\n')).toContain('chmod a+r /etc/mission-control/comms-bridge.yaml')
    expect(next).toContain('systemctl enable --now mission-control-bridge')
  })

  test('for a person', () => {
    const { path, next } = plan('linux', '', true)
    expect(path).toBe(join(folder, 'home/.config/systemd/user/mission-control-bridge.service'))
    expect(next.join('\n')).toContain('enable-linger')
  })

  test('with the shared token there is no pairing to take over', () => {
    expect(plan('linux', 'gateway: { token_env: T }\n').next.join()).not.toContain('device.json')
  })

  test.each([
    ['state: { db_path: /srv/state.db }\n', 'writes below /var/lib/mission-control-bridge only'],
    [
      'credentials: { provider: file, path: /root/keys.env }\n',
      '/root/keys.env lies where a service of the machine cannot look',
    ],
  ])('for the machine is refused: %s', (more, words) => {
    expect(() => plan('linux', more)).toThrow(words)
    expect(() => plan('linux', more, true)).not.toThrow()
  })

  test('elsewhere', () => {
    expect(() => plan('darwin')).toThrow('secrets file')
    const { path, next } = plan('darwin', 'credentials: { provider: file, path: /x/keys.env }\n')
    expect(path).toBe(join(folder, 'home/Library/LaunchAgents/mission-control.bridge.plist'))
    expect(next[0]).toStartWith('launchctl bootstrap gui/')
    expect(plan('win32')).toMatchObject({ path: null })
    expect(() => plan('freebsd')).toThrow('There is no service for freebsd')
  })
})

test('a property list of launchd reads back as what it means', () => {
  const words = ['/Applications/A & B/mc-bridge', '/x/<y> "z".yaml']
  const text = plistText({
    program: [words[0] ?? ''],
    config_path: words[1] ?? '',
    log_path: '/l/bridge.log',
  })
  expect(plist.parse(text)).toEqual({
    Label: 'mission-control.bridge',
    ProgramArguments: [words[0], 'run', '--config', words[1]],
    RunAtLoad: true,
    KeepAlive: true,
    ThrottleInterval: 10,
    ExitTimeOut: 20,
    ProcessType: 'Background',
    Umask: 63,
    StandardOutPath: '/l/bridge.log',
    StandardErrorPath: '/l/bridge.log',
  } as plist.PlistObject)
})

test('lines for the Task Scheduler quote paths', () => {
  const lines = taskLines({ program: ["C:\\Ann's\\mc-bridge.exe"], config_path: 'C:\\My Files\\x.yaml' })
  expect(lines).toContain(
    `-Execute 'C:\\Ann''s\\mc-bridge.exe' -Argument 'run --config "C:\\My Files\\x.yaml"'`,
  )
})

describe('installing', () => {
  const install = (print = false, config = join(folder, 'comms-bridge.yaml')) => {
    writeFileSync(join(folder, 'comms-bridge.yaml'), CONFIG)
    const printed: string[] = []
    const print_to = { out: (text: string) => printed.push(text), err: (text: string) => printed.push(text) }
    const options = { config, user: true, print, program: ['/usr/local/bin/mc-bridge'] }
    expect(installService(options, around('linux'), print_to)).toBe(0)
    return printed.join('\n')
  }
  const unit = () => join(folder, 'home/.config/systemd/user/mission-control-bridge.service')

  test('shows what it would write, and writes nothing', () => {
    expect(install(true)).toContain('[Service]')
    expect(existsSync(unit())).toBe(false)
  })

  test('writes, and changes nothing the second time', () => {
    expect(install()).toStartWith(`Wrote ${unit()}.`)
    const { mtimeMs } = statSync(unit())
    expect(install()).toStartWith(`${unit()} is up to date.`)
    expect(statSync(unit()).mtimeMs).toBe(mtimeMs)
    expect(readdirSync(join(unit(), '..'))).toEqual(['mission-control-bridge.service'])
  })

  test('replaces what it wrote before, and nothing else', () => {
    writeFileSync(unit(), readFileSync(unit(), 'utf8').replace('RestartSec=5s', 'RestartSec=9s'))
    expect(install()).toStartWith(`Replaced ${unit()}.`)
    writeFileSync(unit(), '[Service]\nExecStart=/bin/true\n')
    expect(() => install()).toThrow('was not written by mc-bridge')
    expect(readFileSync(unit(), 'utf8')).toBe('[Service]\nExecStart=/bin/true\n')
  })
})
