/** How the bridge introduces itself to a gateway, and what a refusal of that means. */
import type { Device } from './device.ts'
import type { WireError } from './frames.ts'
import { countOf, type JsonObject, nameOf, objectOf } from './json.ts'
import type { LinkRefusal } from './port.ts'
import { OLDEST_GATEWAY, PROTOCOL, unsupported } from './versions.ts'

/**
 * `token`: the shared token of the gateway, for a bridge on the gateway's own machine. `device`: a paired device; the shared
 * token is sent until the gateway has given a device token, and never after that.
 */
export type GatewayAuth =
  | { kind: 'token'; token: string }
  | { kind: 'device'; device: Device; shared_token: string | null }

export interface Challenge {
  nonce: string
  /** Milliseconds since 1970, of the gateway's clock. */
  ts: number
}

export interface Hello {
  boot_id: string
  version: string
  protocol: number
  /** A larger frame is refused by the gateway. */
  payload_bytes_max: number
  tick_ms: number
  device_token: string | undefined
}

const ROLE = 'operator'
const SCOPES = ['operator.read', 'operator.write'] as const
const TICK_MS = 30_000
/** Silence is judged by the gateway's own interval: one beyond these bounds would end every connection, or none. */
const TICK_MS_MIN = 50
const TICK_MS_MAX = 5 * 60_000
const PAYLOAD_BYTES = 25 * 1024 * 1024

/**
 * The gateway did not let the connection in. `refusal` is null when a later attempt may succeed without anybody's doing.
 */
export class ConnectFailed extends Error {
  override name = 'ConnectFailed'
  readonly refusal: LinkRefusal | null
  readonly retry_after_ms: number
  /** The device token is not valid any more. */
  readonly token_revoked: boolean
  /** What a person types to have this device approved; undefined for every other refusal. */
  readonly approve_command: string | undefined

  constructor(
    message: string,
    more: {
      refusal?: LinkRefusal
      retry_after_ms?: number
      token_revoked?: boolean
      approve_command?: string
    } = {},
  ) {
    super(message)
    this.refusal = more.refusal ?? null
    this.retry_after_ms = more.retry_after_ms ?? 0
    this.token_revoked = more.token_revoked ?? false
    this.approve_command = more.approve_command
  }
}

/** Parameters of `connect`: closed, so only what every supported version knows. */
export function connectParams(auth: GatewayAuth, challenge: Challenge, version: string): JsonObject {
  const platform = process.platform
  const [client_id, client_mode] = auth.kind === 'token' ? ['gateway-client', 'backend'] : ['cli', 'cli']
  const token = auth.kind === 'token' ? auth.token : (auth.device.token ?? auth.shared_token ?? '')
  return {
    minProtocol: PROTOCOL,
    maxProtocol: PROTOCOL,
    role: ROLE,
    scopes: SCOPES,
    caps: [],
    client: {
      id: client_id,
      version,
      platform,
      mode: client_mode,
      displayName: 'Mission Control bridge',
    },
    userAgent: `mission-control-bridge/${version}`,
    ...(token === '' ? {} : { auth: { token } }),
    ...(auth.kind === 'token' ? {} : { device: proof(auth.device) }),
  }

  function proof(device: Device): JsonObject {
    const of = { client_id, client_mode, role: ROLE, scopes: SCOPES, platform, token }
    const signature = device.prove({ ...of, signed_at: challenge.ts, nonce: challenge.nonce })
    const { id, public_key } = device
    return { id, publicKey: public_key, signature, signedAt: challenge.ts, nonce: challenge.nonce }
  }
}

/** Undefined when a challenge lacks what a proof needs. */
export function challengeOf(payload: JsonObject): Challenge | undefined {
  const nonce = nameOf(payload.nonce)
  const ts = countOf(payload.ts)
  return nonce === undefined || ts === undefined ? undefined : { nonce, ts }
}

/** Reads `hello-ok`. Throws {@link ConnectFailed} for a gateway outside the supported range or without our scopes. */
export function helloOf(payload: JsonObject): Hello {
  const server = objectOf(payload.server)
  const policy = objectOf(payload.policy)
  const auth = objectOf(payload.auth)
  const version = nameOf(server.version) ?? 'of an unknown version'
  const protocol = countOf(payload.protocol) ?? 0
  const problem = unsupported(version, protocol)
  if (problem) throw new ConnectFailed(problem, { refusal: protocol === PROTOCOL ? 'version' : 'protocol' })
  const granted: readonly unknown[] = Array.isArray(auth.scopes) ? auth.scopes : []
  const missing = SCOPES.filter((scope) => !granted.includes(scope))
  if (missing.length > 0)
    throw new ConnectFailed(
      `The gateway grants no ${missing.join(' and no ')}. The shared token gives scopes on the gateway's own machine only; pair this bridge as a device.`,
      { refusal: 'scope' },
    )
  const boot_id = nameOf(server.bootId)
  if (!boot_id)
    throw new ConnectFailed(`The gateway ${version} names no boot id; ${OLDEST_GATEWAY} or newer does.`, {
      refusal: 'version',
    })
  return {
    boot_id,
    version,
    protocol,
    payload_bytes_max: countOf(policy.maxPayload) || PAYLOAD_BYTES,
    tick_ms: Math.min(Math.max(countOf(policy.tickIntervalMs) || TICK_MS, TICK_MS_MIN), TICK_MS_MAX),
    device_token: nameOf(auth.deviceToken),
  }
}

/** Ids that are safe to show inside a command, as the gateway's own clients require them. */
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

/** What the refusal of `connect` means; the texts say what a person can do. */
export function connectFailed(error: WireError): ConnectFailed {
  const detail = error.detail ?? ''
  if (detail === 'PAIRING_REQUIRED') return pairingRequired(error.request_id)
  if (detail === 'PROTOCOL_MISMATCH')
    return new ConnectFailed(
      `The gateway speaks protocol ${error.expected_protocol ?? 'of another number'}; this bridge speaks protocol ${PROTOCOL}, of OpenClaw ${OLDEST_GATEWAY} and newer.`,
      { refusal: 'protocol' },
    )
  if (detail === 'AUTH_SCOPE_MISMATCH')
    return new ConnectFailed(
      `The gateway approved this device for less than ${SCOPES.join(' and ')}. Approve it again: openclaw devices list`,
      { refusal: 'scope' },
    )
  if (detail === 'AUTH_RATE_LIMITED' || error.code === 'UNAVAILABLE' || error.retryable)
    return new ConnectFailed(`The gateway is not ready: ${error.message}`, {
      retry_after_ms: error.retry_after_ms,
    })
  if (detail === 'AUTH_TOKEN_MISSING')
    return new ConnectFailed(
      'The gateway wants a token, and this bridge is not paired yet: run mc-bridge init, or name the gateway token in gateway.token_env.',
      { refusal: 'unauthorized' },
    )
  if (/^(AUTH|DEVICE)/.test(detail))
    return new ConnectFailed(`The gateway refused the credential (${detail}): ${error.message}`, {
      refusal: 'unauthorized',
      token_revoked: /^AUTH_(DEVICE_)?TOKEN_MISMATCH$/.test(detail),
    })
  return new ConnectFailed(`The gateway refused the connection: ${error.code} ${error.message}`, {
    refusal: 'protocol',
  })
}

function pairingRequired(request_id: string | undefined): ConnectFailed {
  const command =
    request_id && REQUEST_ID.test(request_id)
      ? `openclaw devices approve ${request_id}`
      : 'openclaw devices list'
  return new ConnectFailed(
    `The gateway has not approved this bridge yet. Run on the gateway's machine: ${command}`,
    { refusal: 'pairing_required', approve_command: command },
  )
}
