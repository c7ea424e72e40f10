import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HealthReport } from '../../../bridge/src/health/report.ts'
import { Agent, addAgent, generalChannel, type Message, type Person, setUp } from '../../support/client.ts'
import { Program } from '../../support/program.ts'
import { freePort, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const TOKEN = 'mock-gateway-token'
/** A file over the limit of its process is an error of the write, as on a full disk, and no signal. */
const UNLIMITED = ['sh', '-c', `trap '' XFSZ; exec "$0" "$@"`]

export interface BridgeAgent {
  agent: Agent
  /** In YAML, below the agent. */
  settings?: Record<string, string | number | boolean>
}

/** One turn that the mock gateway was asked for. */
export interface Turn {
  run_id: string
  session_key: string
  prompt: string
  system_prompt: string | null
  final_ms: number | null
}

/** A real server, a mock gateway and a bridge, each a process of its own, and the people and agents of one org. */
export class World {
  readonly server: TestServer
  readonly admin: Person
  readonly general: string
  readonly folder: string
  readonly gateway: Program
  readonly bridge: Program
  /** What the bridge believes to be the server. */
  readonly #server_url: string
  readonly #gateway_port: number
  readonly #health_port: number
  #agents: BridgeAgent[] = []
  #control = 0
  #keys: Record<string, string> = {}

  private constructor(server: TestServer, admin: Person, general: string, server_url: string) {
    this.server = server
    this.admin = admin
    this.general = general
    this.#server_url = server_url
    this.folder = mkdtempSync(join(tmpdir(), 'mc-bridge-'))
    this.#gateway_port = freePort()
    this.#health_port = freePort()
    this.gateway = new Program([process.execPath, 'tests/support/mock-gateway/main.ts'], {
      PORT: String(this.#gateway_port),
      TOKEN,
      FOLDER: join(this.folder, 'gateway'),
      AGENTS: 'main,scout,eager',
    })
    const config = join(this.folder, 'comms-bridge.yaml')
    this.bridge = new Program(
      [...UNLIMITED, process.execPath, 'bridge/src/main.ts', 'run', '--config', config],
      {
        HOME: this.folder,
      },
    )
  }

  /** `through` may put something between the bridge and the server: it gets the server and answers the address for the bridge. */
  static async open(
    through: (server: TestServer) => Promise<string> | string = ({ url }) => url,
  ): Promise<World> {
    const server = await startServer()
    const admin = await setUp(server)
    const general = (await generalChannel(admin)).id
    return new World(server, admin, general, await through(server))
  }

  async close(): Promise<void> {
    await Promise.all([this.bridge.kill(), this.gateway.kill()])
    await this.server.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  get state_path(): string {
    return join(this.folder, 'state.db')
  }

  /** The state file as if it had never been. The bridge must not run. */
  loseState(): void {
    for (const name of readdirSync(this.folder))
      if (name.startsWith('state.db')) rmSync(join(this.folder, name))
  }

  get health_url(): string {
    return `http://127.0.0.1:${this.#health_port}`
  }

  /** A new agent of the org, and what the bridge is told about it. */
  async agent(name: string, settings: BridgeAgent['settings'] = {}): Promise<Agent> {
    const agent = await addAgent(this.admin, name)
    this.#agents.push({ agent, settings })
    return agent
  }

  /** Tells the bridge of an agent under another name as well, with the same key. */
  twin(name: string, { url, org, key, user }: Agent, settings: BridgeAgent['settings'] = {}): void {
    this.#agents.push({ agent: new Agent(url, org, key, { ...user, username: name }), settings })
  }

  /** Takes the last agent out of the configuration again. */
  forgetLast(): void {
    this.#agents.pop()
  }

  /** Writes the configuration for the agents so far. `keys` replaces keys, by agent. */
  configure(keys: Record<string, string> = this.#keys): void {
    this.#keys = keys
    const agents = this.#agents.flatMap(({ agent: { user, org }, settings = {} }) => [
      `  - name: ${user.username}`,
      `    api_key_env: KEY_${user.username.toUpperCase().replaceAll('-', '_')}`,
      `    org_slug: ${org}`,
      ...Object.entries(settings).map(([name, value]) => `    ${name}: ${value}`),
    ])
    const secrets = this.#agents.map(
      ({ agent: { user, key } }) =>
        `KEY_${user.username.toUpperCase().replaceAll('-', '_')}: ${keys[user.username] ?? key}`,
    )
    const secrets_path = join(this.folder, 'secrets.yaml')
    writeFileSync(secrets_path, [...secrets, `GATEWAY_TOKEN: ${TOKEN}`, ''].join('\n'), { mode: 0o600 })
    const lines = [
      'mission_control:',
      `  url: ${this.#server_url}`,
      'gateway:',
      `  url: ws://127.0.0.1:${this.#gateway_port}`,
      '  token_env: GATEWAY_TOKEN',
      'agents:',
      ...agents,
      'credentials:',
      '  provider: file',
      `  path: ${secrets_path}`,
      'state:',
      `  db_path: ${this.state_path}`,
      'health:',
      `  port: ${this.#health_port}`,
      'updates:',
      '  auto_check: false',
      '',
    ]
    writeFileSync(join(this.folder, 'comms-bridge.yaml'), lines.join('\n'))
  }

  async startGateway(faults: Record<string, unknown> = {}): Promise<void> {
    const { control } = await this.gateway.start({ FAULTS: JSON.stringify(faults) })
    this.#control = Number(control)
  }

  /** Starts the bridge without waiting for anything. */
  spawnBridge(): void {
    this.configure()
    this.bridge.spawn()
  }

  /** Starts the bridge; resolves when the events of all agents arrive. */
  async startBridge(test: object = {}): Promise<void> {
    this.configure()
    const from = this.bridge.output.length
    this.bridge.spawn({ MC_BRIDGE_TEST: JSON.stringify(test) })
    await until(
      async () => !this.bridge.running || (await this.isListening()),
      `the bridge to listen:\n${this.bridge.output.slice(from)}`,
    )
  }

  /** The health report; undefined while nobody answers. */
  async health(): Promise<HealthReport | undefined> {
    const answer = await fetch(`${this.health_url}/health`).catch(() => undefined)
    return answer && ((await answer.json()) as HealthReport)
  }

  async isListening(): Promise<boolean> {
    const agents = (await this.health())?.agents ?? []
    return agents.length > 0 && agents.every(({ stream }) => stream.mode === 'stream')
  }

  /** A second bridge with the same configuration, but for its port. */
  async second(): Promise<Program> {
    const config = join(this.folder, 'second.yaml')
    const text = readFileSync(join(this.folder, 'comms-bridge.yaml'), 'utf8')
    writeFileSync(config, text.replace(`port: ${this.#health_port}`, `port: ${freePort()}`))
    const second = new Program([process.execPath, 'bridge/src/main.ts', 'run', '--config', config], {
      HOME: this.folder,
    })
    second.spawn()
    return second
  }

  /** No file of the bridge may grow over so many bytes, as on a full disk. */
  async limitFiles(bytes: number | 'unlimited'): Promise<void> {
    await Bun.$`prlimit --pid ${this.bridge.pid} --fsize=${bytes}:unlimited`.quiet()
  }

  /** Asks the control port of the mock gateway. */
  async steer<T = unknown>(path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.#control}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return (await answer.json()) as T
  }

  /** Turns since the gateway's last start whose message has this text. */
  async turns(text: string): Promise<Turn[]> {
    return (await this.steer<Turn[]>('/turns')).filter(({ prompt }) => prompt.includes(text))
  }

  async say(
    content: string,
    more: { channel_id?: string; by?: Person; [field: string]: unknown } = {},
  ): Promise<Message> {
    const { channel_id = this.general, by = this.admin, ...fields } = more
    const { status, body } = await by.in<Message>('POST', `/channels/${channel_id}/messages`, {
      content,
      ...fields,
    })
    if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body
  }

  /** The latest messages of a channel, oldest first. */
  async messages(channel_id = this.general): Promise<Message[]> {
    const { body } = await this.admin.in<{ data: Message[] }>(
      'GET',
      `/channels/${channel_id}/messages?limit=200`,
    )
    return body.data.toReversed()
  }

  /** At most 200 messages of a channel, newest first, after leaving out `skip` of the newest. */
  async page(channel_id: string, skip = 0): Promise<Message[]> {
    const [newest] = (await this.messages(channel_id)).slice(-1)
    const before = (newest?.seq ?? 0) + 1 - skip
    if (before <= 1) return []
    const path = `/channels/${channel_id}/messages?limit=200&before=${before}`
    return (await this.admin.in<{ data: Message[] }>('GET', path)).body.data
  }

  async message({ channel_id, seq }: Message): Promise<Message> {
    const { body } = await this.admin.in<{ data: Message[] }>(
      'GET',
      `/channels/${channel_id}/messages?before=${seq + 1}&limit=1`,
    )
    return body.data[0]!
  }

  /** A task of the admin that is assigned to agents; tells them by a notice. */
  async assign(title: string, agents: readonly Agent[], project_ids: readonly string[] = []): Promise<void> {
    const assignee_ids = agents.map(({ user }) => user.id)
    const { status, body } = await this.admin.in('POST', '/tasks', { title, assignee_ids, project_ids })
    if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  }

  /** Oldest first, however much was said since. */
  async answersTo({ id, channel_id, seq }: Message): Promise<Message[]> {
    const answers: Message[] = []
    for (let from: string | null = `after=${seq}`; from !== null; ) {
      const path: string = `/channels/${channel_id}/messages?limit=200&${from}`
      const { body } = await this.admin.in<{ data: Message[]; next_cursor: string | null }>('GET', path)
      answers.push(...body.data.filter(({ reply_to }) => reply_to === id).toReversed())
      from = body.next_cursor === null ? null : `cursor=${body.next_cursor}`
    }
    return answers
  }

  /** Waits for the first answer to a message. */
  async answer(message: Message): Promise<Message> {
    let found: Message | undefined
    await until(
      async () => {
        found = (await this.answersTo(message))[0]
        return found !== undefined
      },
      `an answer to "${message.content.slice(0, 60)}"; the bridge said:\n${this.bridge.output.slice(-4_000)}\n`,
    )
    return found!
  }

  /** Waits until the delivery of a message to an agent is in a state. */
  async delivered(message: Message, agent: Agent, state: string): Promise<Message['deliveries'][number]> {
    let found: Message['deliveries'][number] | undefined
    await until(
      async () => {
        const { deliveries } = await this.message(message)
        found = deliveries.find(({ agent_id }) => agent_id === agent.user.id)
        return found?.state === state
      },
      `the delivery to be ${state}; the bridge said:\n${this.bridge.output.slice(-4_000)}\n`,
    )
    return found!
  }
}

export { ROOT }
