/** Who may connect to a mock gateway: the shared token, and devices with a key of their own and an approval. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface DeviceRecord {
  id: string
  /** Null while it waits for an approval. */
  token: string | null
  scopes: string[]
  request_id: string
}

export interface Presented {
  role: string
  scopes: string[]
  token: string
  client: { id: string; mode: string; platform: string }
  device?: { id: string; publicKey: string; signature: string; signedAt: number; nonce: string } | undefined
}

export type Admission =
  | { ok: true; scopes: string[]; device_token?: string }
  | { ok: false; code: string; message: string; details: Record<string, unknown> }

export class Pairing {
  readonly #devices = new Map<string, DeviceRecord>()
  readonly #path: string | undefined
  readonly #shared_token: string

  constructor(shared_token: string, folder?: string) {
    this.#shared_token = shared_token
    this.#path = folder && join(folder, 'devices.json')
    if (!this.#path || !existsSync(this.#path)) return
    const stored = JSON.parse(readFileSync(this.#path, 'utf8')) as DeviceRecord[]
    for (const device of stored) this.#devices.set(device.id, device)
  }

  /** What `openclaw devices approve <request id>` does. False for an unknown request. */
  approve(request_id: string): boolean {
    const device = [...this.#devices.values()].find(
      (record) => record.request_id === request_id && record.token === null,
    )
    if (!device) return false
    device.token = crypto.randomUUID()
    this.#save()
    return true
  }

  /** Requests that wait for an approval. */
  requests(): string[] {
    return [...this.#devices.values()].filter((d) => d.token === null).map((d) => d.request_id)
  }

  /** What `openclaw devices remove <device id>` does. */
  remove(device_id: string): void {
    this.#devices.delete(device_id)
    this.#save()
  }

  /** Forgets the devices: their tokens do not hold any more. */
  revokeAll(): void {
    this.#devices.clear()
    this.#save()
  }

  admit(presented: Presented, nonce: string, remote: boolean): Admission {
    const { device, token } = presented
    if (!device) return this.#withoutDevice(presented, remote)
    const problem = proofProblem(presented, nonce)
    if (problem) return refusal('INVALID_REQUEST', 'device signature invalid', { code: problem })
    const known = this.#devices.get(device.id)
    if (token === '') return missing()
    if (token !== this.#shared_token)
      return known?.token === token ? granted(known, presented) : mismatch('device_token_mismatch')
    if (known?.token) return granted(known, presented)
    if (!remote) return this.#approveAtOnce(presented, device.id)
    const record = known ?? this.#request(device.id, presented.scopes)
    return refusal('NOT_PAIRED', 'pairing required: device is not approved yet', {
      code: 'PAIRING_REQUIRED',
      reason: 'not-paired',
      requestId: record.request_id,
      deviceId: device.id,
      requestedRole: presented.role,
      requestedScopes: presented.scopes,
    })
  }

  #withoutDevice({ client, token, scopes }: Presented, remote: boolean): Admission {
    if (token === '')
      return refusal('NOT_PAIRED', 'device identity required', { code: 'DEVICE_IDENTITY_REQUIRED' })
    if (token !== this.#shared_token) return mismatch('token_mismatch')
    const trusted = ['gateway-client/backend', 'cli/cli'].includes(`${client.id}/${client.mode}`)
    return { ok: true, scopes: trusted && !remote ? scopes : [] }
  }

  #approveAtOnce(presented: Presented, id: string): Admission {
    if (presented.client.mode === 'backend') return { ok: true, scopes: presented.scopes }
    const record = this.#request(id, presented.scopes)
    this.approve(record.request_id)
    return granted(record, presented)
  }

  #request(id: string, scopes: string[]): DeviceRecord {
    const record = { id, token: null, scopes, request_id: crypto.randomUUID() }
    this.#devices.set(id, record)
    this.#save()
    return record
  }

  #save(): void {
    if (this.#path) writeFileSync(this.#path, JSON.stringify([...this.#devices.values()]))
  }
}

function granted(record: DeviceRecord, { scopes }: Presented): Admission {
  if (!scopes.every((scope) => record.scopes.includes(scope)))
    return refusal('INVALID_REQUEST', 'unauthorized: scope mismatch', { code: 'AUTH_SCOPE_MISMATCH' })
  return { ok: true, scopes, device_token: record.token! }
}

function missing(): Admission {
  return refusal('INVALID_REQUEST', 'unauthorized: gateway token missing', { code: 'AUTH_TOKEN_MISSING' })
}

function mismatch(authReason: string): Admission {
  const code = authReason === 'token_mismatch' ? 'AUTH_TOKEN_MISMATCH' : 'AUTH_DEVICE_TOKEN_MISMATCH'
  return refusal('INVALID_REQUEST', 'unauthorized: gateway token mismatch', { code, authReason })
}

function refusal(code: string, message: string, details: Record<string, unknown>): Admission {
  return { ok: false, code, message, details }
}

/** Builds the signed text from what was presented, as the gateway does. */
function proofProblem({ device, client, role, scopes, token }: Presented, nonce: string): string | undefined {
  const { id, publicKey, signature, signedAt } = device!
  const raw = Buffer.from(publicKey, 'base64url')
  if (createHash('sha256').update(raw).digest('hex') !== id) return 'DEVICE_AUTH_DEVICE_ID_MISMATCH'
  if (device!.nonce !== nonce) return 'DEVICE_AUTH_NONCE_MISMATCH'
  const fields = [
    'v3',
    id,
    client.id,
    client.mode,
    role,
    scopes.join(','),
    String(signedAt),
    token,
    nonce,
    client.platform.toLowerCase(),
    '',
  ]
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  const fits = verify(null, Buffer.from(fields.join('|')), key, Buffer.from(signature, 'base64url'))
  return fits ? undefined : 'DEVICE_AUTH_SIGNATURE_INVALID'
}
