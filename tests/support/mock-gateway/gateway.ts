/**
 * A gateway with the shape of the real one, as far as a bridge meets it; see faults.ts for what can be wrong with it. With
 * a folder, sessions, transcripts and devices survive a restart; turns, keys and connections do not.
 */
import { mkdirSync } from 'node:fs'
import type { Server, ServerWebSocket } from 'bun'
import type { Params, Reply } from './answers.ts'
import { type Faults, NO_FAULTS } from './faults.ts'
import { Gates } from './gates.ts'
import { handshake, scopeProblem, type Visitor } from './handshake.ts'
import { call, type House } from './methods.ts'
import { Pairing } from './pairing.ts'
import { recover } from './recovery.ts'
import { Transcript } from './transcript.ts'
import { agentOf } from './turn-events.ts'
import { type TurnLog, Turns } from './turns.ts'

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
  /** For prompts with `HOLD`. */
  gates?: Gates
  /** Sees each frame, `in` from the client and `out` to it; ids of requests are unique in their connection only. */
  tap?(direction: 'in' | 'out', frame: unknown, connection: object): void
}

interface Peer extends Visitor {
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
    const turns = new Turns(transcript, faults, options.gates ?? new Gates(), (event, payload) =>
      this.broadcast(event, payload),
    )
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

  get sessions(): { key: string; model: string | null; archived: boolean }[] {
    const all = this.#house.transcript.sessions()
    return all.map(({ key, model, archived }) => ({ key, model, archived: archived === 1 }))
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

  /** `openclaw devices remove <device id>`. */
  removeDevice(device_id: string): void {
    this.#pairing.remove(device_id)
  }

  revokeDevices(): void {
    this.#pairing.revokeAll()
  }

  /** The gateway speaks by itself on a session, as when a sub-agent of its own has finished. */
  announce(session_key: string, text: string): string {
    const run_id = `announce:v1:agent:${agentOf(session_key)}:subagent:${crypto.randomUUID()}`
    this.#house.transcript.ensure(session_key)
    this.#house.transcript.add(session_key, { role: 'assistant', key: null, run_id, text })
    this.#house.turns.say(session_key, run_id, text)
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
    this.#options.tap?.('in', frame, socket.data)
    const { id, method, params = {} } = frame
    if (method === 'connect') this.#connect(socket, id, params)
    else if (!socket.data.scopes) socket.close(UNAUTHORIZED, 'connect first')
    else if (!this.faults.mute.includes(method)) {
      const reply = scopeProblem(method, socket.data.scopes) ?? (await call(this.#house, method, params))
      this.#answer(socket, id, reply)
      const second = await reply.second
      if (second && !this.faults.lost_second_answer) this.#answer(socket, id, second)
    }
  }

  #connect(socket: Socket, id: string, params: Params): void {
    const { boot_id, faults } = this
    const done = handshake(params, socket.data, { boot_id, faults, pairing: this.#pairing })
    this.#answer(socket, id, done.reply)
    if ('close' in done) socket.close(done.close, done.reply.error?.message.slice(0, 100))
    else {
      socket.data.scopes = done.scopes
      this.#connections++
    }
  }

  #answer(socket: Socket, id: string, { ok, payload, error }: Reply): void {
    const frame = { type: 'res', id, ok, ...(payload ? { payload } : {}), ...(error ? { error } : {}) }
    this.#send(socket, frame)
  }

  #send(socket: Socket, frame: object): void {
    this.#options.tap?.('out', frame, socket.data)
    socket.send(JSON.stringify(frame))
  }

  #tick(): void {
    clearInterval(this.#ticks)
    if (this.faults.silent) return
    this.#ticks = setInterval(() => this.broadcast('tick', { ts: Date.now() }), this.faults.tick_ms)
  }
}
