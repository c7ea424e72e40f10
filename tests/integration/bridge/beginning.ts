import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
/** The shared token of both gateways. */
export const TOKEN = 'shared-token-of-the-gateway'

/** A person with nothing: an empty home. */
export class Newcomer {
  readonly home: string
  readonly env: Record<string, string>

  readonly #programs: { kill(): Promise<void> }[] = []

  constructor(home: string, env: Record<string, string>) {
    this.home = home
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
    this.#programs.push(terminal)
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
    this.#programs.push(program)
    program.spawn()
    await until(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
      const body = await answer?.json()
      return body?.status === 'ok'
    }, `the bridge to be ready:\n${program.output}`)
  }

  async leave(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()))
  }
}

/** A real server and two mock gateways, each a process of its own, for people who begin. */
export class Beginning {
  readonly server: TestServer
  readonly admin: Person
  /** Takes connections as from this machine: a device with the shared token is approved at once. */
  readonly near: GatewayProcess
  /** As from another machine: a device waits for its approval. */
  readonly far: GatewayProcess
  readonly #folder: string
  readonly #general: string
  readonly #people: Newcomer[] = []

  private constructor(
    parts: Pick<Beginning, 'server' | 'admin' | 'near' | 'far'>,
    folder: string,
    general: string,
  ) {
    this.server = parts.server
    this.admin = parts.admin
    this.near = parts.near
    this.far = parts.far
    this.#folder = folder
    this.#general = general
  }

  static async open(): Promise<Beginning> {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-first-start-'))
    const server = await startServer()
    const admin = await setUp(server)
    const mock = (name: string, remote: boolean) =>
      startMockGateway({ folder: join(folder, name), token: TOKEN, faults: { remote } })
    const parts = { server, admin, near: await mock('near', false), far: await mock('far', true) }
    return new Beginning(parts, folder, (await generalChannel(admin)).id)
  }

  async close(): Promise<void> {
    await Promise.all(this.#people.map((person) => person.leave()))
    await Promise.all([this.near.stop(), this.far.stop()])
    await this.server.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  newcomer(env: Record<string, string> = {}): Newcomer {
    const person = new Newcomer(mkdtempSync(join(this.#folder, 'home-')), env)
    this.#people.push(person)
    return person
  }

  /** A new agent, and somebody on the machine of the near gateway who has all that is needed to connect it. */
  async prepared(name: string, env: Record<string, string> = {}): Promise<Newcomer> {
    const { key } = await addAgent(this.admin, name)
    return this.newcomer({
      MC_URL: this.server.url,
      MC_ORG: 'fieldnote',
      MC_API_KEY: key,
      OPENCLAW_GATEWAY_TOKEN: TOKEN,
      OPENCLAW_GATEWAY_PORT: String(this.near.port),
      ...env,
    })
  }

  /** What the app shows of the client of an agent. */
  async seen({ user }: Agent): Promise<User['client']> {
    const { body } = await this.admin.in<{ data: User[] }>('GET', '/users?per_page=100')
    return body.data.find(({ id }) => id === user.id)?.client
  }

  /** Newest first. */
  async messages(): Promise<Message[]> {
    const path = `/channels/${this.#general}/messages?limit=100`
    return (await this.admin.in<{ data: Message[] }>('GET', path)).body.data
  }

  async mention({ user }: Agent, text: string): Promise<Message> {
    const content = `@${user.username} ${text}`
    const path = `/channels/${this.#general}/messages`
    return (await this.admin.in<Message>('POST', path, { content })).body
  }

  async answered({ id }: Message): Promise<void> {
    await until(async () => (await this.messages()).some(({ reply_to }) => reply_to === id), 'an answer')
  }
}
