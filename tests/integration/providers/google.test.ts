import { afterAll, beforeAll, expect, test } from 'bun:test'
import { configuredProviders } from '../../../src/auth/providers/configured.ts'
import { OpenIdProvider } from '../../../src/auth/providers/openid.ts'
import { type EvilProvider, startEvilProvider } from '../../support/openid/evil-provider.ts'
import { CLIENT } from '../../support/openid/real-provider.ts'

let provider: EvilProvider

beforeAll(async () => {
  provider = await startEvilProvider()
  provider.person = { sub: '108', email: 'ines@example.com', email_verified: true }
})
afterAll(() => provider.stop())

/** The identity that a client of this id gets of the provider. */
async function identityAt(id: 'google' | 'oidc') {
  const options = {
    id,
    name: id,
    issuer: provider.issuer,
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    redirect_uri: `http://localhost/auth/callback/${id}`,
  }
  const client = new OpenIdProvider(options, Date.now)
  const secrets = { state: 's'.repeat(43), nonce: 'n'.repeat(43), code_verifier: 'v'.repeat(43) }
  const asked = await fetch(await client.authorizationUrl(secrets), { redirect: 'manual' })
  const back = new URL(asked.headers.get('location') ?? '')
  return await client.identity(back.searchParams, secrets)
}

test('the Workspace of a Google account is taken from the ID token, and from Google only', async () => {
  provider.conduct = { claims: (claims) => ({ ...claims, hd: 'example.com' }) }
  expect((await identityAt('google')).hosted_domain).toBe('example.com')
  expect((await identityAt('oidc')).hosted_domain).toBeNull()
  provider.conduct = {}
  expect((await identityAt('google')).hosted_domain).toBeNull()
})

test('the client authenticates by its encoded id and secret, or in the body where the provider takes nothing else', async () => {
  const tokens = () => provider.requests.filter(({ path }) => path === '/token')
  await identityAt('oidc')
  const encoded = `${CLIENT.id}:a+secret+of+the+client%3A+100%25+%2F+%2B`
  expect(tokens().at(-1)?.authorization).toBe(`Basic ${Buffer.from(encoded).toString('base64')}`)
  const only = { token_endpoint_auth_methods_supported: ['client_secret_post'] }
  provider.conduct = { discovery: (metadata) => ({ ...metadata, ...only }) }
  await identityAt('oidc')
  const last = tokens().at(-1)
  expect(last?.authorization).toBeUndefined()
  expect(last?.body.get('client_secret')).toBe(CLIENT.secret)
})

test('Google is asked at its own issuer; a provider without a client is not there', () => {
  const none = configuredProviders({ public_url: 'https://mc.example.com' }, Date.now)
  expect([...none.keys()]).toEqual([])
  const settings = {
    public_url: 'https://mc.example.com',
    google_client_id: 'id',
    google_client_secret: 'secret',
    github_client_id: 'id',
    oidc_issuer: 'https://login.example.com/realms/main',
    oidc_client_id: 'id',
    oidc_client_secret: 'secret',
  }
  const some = configuredProviders(settings, Date.now)
  expect([...some.values()].map(({ id, name }) => [id, name])).toEqual([
    ['google', 'Google'],
    ['oidc', 'login.example.com'],
  ])
})
