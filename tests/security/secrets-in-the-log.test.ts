/**
 * Secrets in the log. The log of every server that any test of the suite starts is held against every secret that the test
 * has used (tests/support/used-secrets.ts); here that the search finds one, and the log at its most talkative.
 */
import { expect, test } from 'bun:test'
import { addAgent, join, PASSWORD, Person, setUp } from '../support/client.ts'
import { startServer } from '../support/server.ts'
import { leakedSecrets, noteSecretsOf, noteSettings } from '../support/used-secrets.ts'

test('a secret of a request, an answer, a cookie or a setting is found where it does not belong', () => {
  noteSecretsOf({
    user: { api_key: 'mc_ak_live_found_0123456789' },
    invite_url: 'https://x/invite/found-by-its-end',
  })
  noteSettings({ MC_SMTP_URL: 'smtp://user:found%20password@host', MC_METRICS_TOKEN: 'found-metrics-token' })
  for (const secret of [
    PASSWORD,
    'mc_ak_live_found_0123456789',
    'found-by-its-end',
    'found password',
    'found-metrics-token',
  ]) {
    expect([secret, leakedSecrets(`{"msg":"x ${secret} y"}`).length]).toEqual([secret, 1])
    expect(leakedSecrets(`Set it up (works once): http://localhost/setup?token=${secret}`)).toEqual([])
  }
  expect(leakedSecrets('{"msg":"nothing"}')).toEqual([])
})

test('the log holds no secret when it tells everything, good and bad, of each way in', async () => {
  const server = await startServer({
    env: {
      MC_LOG_LEVEL: 'trace',
      MC_JWT_SECRET: 'a secret of forty-eight bytes that signs sessions',
      MC_KEY_PEPPER: 'a pepper of forty-eight bytes that hashes the keys',
      MC_METRICS_TOKEN: 'a-token-for-the-metrics',
      MC_SMTP_URL: 'smtp://user:a-password-of-mail@127.0.0.1:9',
    },
  })
  const admin = await setUp(server)
  const bot = await addAgent(admin, 'forge')
  const other = await join(admin, 'Ana Lima')
  await admin.in('POST', `/users/${other.user_id}/sign-in-link`)
  await admin.in('POST', `/users/${bot.user.id}/api-keys/rotate`, {})
  const wrong = { Authorization: `Bearer ${bot.key.slice(0, -1)}x` }
  const cut = { Authorization: `Bearer ${bot.key.slice(0, -1)}` }
  for (const headers of [wrong, cut, { Cookie: `${admin.cookieHeader}x` }, { 'X-API-Key': bot.key }])
    await (await fetch(`${server.url}/api/v1/orgs/fieldnote?key=${bot.key}`, { headers })).text()
  for (const path of [`/auth/invites/${'q'.repeat(43)}/accept`, '/auth/setup', '/auth/password'])
    await new Person(server.url).call('POST', path, {
      email: 'ines@example.com',
      password: `${PASSWORD}!`,
      token: PASSWORD,
    })
  await (
    await fetch(`${server.url}/metrics`, { headers: { Authorization: 'Bearer a-token-for-the-metrics' } })
  ).text()
  await (await fetch(`${server.url}/${bot.key}`)).text()
  // It throws when the log holds one of them.
  await server.stop()
  expect(server.log().length).toBeGreaterThan(0)
})
