import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addAgent, type Person, setUp } from '../support/client.ts'
import { startServer } from '../support/server.ts'

const NEXT = 'the next secret, which is forty-eight bytes long..'

test('a signing secret is rotated without signing anybody out; an API key survives another pepper', async () => {
  const data_dir = mkdtempSync(join(tmpdir(), 'mc-secrets-'))
  const first = await startServer({ data_dir })
  const admin: Person = await setUp(first)
  const bot = await addAgent(admin, 'forge')
  await first.stop()

  const { port } = first
  const previous = readFileSync(join(data_dir, 'secrets', 'jwt-secret'), 'utf8').trim()
  const env = { MC_JWT_SECRET: NEXT, MC_KEY_PEPPER: 'another pepper, which is long enough to be one' }
  const rotating = await startServer({ data_dir, port, env: { ...env, MC_JWT_SECRET_PREVIOUS: previous } })
  expect((await admin.call('GET', '/auth/me')).status).toBe(200)
  expect((await admin.in('POST', '/channels', { name: 'written by the old token' })).status).toBe(201)
  const old_cookies = admin.cookieHeader
  expect((await admin.call('POST', '/auth/refresh')).status).toBe(200)
  expect((await admin.in('POST', '/channels', { name: 'written by the new token' })).status).toBe(201)
  expect((await bot.in('GET', '/users/me')).status).toBe(200)
  await rotating.stop()

  const rotated = await startServer({ data_dir, port, env })
  expect((await admin.call('GET', '/auth/me')).status).toBe(200)
  const late = await fetch(`${rotated.url}/auth/me`, { headers: { Cookie: old_cookies } })
  expect(late.status).toBe(401)
  await rotated.stop()
  rmSync(data_dir, { recursive: true, force: true })
})
