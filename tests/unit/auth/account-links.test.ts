import { expect, test } from 'bun:test'
import {
  MAILED_LINK_MS,
  readEmailLink,
  readResetLink,
  signEmailLink,
  signResetLink,
} from '../../../src/auth/account-links.ts'
import {
  readShellInvite,
  readShellLink,
  shellInviteId,
  signShellInvite,
} from '../../../src/auth/shell-links.ts'
import { isUuid } from '../../../src/contracts/schema.ts'

const secret = (byte: number) => new Uint8Array(32).fill(byte)
const RESET = { account_id: crypto.randomUUID(), email: 'a@b.c', issued_at: 1_000_000 }
const EMAIL = { ...RESET, former_email: 'a@b.c', email: 'd@e.f' }
const INVITE = {
  email: 'a@b.c',
  display_name: 'A',
  org_slug: 'org',
  role: 'administrator' as const,
  issued_at: 1_000_000,
}

test('U16 U17 U18 a signed link is read for its own purpose only, for an hour', () => {
  const [reset, email, invite] = [
    signResetLink(secret(1), RESET),
    signEmailLink(secret(1), EMAIL),
    signShellInvite(secret(1), INVITE),
  ]
  const readers = [readResetLink, readEmailLink, readShellInvite, readShellLink]
  const read = (token: string) => readers.map((reader) => reader([secret(1)], token, 1_000_001) !== undefined)
  expect(read(reset)).toEqual([true, false, false, false])
  expect(read(email)).toEqual([false, true, false, false])
  expect(read(invite)).toEqual([false, false, true, false])
  expect(readResetLink([secret(2), secret(1)], reset, 1_000_001)).toMatchObject(RESET)
  expect(readResetLink([secret(2)], reset, 1_000_001)).toBeUndefined()
  expect(readResetLink([secret(1)], reset, 1_000_000 + MAILED_LINK_MS)).toBeUndefined()
})

test('U16 a link has one token: whoever changes a bit that no byte uses has none', () => {
  // Ids whose texts differ in length leave unused bits at the end in at least one of three cases.
  for (const email of ['a@b.c', 'ab@b.c', 'abc@b.c']) {
    const token = signResetLink(secret(1), { ...RESET, email })
    const last = token.at(-1) ?? ''
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const letter of letters.replace(last, ''))
      expect(readResetLink([secret(1)], token.slice(0, -1) + letter, 1_000_001)).toBeUndefined()
  }
})

test('U18 the id of the invite of a token is a UUID, the same every time', () => {
  const token = signShellInvite(secret(1), INVITE)
  expect(isUuid(shellInviteId(token))).toBe(true)
  expect(shellInviteId(token)).toBe(shellInviteId(token))
  expect(shellInviteId(token)).not.toBe(shellInviteId(`${token}A`))
})
