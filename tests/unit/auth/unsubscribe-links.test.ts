import { expect, test } from 'bun:test'
import { readUnsubscribeLink, signUnsubscribeLink } from '../../../src/auth/unsubscribe-links.ts'
import { newId } from '../../../src/contracts/ids.ts'

const SECRET = new TextEncoder().encode('a pepper that is long enough to be one')
const OTHER = new TextEncoder().encode('another pepper, long enough to be one')

test('an unsubscribe link names a member of an org; nobody else can make one', () => {
  const link = { org_id: newId(), user_id: newId() }
  const token = signUnsubscribeLink(SECRET, link)
  expect(readUnsubscribeLink(SECRET, token)).toEqual(link)
  expect(readUnsubscribeLink(OTHER, token)).toBeUndefined()
  for (let i = 0; i < token.length; i++) {
    const forged = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)
    expect(readUnsubscribeLink(SECRET, forged)).toBeUndefined()
  }
  expect(readUnsubscribeLink(SECRET, '')).toBeUndefined()
  expect(readUnsubscribeLink(SECRET, 'A'.repeat(5_000))).toBeUndefined()
})
