import assert from 'node:assert/strict'
import type { SessionStore } from '../../src/auth/sessions.ts'
import { newId } from '../../src/contracts/ids.ts'

/** A store of sessions, and a user who has none. */
export interface SessionStoreUnderTest {
  store: SessionStore
  user_id: string
}

type Rule = [title: string, holds: (make: () => Promise<SessionStoreUnderTest>) => Promise<void>]

const LATER = '2036-01-01T00:00:00.000Z'

async function started({ store, user_id }: SessionStoreUnderTest) {
  const session = {
    id: newId(),
    user_id,
    jti: newId(),
    expires_at: LATER,
    ip: '127.0.0.1',
    user_agent: 'test',
    method: 'google',
    hosted_domain: 'example.com',
  } as const
  await store.create(session)
  return session
}

/** Times of PostgreSQL and of JavaScript are the same, written differently. */
const at = (time: string | null | undefined) => (time ? Date.parse(time) : time)

export const SESSION_STORE_RULES: Rule[] = [
  [
    'a session is found as it was created; an unknown one is not found',
    async (make) => {
      const made = await make()
      const { id, user_id, jti } = await started(made)
      const found = await made.store.find(id)
      assert.ok(found)
      const { created_at, last_seen_at, expires_at, ...row } = found
      assert.deepEqual(row, {
        id,
        user_id,
        jti,
        previous_jti: null,
        previous_valid_until: null,
        revoked_at: null,
        ip: '127.0.0.1',
        user_agent: 'test',
        method: 'google',
        hosted_domain: 'example.com',
      })
      assert.equal(at(expires_at), at(LATER))
      for (const time of [created_at, last_seen_at]) assert.ok(Number(at(time)) > 0, time)
      assert.equal(await made.store.find(newId()), undefined)
    },
  ],
  [
    'a second session with the same id is refused',
    async (make) => {
      const made = await make()
      const session = await started(made)
      await assert.rejects(made.store.create({ ...session, jti: newId() }))
      assert.equal((await made.store.find(session.id))?.jti, session.jti)
    },
  ],
  [
    'a rotation keeps the replaced token id and its grace; of several at once one succeeds',
    async (make) => {
      const made = await make()
      const { id, jti } = await started(made)
      const next = [newId(), newId(), newId()]
      const done = await Promise.all(next.map((new_jti) => made.store.rotate(id, jti, new_jti, LATER)))
      assert.equal(done.filter(Boolean).length, 1)
      const row = await made.store.find(id)
      assert.deepEqual([row?.jti, row?.previous_jti], [next[done.indexOf(true)], jti])
      assert.equal(at(row?.previous_valid_until), at(LATER))
      assert.equal(await made.store.rotate(newId(), jti, newId(), LATER), false)
    },
  ],
  [
    'a revoked session is not rotated, and stays revoked',
    async (make) => {
      const made = await make()
      const { id, jti } = await started(made)
      await made.store.revoke(id)
      assert.equal(await made.store.rotate(id, jti, newId(), LATER), false)
      const row = await made.store.find(id)
      assert.deepEqual([row?.jti, row?.revoked_at === null], [jti, false])
    },
  ],
  [
    'a revocation answers the user once; again, or of an unknown session, nobody',
    async (make) => {
      const made = await make()
      const { id } = await started(made)
      assert.equal(await made.store.revoke(id), made.user_id)
      const revoked_at = (await made.store.find(id))?.revoked_at
      assert.equal(await made.store.revoke(id), undefined)
      assert.equal((await made.store.find(id))?.revoked_at, revoked_at)
      assert.equal(await made.store.revoke(newId()), undefined)
    },
  ],
  [
    'the sessions of a user are listed newest first, without revoked ones and those of others',
    async (make) => {
      const made = await make()
      const other = { ...(await make()), store: made.store }
      const sessions = []
      for (let i = 0; i < 3; i++) {
        sessions.push(await started(made))
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      await started(other)
      await made.store.revoke(sessions[1]?.id ?? '')
      const listed = await made.store.listByUser(made.user_id)
      assert.deepEqual(
        listed.map(({ id }) => id),
        [sessions[2]?.id, sessions[0]?.id],
      )
    },
  ],
  [
    'a list has a bound of a hundred, and the oldest are left out',
    async (make) => {
      const made = await make()
      const first = await started(made)
      await new Promise((resolve) => setTimeout(resolve, 2))
      for (let i = 0; i < 100; i++) await started(made)
      const listed = await made.store.listByUser(made.user_id)
      assert.equal(listed.length, 100)
      assert.ok(listed.every(({ id }) => id !== first.id))
    },
  ],
  [
    'a found session is a copy',
    async (make) => {
      const made = await make()
      const { id, jti } = await started(made)
      const found = await made.store.find(id)
      assert.ok(found)
      found.jti = 'changed'
      assert.equal((await made.store.find(id))?.jti, jti)
    },
  ],
]
