import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { NewIdentity } from '../../../src/contracts/commands.ts'
import { newId } from '../../../src/contracts/ids.ts'
import { IdentityStore } from '../../../src/db/identity-store.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let store: IdentityStore

beforeAll(async () => {
  db = await startDatabase()
  store = new IdentityStore(db.database)
})
afterAll(() => db.stop())

const identity = (more: Partial<NewIdentity> = {}): NewIdentity & { email: string } => ({
  id: newId(),
  provider: 'oidc',
  issuer: 'https://login.example.com',
  subject: newId(),
  email_verified: true,
  ...more,
  email: more.email ?? `${newId()}@example.com`,
})

/** An account of an org, with a password or without, whose address nobody has proved. */
async function account({ password = true } = {}): Promise<string> {
  const { founder_id } = await makeOrg(db.database)
  await db.superuser`update users set email = ${`${founder_id}@example.com`}, email_proved_at = null,
    password_hash = ${password ? `hash ${founder_id}` : null} where id = ${founder_id}`
  return founder_id
}

async function addPasskey(account_id: string): Promise<void> {
  await db.superuser`insert into passkeys (id, account_id, credential_id, public_key, counter, name, synced)
    values (${newId()}, ${account_id}, ${newId()}, 'key', 0, 'Phone', false)`
}

const passkeys = async (account_id: string) =>
  (await db.superuser`select id from passkeys where account_id = ${account_id}`).length

describe('the first sign-in of an identity', () => {
  test('makes one account, also when several come at once', async () => {
    const one = identity()
    const made = await Promise.all(
      Array.from({ length: 6 }, () =>
        store.open({ ...one, id: newId() }, { id: newId(), display_name: 'Una' }),
      ),
    )
    expect(new Set(made).size).toBe(1)
    expect((await store.list(made[0] ?? '')).length).toBe(1)
    expect(await store.account(one)).toBe(made[0])
  })

  test('opens the account whose address was proved, whatever its case', async () => {
    const id = await account()
    const email = `${id}@EXAMPLE.com`
    expect(await store.open(identity({ email }), { id: newId(), display_name: 'New' })).not.toBe(id)
    const other = await account()
    await db.superuser`update users set email_proved_at = now() where id = ${other}`
    const of_other = identity({ email: `${other}@EXAMPLE.com` })
    expect(await store.open(of_other, { id: newId(), display_name: 'New' })).toBe(other)
  })
})

describe('an identity that is added', () => {
  test('proves the address of the account when it is the same and verified', async () => {
    const proved = async (more: (id: string) => Partial<NewIdentity>) => {
      const id = await account()
      expect(await store.link(id, identity(more(id)))).toBe(true)
      return (await store.proved(`${id}@example.com`)) === id
    }
    expect(await proved((id) => ({ email: `${id}@example.com` }))).toBe(true)
    expect(await proved((id) => ({ email: `${id}@example.com`, email_verified: false }))).toBe(false)
    expect(await proved(() => ({}))).toBe(false)
  })

  test('is never taken from another account', async () => {
    const [first, second] = [await account(), await account()]
    const one = identity()
    expect(await store.link(first, one)).toBe(true)
    expect(await store.link(second, { ...one, id: newId() })).toBe(false)
    expect(await store.link(first, { ...one, id: newId() })).toBe(true)
    expect(await store.account(one)).toBe(first)
  })
})

describe('the last way in', () => {
  test('stays; a password or a passkey is another one', async () => {
    const id = await account({ password: false })
    const [first, second] = [identity(), identity()]
    await store.link(id, first)
    expect(await store.unlink(id, first.id)).toBe('last')
    await store.link(id, second)
    const removed = await Promise.all([store.unlink(id, first.id), store.unlink(id, second.id)])
    expect(removed.toSorted()).toEqual(['last', 'removed'])
    await addPasskey(id)
    const [rest] = await store.list(id)
    expect(await store.unlink(id, rest?.id ?? '')).toBe('removed')
    expect(await store.unlink(id, rest?.id ?? '')).toBe('unknown')
  })
})

describe('an address that a mailed link proved', () => {
  test('removes what a stranger may have added before, and nothing later', async () => {
    const id = await account()
    const early = identity()
    await store.link(id, early)
    await addPasskey(id)
    await store.proveByMail(id)
    expect([(await store.list(id)).length, await passkeys(id)]).toEqual([0, 0])
    expect(await store.proved(`${id}@example.com`)).toBe(id)
    await store.link(id, early)
    await addPasskey(id)
    await store.proveByMail(id)
    expect([(await store.list(id)).length, await passkeys(id)]).toEqual([1, 1])
  })
})

describe('an account that ends', () => {
  test('must act as no member; nothing opens it any more', async () => {
    const id = await account()
    await store.link(id, identity())
    await addPasskey(id)
    await store.end(id)
    expect((await store.list(id)).length).toBe(1)
    await db.superuser`update memberships set account_id = null where account_id = ${id}`
    await store.end(id)
    expect([(await store.list(id)).length, await passkeys(id)]).toEqual([0, 0])
    const [row] = await db.superuser`select password_hash from users where id = ${id}`
    expect(row?.password_hash).toBeNull()
  })
})
