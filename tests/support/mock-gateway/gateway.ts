/**
 * A gateway with the shape of the real one, as far as a bridge meets it; see faults.ts for what can be wrong with it. With
 * a folder, sessions, transcripts and devices survive a restart; turns, keys and connections do not.
 */
import { mkdirSync } from 'node:fs'
import type { Server, ServerWebSocket } from 'bun'
import { type Faults, NO_FAULTS } from './faults.ts'
import { call, type House, type Params, type Refusal, type Reply } from './methods.ts'
import { Pairing, type Presented } from './pairing.ts'
import { recover } from './recovery.ts'
import { Transcript } from './transcript.ts'
import { agentOf, type TurnLog, Turns } from './turns.ts'

export interface MockGatewayOptions {
  token?: string
  /** 0 or nothing for a free one. */
  port?: number
  /** A second port whose connections count as coming from another machine; none without. */
  remote_port?: number
  /** Where its memory is kept over restarts; nothing is kept without. */
  folder?: string
  agents?: readonly string[]
  faults?: Partial<Faults>
  /** Sees each frame, `in` from the client and `out` to it. */
  tap?(direction: 'in' | 'out', frame: unknown): void
}

interface Peer {
  remote: boolean
  nonce: string
  scopes: string[] | null
  seq: number
}

type Socket = ServerWebSocket<Peer>

interface RequestFrame {
  id: string
  method: string
  params?: Params
}

const UNAUTHORIZED = 1008
const CONNECT_PARAMS = new Set(
  'minProtocol maxProtocol role scopes caps client auth device userAgent locale commands permissions pathEnv'.split(
    ' ',
  ),
)

export class MockGateway {
  readonly boot_id = crypto.randomUUID()
  readonly token: string
  readonly faults: Faults
  readonly #options: MockGatewayOptions
  readonly #house: House
  readonly #pairing: Pairing
  readonly #sockets = new Set<Socket>()
  readonly #servers: Server<Peer>[]
  readonly #stopRecovery: () => void
  #ticks: ReturnType<typeof setInterval> | undefined
  #connections = 0

  constructor(options: MockGatewayOptions = {}) {
    this.#options = options
    this.token = options.token ?? 'mock-gateway-token'
    this.faults = { ...NO_FAULTS, ...options.faults }
    if (options.folder) mkdirSync(options.folder, { recursive: true })
    const transcript = new Transcript(options.folder)
    const faults = () => this.faults
    const turns = new Turns(transcript, faults, (event, payload) => this.broadcast(event, payload))
    const agents = options.agents ?? ['main', 'scout']
    this.#house = { transcript, turns, agents, faults, commands: new Map() }
    this.#pairing = new Pairing(this.token, options.folder)
    const { port, remote_port } = options
    this.#servers = [this.#listen(port ?? 0, false)]
    if (remote_port !== undefined) this.#servers.push(this.#listen(remote_port, true))
    this.#stopRecovery = recover(transcript, turns, this.faults.recovery_ms, this.faults.version)
    this.#tick()
  }

  get port(): number {
    return this.#servers[0]?.port ?? 0
  }

  /** 0 without one. */
  get remote_port(): number {
    return this.#servers[1]?.port ?? 0
  }

  get remote_url(): string {
    return `ws://127.0.0.1:${this.remote_port}`
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  /** Turns and resumed turns that were asked for since the start. */
  get turns(): readonly TurnLog[] {
    return this.#house.turns.log
  }

  /** Connections that said hello, and sockets that are open now. */
  get connections(): { opened: number; open: number } {
    return { opened: this.#connections, open: this.#sockets.size }
  }

  set(faults: Partial<Faults>): void {
    Object.assign(this.faults, faults)
    this.#tick()
  }

  /** `openclaw devices approve <request id>`. */
  approve(request_id: string): boolean {
    return this.#pairing.approve(request_id)
  }

  get pairing_requests(): string[] {
    return this.#pairing.requests()
  }

  revokeDevices(): void {
    this.#pairing.revokeAll()
  }

  /** The gateway speaks by itself on a session, as when a sub-agent of its own has finished. */
  announce(session_key: string, text: string): string {
    const run_id = `announce:v1:agent:${agentOf(session_key)}:subagent:${crypto.randomUUID()}`
    this.#house.transcript.ensure(session_key)
    this.#house.transcript.add(session_key, { role: 'assistant', key: null, run_id, text })
    this.#house.turns.final(session_key, run_id, text, 1)
    return run_id
  }

  /** Sends an event to everybody who may read. */
  broadcast(event: string, payload: object): void {
    for (const socket of this.#sockets) {
      if (!socket.data.scopes?.includes('operator.read')) continue
      if (this.faults.garbage) socket.send('{"type":"event","event":')
      this.#send(socket, { type: 'event', event, payload, seq: ++socket.data.seq })
    }
  }

  /** Closes all connections, e.g. with 1012; the gateway goes on. */
  dropAll(code = 1006): void {
    for (const socket of [...this.#sockets]) {
      if (code === 1006) socket.terminate()
      else socket.close(code, code === 1012 ? 'service restart' : '')
    }
  }

  /** Says goodbye and stops; what is in memory is gone. */
  async stop(): Promise<void> {
    this.broadcast('shutdown', { reason: 'gateway stopping' })
    this.dropAll(1012)
    await this.kill()
  }

  /** Stops without a word. A process would be killed with SIGKILL. */
  async kill(): Promise<void> {
    this.#house.turns.close()
    this.#stopRecovery()
    clearInterval(this.#ticks)
    this.dropAll()
    await Promise.all(this.#servers.map((server) => server.stop(true)))
    this.#house.transcript.close()
  }

  #listen(port: number, remote: boolean): Server<Peer> {
    return Bun.serve<Peer>({
      hostname: '127.0.0.1',
      port,
      fetch: (request, server) => {
        const { pathname } = new URL(request.url)
        if (pathname === '/healthz') return new Response('ok')
        if (pathname === '/readyz') return new Response('', { status: this.faults.starting ? 503 : 200 })
        const data: Peer = { remote, nonce: crypto.randomUUID(), scopes: null, seq: 0 }
        return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 404 })
      },
      websocket: {
        maxPayloadLength: 25 * 1024 * 1024,
        open: (socket) => {
          this.#sockets.add(socket)
          const payload = { nonce: socket.data.nonce, ts: Date.now() }
          this.#send(socket, { type: 'event', event: 'connect.challenge', payload })
        },
        message: (socket, text) => void this.#heard(socket, String(text)),
        close: (socket) => void this.#sockets.delete(socket),
      },
    })
  }

  async #heard(socket: Socket, text: string): Promise<void> {
    const frame = JSON.parse(text) as RequestFrame
    this.#options.tap?.('in', frame)
    const { id, method, params = {} } = frame
    if (method === 'connect') this.#connect(socket, id, params)
    else if (!socket.data.scopes) socket.close(UNAUTHORIZED, 'connect first')
    else if (!this.faults.mute.includes(method)) {
      const needed = WRITES.has(method) ? 'operator.write' : 'operator.read'
      const reply = socket.data.scopes.includes(needed)
        ? await call(this.#house, method, params)
        : missingScope(needed)
      this.#answer(socket, id, reply)
      const second = await reply.second
      if (second && !this.faults.lost_second_answer) this.#answer(socket, id, second)
    }
  }

  #connect(socket: Socket, id: string, params: Params): void {
    const refuse = (error: Refusal, code: number) => {
      this.#answer(socket, id, { ok: false, error })
      socket.close(code, error.message.slice(0, 100))
    }
    const unexpected = Object.keys(params).find((name) => !CONNECT_PARAMS.has(name))
    if (unexpected) refuse({ code: 'INVALID_REQUEST', message: `unexpected property '${unexpected}'` }, 1008)
    else if (this.faults.starting)
      refuse(
        {
          code: 'UNAVAILABLE',
          message: 'gateway starting',
          details: { reason: 'startup-sidecars' },
          retryable: true,
          retryAfterMs: 500,
        },
        1013,
      )
    else if (Number(params.minProtocol) > 4 || Number(params.maxProtocol) < 4)
      refuse(
        { code: 'INVALID_REQUEST', message: 'protocol mismatch', details: { code: 'PROTOCOL_MISMATCH' } },
        1002,
      )
    else this.#admit(socket, id, presentedOf(params), refuse)
  }

  #admit(
    socket: Socket,
    id: string,
    presented: Presented,
    refuse: (error: Refusal, code: number) => void,
  ): void {
    const admission = this.#pairing.admit(
      presented,
      socket.data.nonce,
      socket.data.remote || this.faults.remote,
    )
    if (!admission.ok) {
      const { code, message, details } = admission
      refuse({ code, message, details }, UNAUTHORIZED)
      return
    }
    socket.data.scopes = admission.scopes
    this.#connections++
    const { version, protocol, tick_ms } = this.faults
    const given = presented.client.mode === 'backend' ? undefined : admission.device_token
    const payload = {
      type: 'hello-ok',
      protocol,
      server: { version, bootId: this.boot_id, connId: crypto.randomUUID() },
      features: { methods: [], events: [] },
      snapshot: { presence: [], health: {}, stateVersion: { presence: 0, health: 0 }, uptimeMs: 1 },
      auth: {
        role: 'operator',
        scopes: admission.scopes,
        ...(given === undefined ? {} : { deviceToken: given, issuedAtMs: Date.now() }),
      },
      policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: tick_ms },
    }
    this.#answer(socket, id, { ok: true, payload })
  }

  #answer(socket: Socket, id: string, { ok, payload, error }: Reply): void {
    const frame = { type: 'res', id, ok, ...(payload ? { payload } : {}), ...(error ? { error } : {}) }
    this.#send(socket, frame)
  }

  #send(socket: Socket, frame: object): void {
    this.#options.tap?.('out', frame)
    socket.send(JSON.stringify(frame))
  }

  #tick(): void {
    clearInterval(this.#ticks)
    if (this.faults.silent) return
    this.#ticks = setInterval(() => this.broadcast('tick', { ts: Date.now() }), this.faults.tick_ms)
  }
}

const WRITES = new Set([
  'agent',
  'agent.wait',
  'chat.send',
  'chat.abort',
  'sessions.create',
  'sessions.patch',
])

function missingScope(scope: string): Reply {
  const details = { code: 'MISSING_SCOPE', missingScope: scope, requiredScopes: [scope] }
  return { ok: false, error: { code: 'FORBIDDEN', message: `missing scope: ${scope}`, details } }
}

function presentedOf(params: Params): Presented {
  const { role, scopes, client, auth, device } = params as Partial<Presented> & { auth?: { token?: string } }
  return {
    role: role ?? 'operator',
    scopes: scopes ?? [],
    token: auth?.token ?? '',
    client: client ?? { id: 'test', mode: 'test', platform: 'linux' },
    device,
  }
}
