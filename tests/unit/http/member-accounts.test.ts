import { expect, test } from 'bun:test'
import type { Permissions } from '../../../src/domain/permissions.ts'
import { MemberAccounts } from '../../../src/http/member-accounts.ts'

const edge = () => ({ org_id: 'org', permissions: { members_version: 1 } as Permissions })
const member = (user_id: string) => ({ user_id, since: null })

test('U15 connections of one account that come at once share one read, and later ones need none', async () => {
  let reads = 0
  const gate = Promise.withResolvers<void>()
  const accounts = new MemberAccounts(async () => {
    reads++
    await gate.promise
    return member('ana')
  })
  const home = edge()
  const asked = Array.from({ length: 1_000 }, () => accounts.member(home, 'account', 0))
  gate.resolve()
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['ana']))
  expect(await accounts.member(home, 'account', 0)).toBe('ana')
  expect(reads).toBe(1)
})

test('U15 a member that changes during a read has it repeated; strangers and failures are read again', async () => {
  const home = edge()
  const answers = [
    () => {
      home.permissions.members_version++
      return member('former')
    },
    () => member('ana'),
  ]
  const accounts = new MemberAccounts(async () => answers.shift()?.())
  expect(await accounts.member(home, 'account', 0)).toBe('ana')

  let failures = 1
  const failing = new MemberAccounts(async () => {
    if (failures-- > 0) throw new Error('away')
    return failures > -2 ? undefined : member('ana')
  })
  expect(failing.member(edge(), 'account', 0)).rejects.toThrow('away')
  const there = edge()
  expect(await failing.member(there, 'account', 0)).toBeUndefined()
  expect(await failing.member(there, 'account', 0)).toBe('ana')
})
