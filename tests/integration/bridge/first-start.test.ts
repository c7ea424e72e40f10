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
import type { Step } from '../../../bridge/src/proof/step.ts'
import {
  type Agent,
  addAgent,
  generalChannel,
  type Message,
  type Person,
  setUp,
  type User,
} from '../../support/client.ts'
import { type GatewayProcess, startMockGateway } from '../../support/mock-gateway/process.ts'
import { OnTerminal } from '../../support/on-terminal.ts'
import { Program } from '../../support/program.ts'
import { freePort, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const MC_BRIDGE = [process.execPath, join(import.meta.dir, '../../../bridge/src/main.ts')]
const TOKEN = 'shared-token-of-the-gateway'

let folder = ''
let server: TestServer
let admin: Person
let general = ''
/** Takes connections as from this machine: a device with the shared token is approved at once. */
let near: GatewayProcess
/** As from another machine: a device waits for its approval. */
let far: GatewayProcess
const programs: { kill(): Promise<void> }[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-first-start-'))
  server = await startServer()
  admin = await setUp(server)
  general = (await generalChannel(admin)).id
  const mock = (name: string, remote: boolean) =>
    startMockGateway({ folder: join(folder, name), token: TOKEN, faults: { remote } })
  near = await mock('near', false)
  far = await mock('far', true)
})
afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()))
  await Promise.all([near?.stop(), far?.stop()])
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A person with nothing: an empty home. */
class Newcomer {
  readonly home = mkdtempSync(join(folder, 'home-'))
  readonly env: Record<string, string>

  constructor(env: Record<string, string> = {}) {
    this.env = { PATH: process.env.PATH ?? '', HOME: this.home, ...env }
  }

  get config_path(): string {
    return join(this.home, '.config/mission-control-bridge/comms-bridge.yaml')
  }

  get secrets_path(): string {
    return join(this.home, '.config/mission-control-bridge/keys.env')
  }

  get files(): string[] {
    const config = join(this.home, '.config/mission-control-bridge')
    return existsSync(config) ? readdirSync(config).toSorted() : []
  }

  atTerminal(...args: string[]): OnTerminal {
    const terminal = new OnTerminal([...MC_BRIDGE, ...args], { env: this.env, cwd: this.home })
    programs.push(terminal)
    return terminal
  }

  /** Runs a command to its end, with this piped in. */
  async runs(
    args: readonly string[],
    { typed = '', env = {} }: { typed?: string; env?: Record<string, string> } = {},
  ) {
    const child = Bun.spawn([...MC_BRIDGE, ...args], {
      env: { ...this.env, ...env },
      cwd: this.home,
      stdin: new TextEncoder().encode(typed),
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    return { out, err, code }
  }

  async check(): Promise<{ code: number; steps: Step[] }> {
    const { out, code } = await this.runs(['check', '--json'])
    return { code, steps: JSON.parse(out).steps as Step[] }
  }

  /** Starts `mc-bridge run` on a port of its own, because the chosen one may be taken by another test by now. */
  async bridge(): Promise<void> {
    const text = readFileSync(this.config_path, 'utf8').replace(/^health:(\n {2}.*)+/m, '')
    const port = freePort()
    writeFileSync(this.config_path, `${text}\nhealth:\n  port: ${port}\n`)
    const program = new Program([...MC_BRIDGE, 'run', '--config', this.config_path], this.env)
    programs.push(program)
    program.spawn()
    await until(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
      const body = await answer?.json()
      return body?.status === 'ok'
    }, `the bridge to be ready:\n${program.output}`)
  }
}

const seen = async ({ user }: Agent): Promise<User['client']> => {
  const { body } = await admin.in<{ data: User[] }>('GET', '/users?per_page=100')
  return body.data.find(({ id }) => id === user.id)?.client
}

async function messages(): Promise<Message[]> {
  return (await admin.in<{ data: Message[] }>('GET', `/channels/${general}/messages?limit=100`)).body.data
}

async function mention({ user }: Agent, text: string): Promise<Message> {
  const content = `@${user.username} ${text}`
  return (await admin.in<Message>('POST', `/channels/${general}/messages`, { content })).body
}

async function answered({ id }: Message): Promise<void> {
  await until(async () => (await messages()).some(({ reply_to }) => reply_to === id), 'an answer')
}

const states = (steps: readonly Step[]) => Object.fromEntries(steps.map(({ step, state }) => [step, state]))

describe('a person at a terminal, with everything wrong first', () => {
  const person = () => newcomer
  let newcomer: Newcomer
  let scribe: Agent
  let terminal: OnTerminal

  beforeAll(async () => {
    newcomer = new Newcomer()
    scribe = await addAgent(admin, 'release-scribe')
  })

  test('is told what is wrong with each answer, and asked again', async () => {
    terminal = person().atTerminal('init')
    await terminal.answers(/Address, as in the browser: /, 'http://127.0.0.1:1')
    await terminal.answers(
      /Nothing listens at 127\.0\.0\.1, port 1\.[\s\S]*browser: /,
      far.url.replace('ws', 'http'),
    )
    await terminal.answers(/not Mission Control[\s\S]*browser: /, `${server.url}/o/other/agents`)
    await terminal.answers(/Organization: other[\s\S]*paste it\): /, `mc_ak_live_none_${'x'.repeat(43)}`)
    await terminal.answers(/does not accept the key mc_ak_live_none_…[\s\S]*paste it\): /, scribe.key)
    await terminal.answers(
      /valid, but not in an organization "other"[\s\S]*\/o\/<organization>: /,
      'fieldnote',
    )
    await terminal.answers(/paste it\) \[mc_ak_live_\w+_…\]: /, '')
    await terminal.shows(/is the key of release-scribe/)
    await until(async () => (await seen(scribe)) !== undefined, 'the app to see the bridge')
    expect(await seen(scribe)).toMatchObject({ name: 'mc-bridge', state: 'degraded', gateway: null })
    await terminal.answers(/OpenClaw Gateway\r?\n {2}Address \[[^\]]*\]: /, 'ws://127.0.0.1:1')
    await terminal.answers(/No gateway listens[\s\S]*Address \[[^\]]*\]: /, far.url)
    await terminal.answers(/Shared token of the gateway[^\n]*: /, 'not the token')
    await terminal.answers(/does not accept this token[\s\S]*Shared token of the gateway[^\n]*: /, TOKEN)
  })

  test('pairs the device with the command that is shown, and sees it approved', async () => {
    const [, request = ''] = await terminal.shows(/openclaw devices approve (\S+)/)
    expect(await far.approve(request)).toBe(true)
    await terminal.shows(/ok {2}Approved: OpenClaw 2026\.9\.6/)
    await until(async () => (await seen(scribe))?.gateway !== null, 'the app to see the gateway')
    expect((await seen(scribe))?.gateway).toEqual({ version: '2026.9.6', connected: true })
  })

  test('chooses the agent of the gateway, and sees the round trip', async () => {
    await terminal.answers(/configuration \[release-scribe\]: /, '')
    await terminal.answers(/1 {2}main[\s\S]*2 {2}scout[\s\S]*Number or name \[main\]: /, 'ghost')
    await terminal.answers(/There is no "ghost"[\s\S]*name \[main\]: /, '2')
    await terminal.answers(/3 {2}all[\s\S]*name \[mention\]: /, '')
    await terminal.shows(/→ {3}scout: Say hello[\s\S]*← {3}echo: Say hello[\s\S]*posted in #general/)
    await terminal.shows(/mc-bridge run /)
    expect(await terminal.ended()).toBe(0)
    const [newest] = await messages()
    expect(newest?.sender.id).toBe(scribe.user.id)
    expect(newest?.content).toStartWith('*Connection test:*')
    expect(await seen(scribe)).toMatchObject({ state: 'ready', wake: 'mention' })
  })

  test('finds the files written, and no secret where it does not belong', () => {
    expect(person().files).toEqual(['comms-bridge.yaml', 'keys.env'])
    expect(statSync(person().secrets_path).mode & 0o777).toBe(0o600)
    expect(readFileSync(person().secrets_path, 'utf8')).toBe(`MC_KEY_RELEASE_SCRIBE=${scribe.key}\n`)
    const everything = [
      readFileSync(person().config_path, 'utf8'),
      readFileSync(join(person().home, '.local/state/mission-control-bridge/device.json'), 'utf8'),
      terminal.output,
    ].join('\n')
    for (const secret of [TOKEN, scribe.key, scribe.key.slice(-20)]) expect(everything).not.toContain(secret)
  })

  test('a check of the same passes, and the bridge runs with it', async () => {
    const { code, steps } = await person().check()
    expect(states(steps)).toEqual({
      configuration: 'ok',
      credentials: 'ok',
      server: 'ok',
      key: 'ok',
      gateway: 'ok',
      'gateway agent': 'ok',
      state: 'ok',
      health: 'ok',
      turn: 'ok',
    })
    expect(code).toBe(0)
    const before = await mention(scribe, 'ECHO written before the bridge ran')
    await person().bridge()
    await answered(before)
    await answered(await mention(scribe, 'ECHO written while it runs'))
  })

  test('a check beside the running bridge says so, and disturbs nothing', async () => {
    const { code, steps } = await person().check()
    expect(code).toBe(0)
    expect(steps.find(({ step }) => step === 'state')?.detail).toContain('A bridge is running')
    expect(steps.find(({ step }) => step === 'health')?.detail).toContain('the running bridge')
    await answered(await mention(scribe, 'ECHO after the check'))
  })

  test('a second run offers what is there, and changes nothing', async () => {
    const before = readFileSync(person().config_path, 'utf8')
    const { out, code } = await person().runs(['init'], { typed: '\n'.repeat(20) })
    expect(code).toBe(0)
    for (const words of [
      `[${server.url}]`,
      '[fieldnote]',
      '[release-scribe]',
      '[scout]',
      'comms-bridge.yaml is as it should be',
    ])
      expect(out).toContain(words)
    expect(readFileSync(person().config_path, 'utf8')).toBe(before)
    expect(out).not.toContain(scribe.key)
  })
})

describe('a person who stops', () => {
  test.each([
    ['at a question', 'MC_URL', /Organization, as in/],
    ['at a hidden one', 'MC_ORG', /paste it\): /],
  ])('%s leaves nothing behind', async (_, variable, question) => {
    const env = variable === 'MC_ORG' ? { MC_URL: server.url, MC_ORG: 'fieldnote' } : { MC_URL: server.url }
    const person = new Newcomer(env)
    const terminal = person.atTerminal('init')
    await terminal.shows(question)
    terminal.type('\u0003')
    expect(await terminal.ended()).toBe(130)
    expect(terminal.output).toContain('Stopped. No configuration was written.')
    expect(person.files).toEqual([])
  })
})

describe('without a terminal', () => {
  test('the lines of the app and the configuration of OpenClaw are enough', async () => {
    const scout = await addAgent(admin, 'forge')
    const person = new Newcomer({ MC_URL: server.url, MC_ORG: 'fieldnote', MC_API_KEY: scout.key })
    mkdirSync(join(person.home, '.openclaw'))
    const openclaw = `{ gateway: { port: ${near.port}, auth: { mode: 'token', token: '${TOKEN}' } } } // mine`
    writeFileSync(join(person.home, '.openclaw/openclaw.json'), openclaw)
    const { out, err, code } = await person.runs(['init', '--yes'])
    expect([err, code]).toEqual(['', 0])
    expect(out).toContain('openclaw.json; it is not kept.')
    expect(out).toContain('posted in #general')
    expect(`${out}${readFileSync(person.config_path, 'utf8')}`).not.toContain(TOKEN)
    expect((await person.check()).code).toBe(0)
  })

  test('answers come from a pipe; a second agent is added beside the first', async () => {
    const [one, two] = [await addAgent(admin, 'pipe-one'), await addAgent(admin, 'pipe-two')]
    const person = new Newcomer({ OPENCLAW_GATEWAY_TOKEN: TOKEN })
    const first = await person.runs(['init'], {
      typed: `${server.url}\nfieldnote\n${one.key}\n${near.url}\n\nmain\nproject\n`,
    })
    expect([first.err, first.code]).toEqual(['', 0])
    expect(first.out).not.toContain(one.key)
    writeFileSync(person.config_path, `# my own words\n${readFileSync(person.config_path, 'utf8')}`)
    const env = { MC_URL: server.url, MC_ORG: 'fieldnote', MC_API_KEY: two.key }
    const second = await person.runs(['init'], { typed: '\n\n\ny\ny\n', env })
    expect([second.err, second.code]).toEqual(['', 0])
    expect(second.out).toContain('Its agent scout does the work')
    expect(readFileSync(person.config_path, 'utf8')).toStartWith('# my own words\n')
    const { code, steps } = await person.check()
    expect(code).toBe(0)
    expect(steps.filter(({ step }) => step === 'turn').map(({ agent }) => agent)).toEqual([
      'pipe-one',
      'pipe-two',
    ])
  })

  test.each<[string, Record<string, string>, number, string]>([
    ['without an address', { MC_URL: '' }, 2, 'Set MC_URL.'],
    ['without a key', { MC_API_KEY: '' }, 2, 'Set MC_API_KEY.'],
    ['with a wrong address', { MC_URL: 'http://127.0.0.1:1' }, 1, 'Nothing listens at 127.0.0.1, port 1.'],
    ['over plain HTTP to another machine', { MC_URL: 'http://192.0.2.1' }, 1, 'in clear text'],
    ['with a wrong key', { MC_API_KEY: 'mc_ak_live_no_no' }, 1, 'does not accept the key mc_ak_live_no_…'],
    ['with a key of another organization', { MC_ORG: 'other' }, 1, 'not in an organization "other"'],
    ['without a gateway', { OPENCLAW_GATEWAY_PORT: '1' }, 1, 'No gateway listens at 127.0.0.1, port 1.'],
    [
      'with a wrong token',
      { OPENCLAW_GATEWAY_TOKEN: 'wrong' },
      1,
      'not accept the token of OPENCLAW_GATEWAY_TOKEN',
    ],
    ['without a token', { OPENCLAW_GATEWAY_TOKEN: '' }, 1, 'The gateway wants its shared token'],
  ])('%s it ends with the reason, and writes nothing', async (_, env, code, words) => {
    const agent = await addAgent(admin, `refused-${crypto.randomUUID().slice(0, 8)}`)
    const person = new Newcomer({
      MC_URL: server.url,
      MC_ORG: 'fieldnote',
      MC_API_KEY: agent.key,
      OPENCLAW_GATEWAY_TOKEN: TOKEN,
      OPENCLAW_GATEWAY_PORT: String(near.port),
      ...env,
    })
    const ended = await person.runs(['init', '--yes'])
    expect(ended.err).toContain(words)
    expect(ended.err).not.toContain('    at ')
    expect(ended.code).toBe(code)
    expect(person.files).toEqual([])
  })

  test('what is there is kept, unless it is forced', async () => {
    const agent = await addAgent(admin, 'keeper')
    const person = new Newcomer({
      MC_URL: server.url,
      MC_ORG: 'fieldnote',
      MC_API_KEY: agent.key,
      OPENCLAW_GATEWAY_TOKEN: TOKEN,
      OPENCLAW_GATEWAY_PORT: String(near.port),
    })
    mkdirSync(join(person.home, '.config/mission-control-bridge'), { recursive: true })
    const mine = `mission_control: { url: "https://elsewhere.example.com" }\nagents: [{ name: a, api_key_env: A, org_slug: acme }]\n`
    for (const [text, words] of [
      [mine, 'is there already and stays as it is'],
      ['agents: []\n', 'has 2 problems'],
    ] as const) {
      writeFileSync(person.config_path, text)
      const kept = await person.runs(['init', '--yes'])
      expect(kept.err).toContain(words)
      expect(kept.code).toBe(2)
      expect(readFileSync(person.config_path, 'utf8')).toBe(text)
    }
    expect(await person.runs(['init', '--yes', '--force'])).toMatchObject({ err: '', code: 0 })
    expect(readFileSync(person.config_path, 'utf8')).toContain('name: keeper')
  })
})

describe('a check says what is wrong, with exit code 1', () => {
  let person: Newcomer
  let good = ''

  beforeAll(async () => {
    const agent = await addAgent(admin, 'checked')
    person = new Newcomer({
      MC_URL: server.url,
      MC_ORG: 'fieldnote',
      MC_API_KEY: agent.key,
      OPENCLAW_GATEWAY_TOKEN: TOKEN,
      OPENCLAW_GATEWAY_PORT: String(near.port),
    })
    expect((await person.runs(['init', '--yes'])).code).toBe(0)
    good = readFileSync(person.config_path, 'utf8')
  })

  test.each<[string, (text: string) => string, Step['step'], string]>([
    [
      'a mistyped setting',
      (text) => text.replace('org_slug:', 'org_slugg:'),
      'configuration',
      'has 2 problems',
    ],
    [
      'a key that is not there',
      (text) => text.replace('MC_KEY_CHECKED', 'MC_KEY_GONE'),
      'credentials',
      'MC_KEY_GONE',
    ],
    [
      'another organization',
      (text) => text.replace('fieldnote', 'other'),
      'key',
      'not in an organization "other"',
    ],
    [
      'a server that is away',
      (text) => text.replace(server.url, 'http://127.0.0.1:1'),
      'server',
      'Nothing listens',
    ],
    [
      'a gateway that is away',
      (text) => text.replace(near.url, 'ws://127.0.0.1:1'),
      'gateway',
      'No gateway listens',
    ],
    ['a gateway that does not know it', (text) => text.replace(near.url, far.url), 'gateway', ''],
    [
      'an agent that is not there',
      (text) => text.replace('gateway_agent: main', 'gateway_agent: ghost'),
      'gateway agent',
      'no agent "ghost"',
    ],
  ])('%s', async (_, change, step, words) => {
    writeFileSync(person.config_path, change(good))
    const { code, steps } = await person.check()
    const failed = steps.filter(({ state }) => state === 'fail')
    expect(failed.map((one) => one.step)).toEqual([step])
    expect(failed[0]?.detail).toContain(words)
    expect(code).toBe(1)
    const { out } = await person.runs(['check'])
    expect(out).toContain('FAIL')
    expect(out).toContain('1 step failed.')
  })
})
