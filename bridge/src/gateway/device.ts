/**
 * The device identity of a bridge: an Ed25519 key pair that is made here and never leaves this machine, and the token that
 * the gateway gives an approved device. One JSON file with mode 0600.
 */
import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { nameOf, objectOf } from './json.ts'

interface StoredDevice {
  /** Lower-case hex of SHA-256 over the raw public key. */
  id: string
  /** Raw public key of 32 bytes, base64url. */
  public_key: string
  private_key_pem: string
  device_token: string | null
}

/** The file is damaged, or readable by others. The message names the file and the remedy, never a key. */
export class DeviceUnusable extends Error {
  override name = 'DeviceUnusable'
}

/** What is signed besides the device's own id; the gateway builds the same text. */
export interface ProofOf {
  client_id: string
  client_mode: string
  role: string
  scopes: readonly string[]
  /** `ts` of the challenge. */
  signed_at: number
  token: string
  nonce: string
  platform: string
}

export class Device {
  readonly #path: string
  #stored: StoredDevice

  private constructor(path: string, stored: StoredDevice) {
    this.#path = path
    this.#stored = stored
  }

  /** Reads the file, or makes a key and writes it. Throws {@link DeviceUnusable}, or what the file system throws. */
  static load(path: string): Device {
    if (existsSync(path)) return new Device(path, read(path))
    const device = new Device(path, create())
    device.#write()
    return device
  }

  get id(): string {
    return this.#stored.id
  }

  get public_key(): string {
    return this.#stored.public_key
  }

  /** The token of an approved device; null before. */
  get token(): string | null {
    return this.#stored.device_token
  }

  /** Stores the token, replacing the file atomically. */
  keepToken(token: string): void {
    if (token === this.#stored.device_token) return
    this.#stored = { ...this.#stored, device_token: token }
    this.#write()
  }

  /** Forgets a token that the gateway revoked; the key stays, so that the device keeps its id. */
  forgetToken(): void {
    this.#stored = { ...this.#stored, device_token: null }
    this.#write()
  }

  /** The v3 proof: fields joined by `|`, signed with Ed25519, base64url. The device family is empty. */
  prove(of: ProofOf): string {
    const fields = ['v3', this.id, of.client_id, of.client_mode, of.role, of.scopes.join(',')]
    const rest = [String(of.signed_at), of.token, of.nonce, of.platform.toLowerCase(), '']
    const key = createPrivateKey(this.#stored.private_key_pem)
    return sign(null, Buffer.from([...fields, ...rest].join('|')), key).toString('base64url')
  }

  #write(): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const next = `${this.#path}.new`
    writeFileSync(next, `${JSON.stringify(this.#stored, null, 2)}\n`, { mode: 0o600 })
    // The mode of `writeFileSync` counts for new files only.
    chmodSync(next, 0o600)
    renameSync(next, this.#path)
  }
}

function create(): StoredDevice {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  // The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the raw key (RFC 8410, section 4).
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return {
    id: createHash('sha256').update(raw).digest('hex'),
    public_key: raw.toString('base64url'),
    private_key_pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    device_token: null,
  }
}

function read(path: string): StoredDevice {
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    throw new DeviceUnusable(`${path} is readable by others; run: chmod 600 ${path}`)
  const damaged = new DeviceUnusable(
    `${path} is damaged. Remove it to pair again as a new device, or restore it from a backup.`,
  )
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged
    throw error
  }
  const { id, public_key, private_key_pem, device_token } = objectOf(value)
  const names = [id, public_key, private_key_pem].map(nameOf)
  const [device_id, raw, pem] = names
  if (!device_id || !raw || !pem || !isKey(pem)) throw damaged
  return { id: device_id, public_key: raw, private_key_pem: pem, device_token: nameOf(device_token) ?? null }
}

function isKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    // Whatever is wrong with the key, the answer is the same.
    return false
  }
}
