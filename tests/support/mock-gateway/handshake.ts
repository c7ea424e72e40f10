/** What a mock gateway answers to `connect`. */
import { forbidden, type Params, type Refusal, type Reply } from './answers.ts'
import type { Faults } from './faults.ts'
import type { Pairing, Presented } from './pairing.ts'

export interface Visitor {
  /** Of the challenge. */
  nonce: string
  /** Comes from another machine. */
  remote: boolean
}

/** `close`: the code with which a connection ends that was not let in. */
export type Handshake = { reply: Reply; scopes: string[] } | { reply: Reply; close: number }

const PROTOCOL = 4
const CLOSED = [
  'minProtocol',
  'maxProtocol',
  'role',
  'scopes',
  'caps',
  'client',
  'auth',
  'device',
  'userAgent',
]

const STARTING: Refusal = {
  code: 'UNAVAILABLE',
  message: 'gateway starting',
  details: { reason: 'startup-sidecars' },
  retryable: true,
  retryAfterMs: 500,
}

export function handshake(
  params: Params,
  visitor: Visitor,
  house: { boot_id: string; faults: Faults; pairing: Pairing },
): Handshake {
  const { faults, pairing } = house
  const unexpected = Object.keys(params).find((name) => !CLOSED.includes(name))
  if (unexpected)
    return refused({ code: 'INVALID_REQUEST', message: `unexpected property '${unexpected}'` }, 1008)
  if (faults.starting) return refused(STARTING, 1013)
  if (Number(params.minProtocol) > PROTOCOL || Number(params.maxProtocol) < PROTOCOL) {
    const details = { code: 'PROTOCOL_MISMATCH', expectedProtocol: PROTOCOL }
    return refused({ code: 'INVALID_REQUEST', message: 'protocol mismatch', details }, 1002)
  }
  const presented = presentedOf(params)
  const admission = pairing.admit(presented, visitor.nonce, visitor.remote || faults.remote)
  if (!admission.ok) {
    const { code, message, details } = admission
    return refused({ code, message, details }, 1008)
  }
  const { scopes } = admission
  const backend = presented.client.mode === 'backend'
  const payload = helloOk(house.boot_id, faults, scopes, backend ? undefined : admission.device_token)
  return { reply: { ok: true, payload }, scopes }
}

function refused(error: Refusal, close: number): Handshake {
  return { reply: { ok: false, error }, close }
}

function helloOk(boot_id: string, faults: Faults, scopes: string[], device_token: string | undefined) {
  const { version, protocol, tick_ms } = faults
  const token = device_token === undefined ? {} : { deviceToken: device_token, issuedAtMs: Date.now() }
  return {
    type: 'hello-ok',
    protocol,
    server: { version, bootId: boot_id, connId: crypto.randomUUID() },
    features: { methods: [], events: [] },
    snapshot: { presence: [], health: {}, stateVersion: { presence: 0, health: 0 }, uptimeMs: 1 },
    auth: { role: 'operator', scopes, ...token },
    policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: tick_ms },
  }
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

const READS = ['agents.list', 'chat.history', 'sessions.describe']

/** The refusal of a method for which a connection lacks the scope. */
export function scopeProblem(method: string, scopes: readonly string[]): Reply | undefined {
  const needed = READS.includes(method) ? 'operator.read' : 'operator.write'
  return scopes.includes(needed) ? undefined : forbidden(needed)
}
