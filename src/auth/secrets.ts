import { createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A key that signs session tokens; `kid` names it in the token. */
export interface SigningKey {
  kid: string
  secret: Uint8Array
}

/** Secrets of this server. */
export interface Secrets {
  /** The first signs, all verify: during a rotation the previous one still counts. */
  jwt: readonly SigningKey[]
  /** Mixed into the stored hash of API keys. */
  pepper: Uint8Array
  /** Id of this installation, for names that other servers on the same host must not share. No secret. */
  installation: string
}

const BYTES_MIN = 32

/**
 * Reads the secrets from the settings, else from the data folder, where they are generated on the first start (mode
 * 0600). Throws one sentence when a configured secret is too weak.
 */
export function loadSecrets(options: {
  data_dir: string
  jwt_secret?: string
  previous_jwt_secret?: string
  key_pepper?: string
}): Secrets {
  const folder = join(options.data_dir, 'secrets')
  const jwt = [options.jwt_secret ?? stored(folder, 'jwt-secret')]
  const previous =
    options.previous_jwt_secret ??
    (existsSync(join(folder, 'jwt-secret.previous')) ? stored(folder, 'jwt-secret.previous') : undefined)
  if (previous !== undefined) jwt.push(previous)
  const pepper = strong('MC_KEY_PEPPER', options.key_pepper ?? stored(folder, 'key-pepper'))
  return {
    jwt: jwt.map((text) => signingKey(strong('MC_JWT_SECRET', text))),
    pepper,
    // Derived, so that it is the same on every node and survives a rotation of the signing key.
    installation: createHmac('sha256', pepper).update('installation').digest('hex').slice(0, 8),
  }
}

/** What a signing secret has signed ends within this time: tokens, and links of the shell and of mails. */
export const JWT_SECRET_MS = 60 * 60 * 1000

/** A new signing secret in the data folder; the present one becomes the previous one. False where there is none yet. */
export function rotateStoredSecret(data_dir: string): boolean {
  const folder = join(data_dir, 'secrets')
  const file = join(folder, 'jwt-secret')
  if (!existsSync(file)) return false
  // The former secret is kept first: a rotation that dies in between signs nobody out.
  const previous = `${file}.previous`
  writeFileSync(`${previous}.${process.pid}`, readFileSync(file), { mode: 0o600 })
  renameSync(`${previous}.${process.pid}`, previous)
  generate(file)
  return true
}

function stored(folder: string, name: string): string {
  const file = join(folder, name)
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    generate(file)
  }
  return readFileSync(file, 'utf8').trim()
}

function generate(file: string): void {
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600 })
  renameSync(fresh, file)
}

function strong(name: string, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length < BYTES_MIN)
    throw new Error(
      `${name} is too short: it needs at least ${BYTES_MIN} bytes. Make one with: openssl rand -base64 48`,
    )
  if (new Set(bytes).size < 8)
    throw new Error(`${name} is too simple to be a secret. Make one with: openssl rand -base64 48`)
  return bytes
}

function signingKey(secret: Uint8Array): SigningKey {
  return { kid: createHash('sha256').update('kid').update(secret).digest('base64url').slice(0, 8), secret }
}
