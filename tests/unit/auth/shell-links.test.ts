import { expect, test } from 'bun:test'
import { readShellLink, signShellLink } from '../../../src/auth/shell-links.ts'

const secret = (byte: number) => new Uint8Array(32).fill(byte)
const LINK = { email: 'a@b.c', issued_at: 1_000_000 }

test('U13 a link of the shell is read with any secret of the server, for an hour, unchanged', () => {
  const token = signShellLink(secret(1), LINK)
  expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
  expect(readShellLink([secret(2), secret(1)], token, 1_000_001)).toMatchObject(LINK)
  expect(readShellLink([secret(1)], token, 1_000_000 + 60 * 60 * 1000)).toBeUndefined()
  expect(readShellLink([secret(2)], token, 1_000_001)).toBeUndefined()
  const bytes = Buffer.from(token, 'base64url')
  for (const at of [0, 31, 32, bytes.length - 1]) {
    const forged = Buffer.from(bytes)
    forged[at] = (forged[at] ?? 0) ^ 1
    expect(readShellLink([secret(1)], forged.toString('base64url'), 1_000_001)).toBeUndefined()
  }
  expect(readShellLink([secret(1)], 'x'.repeat(43), 1_000_001)).toBeUndefined()
})
