import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Device, DeviceUnusable } from '../../src/gateway/device.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-device-'))
  path = join(folder, 'below', 'device.json')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('B60 a key is made once, and kept where nobody else can read it', () => {
  const device = Device.load(path)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'below')).mode & 0o777).toBe(0o700)
  expect(Device.load(path).id).toBe(device.id)
  expect(device.token).toBeNull()
})

test('the id is the SHA-256 of the raw public key, and the proof holds against that key', () => {
  const device = Device.load(path)
  const raw = Buffer.from(device.public_key, 'base64url')
  expect(raw).toHaveLength(32)
  expect(device.id).toBe(createHash('sha256').update(raw).digest('hex'))
  const signature = device.prove({
    client_id: 'cli',
    client_mode: 'cli',
    role: 'operator',
    scopes: ['operator.read', 'operator.write'],
    signed_at: 1_700_000_000_000,
    token: 'a-token',
    nonce: 'a-nonce',
    platform: 'LINUX',
  })
  const text = `v3|${device.id}|cli|cli|operator|operator.read,operator.write|1700000000000|a-token|a-nonce|linux|`
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: device.public_key }, format: 'jwk' })
  expect(verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))).toBe(true)
})

test('a token is kept and forgotten, the key stays', () => {
  const device = Device.load(path)
  device.keepToken('a-device-token')
  expect(Device.load(path).token).toBe('a-device-token')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  device.forgetToken()
  expect(Device.load(path)).toMatchObject({ id: device.id, token: null })
})

test('B60 a file that others can read is refused with the remedy', () => {
  Device.load(path)
  chmodSync(path, 0o644)
  expect(() => Device.load(path)).toThrow(`chmod 600 ${path}`)
})

test('a damaged file is refused and left as it is', () => {
  Device.load(path)
  const whole = readFileSync(path, 'utf8')
  for (const text of ['', '{', 'null', '{}', whole.replace('PRIVATE KEY', 'NO KEY'), whole.slice(0, 100)]) {
    writeFileSync(path, text)
    expect(() => Device.load(path)).toThrow(DeviceUnusable)
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
})
