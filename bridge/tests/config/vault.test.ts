import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { CredentialMissing, CredentialsUnavailable } from '../../src/config/config.ts'
import { openCredentials } from '../../src/config/credentials/open.ts'
import { vault as vaultSource } from '../../src/config/credentials/vault.ts'
import { credentialsContract } from './credentials-contract.ts'
import { TestMeans } from './stand-ins/means.ts'
import { startVault, type Vault } from './stand-ins/vault.ts'

const [V1, V2] = ['kv/mc', 'secret/data/team/mc']
let vault: Vault
beforeAll(() => {
  vault = startVault()
})
afterAll(() => vault.stop())
beforeEach(() => {
  vault.tokens = new Map([
    [
      'good',
      { ttl: 3000, creation_ttl: 3600, renewable: true, reads: [V1, V2, 'secret/team/mc', 'kv/none'] },
    ],
  ])
  vault.secrets = new Map()
  vault.namespace = null
  vault.sealed = false
  vault.calls = []
})

const config = (path: string, namespace: string | null = null) =>
  ({ provider: 'vault', url: vault.url, path, token_env: 'VAULT_TOKEN', namespace }) as const
const open = (path = V2, means: Partial<TestMeans> = {}) =>
  openCredentials(config(path), { env: { VAULT_TOKEN: 'good' }, ...means })
const put = (path: string, values: Record<string, unknown>) => vault.secrets.set(path, { values, version: 1 })

describe.each([
  ['1', V1],
  ['2', V2],
])('Vault, key-value engine of version %s', (_, path) => {
  credentialsContract(() => ({
    source: (means) => {
      means.env = { VAULT_TOKEN: 'good' }
      return vaultSource(config(path), means)
    },
    put: (values) => void put(path, values),
    away: () => {
      vault.sealed = true
    },
    back: () => {
      vault.sealed = false
    },
  }))
})

describe('the forms of answers', () => {
  test('a secret of version 1 whose names look like version 2 is read as it is', async () => {
    put(V1, { data: 'a', metadata: 'b' })
    expect(await open(V1).get('data')).toBe('a')
  })

  test('a namespace goes with every request', async () => {
    vault.namespace = 'team/a'
    put(V2, { A: '1' })
    const env = { VAULT_TOKEN: 'good' }
    expect(await openCredentials(config(V2, 'team/a'), { env }).get('A')).toBe('1')
    await expect(open().get('A')).rejects.toBeInstanceOf(CredentialsUnavailable)
  })
})

describe('troubles are said in words', () => {
  const problem = async (path = V2) => {
    const error = await open(path)
      .get('A')
      .catch((reason: unknown) => reason)
    if (error instanceof CredentialsUnavailable) return error
    throw new Error('was not refused', { cause: error })
  }

  test('no token', async () => {
    await expect(open(V2, { env: {} }).get('A')).rejects.toThrow(
      new CredentialMissing('The environment variable VAULT_TOKEN, the token for Vault, is not set.'),
    )
  })

  test('a token that is not valid', async () => {
    vault.tokens.clear()
    expect((await problem()).message).toBe(
      'Vault refuses the token in VAULT_TOKEN: it is not valid, or it has expired.',
    )
  })

  test('a token that was revoked since it was looked up', async () => {
    put(V2, { A: '1' })
    const credentials = open()
    await credentials.get('A')
    vault.tokens.clear()
    await expect(credentials.get('A')).rejects.toThrow('refuses the token in VAULT_TOKEN')
  })

  test('a token without the policy', async () => {
    expect((await problem('kv/other')).message).toBe(
      'Vault refuses to read kv/other: its token lacks a policy with "read" on it.',
    )
  })

  test('no secret, and a deleted one', async () => {
    expect((await problem('kv/none')).message).toBe('There is no secret kv/none in Vault.')
    vault.secrets.set(V2, { values: {}, version: 3, deleted: true })
    expect((await problem()).message).toBe(`The newest version of ${V2} in Vault was deleted.`)
  })

  test('a path of version 1 in an engine of version 2, with the right one', async () => {
    expect((await problem('secret/team/mc')).message).toContain('such as secret/data/team/mc.')
  })

  test('values that are no text, without showing them', async () => {
    put(V2, { A: { hidden: 1 } })
    const { message } = await problem()
    expect(message).toContain('must hold names with texts')
    expect(message).not.toContain('hidden')
  })

  test('a sealed Vault, and none at all, are passing', async () => {
    vault.sealed = true
    expect(await problem()).toMatchObject({ passing: true, message: 'Vault answers 503: Vault is sealed.' })
    const away = openCredentials(
      { ...config(V2), url: 'http://127.0.0.1:1' },
      { env: { VAULT_TOKEN: 'good' } },
    )
    await expect(away.get('A')).rejects.toMatchObject({ passing: true })
    await expect(away.get('A')).rejects.toThrow('Vault at 127.0.0.1:1 gives no answer')
  })
})

describe('B84 the token', () => {
  const renewals = () => vault.calls.filter((call) => call === 'POST auth/token/renew-self').length
  const lookups = () => vault.calls.filter((call) => call === 'GET auth/token/lookup-self').length
  const started = () => {
    const means = new TestMeans()
    means.env = { VAULT_TOKEN: 'good' }
    put(V2, { A: '1' })
    return { means, credentials: openCredentials(config(V2), means) }
  }
  const ageBy = (means: TestMeans, seconds: number) => {
    means.time += seconds * 1_000
    const token = vault.tokens.get('good')
    if (token) token.ttl -= seconds
  }

  test('is renewed when half of its time is over, and not before', async () => {
    const { means, credentials } = started()
    await credentials.get('A')
    ageBy(means, 1_000)
    await credentials.get('A')
    expect([lookups(), renewals()]).toEqual([1, 0])
    ageBy(means, 300)
    await credentials.get('A')
    expect([renewals(), vault.tokens.get('good')?.ttl]).toEqual([1, 3600])
    ageBy(means, 1_000)
    await credentials.get('A')
    expect([renewals(), means.reports]).toEqual([1, []])
  })

  test('is reported once when it cannot be renewed, and used to its end', async () => {
    vault.tokens.set('good', { ttl: 600, creation_ttl: 3600, renewable: false, reads: [V2] })
    const { means, credentials } = started()
    expect([await credentials.get('A'), await credentials.get('A')]).toEqual(['1', '1'])
    expect(means.reports).toEqual(['The token in VAULT_TOKEN cannot be renewed and expires in 600 seconds.'])
    expect(renewals()).toBe(0)
  })

  test('without an end is looked up once', async () => {
    vault.tokens.set('good', { ttl: 0, creation_ttl: 0, renewable: false, reads: [V2] })
    const { means, credentials } = started()
    await credentials.get('A')
    means.time += 10 * 365 * 86_400_000
    await credentials.get('A')
    expect(lookups()).toBe(1)
  })
})
