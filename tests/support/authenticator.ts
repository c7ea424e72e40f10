import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What a test changes about an answer, to see it refused. */
interface Changes {
  origin?: string
  rp_id?: string
  challenge?: string
  /** Without the check of the person, by fingerprint or PIN. */
  unverified?: boolean
  counter?: number
}

interface Options {
  challenge: string
}

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const ATTESTED = 0x40

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

/** Head of a CBOR item (RFC 8949) of a length below 65,536. */
function head(major: number, length: number): Buffer {
  const type = major << 5
  if (length < 24) return Buffer.from([type | length])
  if (length < 256) return Buffer.from([type | 24, length])
  return Buffer.from([type | 25, length >> 8, length & 0xff])
}
const cborText = (text: string) => Buffer.concat([head(3, text.length), Buffer.from(text)])
const cborBytes = (bytes: Uint8Array) => Buffer.concat([head(2, bytes.length), bytes])
const cborMap = (pairs: readonly Buffer[]) => Buffer.concat([head(5, pairs.length / 2), ...pairs])
const cborInt = (n: number) => (n >= 0 ? head(0, n) : head(1, -1 - n))

/** A security key in software (WebAuthn Level 3, section 6), with one passkey. ES256, no attestation. */
export class Authenticator {
  readonly #id = randomBytes(32)
  readonly #private_key: KeyObject
  readonly #public_key: KeyObject
  readonly #origin: string
  #counter = 0

  constructor(origin: string) {
    this.#origin = origin
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#private_key = privateKey
    this.#public_key = publicKey
  }

  /** The answer to options for a new passkey, as the API takes it. */
  create({ challenge }: Options, changes: Changes = {}) {
    const client_data = this.#clientData('webauthn.create', challenge, changes)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(this.#id.length)
    const attested = Buffer.concat([Buffer.alloc(16), length, this.#id, this.#coseKey()])
    const data = Buffer.concat([this.#authenticatorData(ATTESTED, changes), attested])
    const attestation = cborMap([
      cborText('fmt'),
      cborText('none'),
      cborText('attStmt'),
      cborMap([]),
      cborText('authData'),
      cborBytes(data),
    ])
    return {
      id: base64url(this.#id),
      client_data: base64url(client_data),
      attestation: base64url(attestation),
      transports: ['usb'],
    }
  }

  /** The answer to options for a sign-in, as the API takes it. */
  get({ challenge }: Options, changes: Changes = {}) {
    const client_data = this.#clientData('webauthn.get', challenge, changes)
    const data = this.#authenticatorData(0, changes)
    const signature = sign('sha256', Buffer.concat([data, sha256(client_data)]), this.#private_key)
    return {
      id: base64url(this.#id),
      client_data: base64url(client_data),
      authenticator_data: base64url(data),
      signature: base64url(signature),
    }
  }

  #clientData(type: string, challenge: string, changes: Changes): Buffer {
    const origin = changes.origin ?? this.#origin
    return Buffer.from(
      JSON.stringify({ type, challenge: changes.challenge ?? challenge, origin, crossOrigin: false }),
    )
  }

  #authenticatorData(more_flags: number, { rp_id, unverified, counter }: Changes): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter ?? ++this.#counter)
    const flags = USER_PRESENT | (unverified ? 0 : USER_VERIFIED) | more_flags
    return Buffer.concat([sha256(rp_id ?? new URL(this.#origin).hostname), Buffer.from([flags]), count])
  }

  /** COSE_Key of the curve P-256 (RFC 9053). */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#public_key.export({ format: 'jwk' })
    const [kty, alg, crv] = [cborInt(2), cborInt(-7), cborInt(1)]
    return cborMap([
      cborInt(1),
      kty,
      cborInt(3),
      alg,
      cborInt(-1),
      crv,
      cborInt(-2),
      cborBytes(Buffer.from(x, 'base64url')),
      cborInt(-3),
      cborBytes(Buffer.from(y, 'base64url')),
    ])
  }
}
