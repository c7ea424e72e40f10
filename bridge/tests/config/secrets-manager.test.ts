import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { AwsV4Signer } from 'aws4fetch'
import { CredentialMissing, CredentialsUnavailable } from '../../src/config/config.ts'
import { awsSecretsManager } from '../../src/config/credentials/aws.ts'
import { openCredentials } from '../../src/config/credentials/open.ts'
import { credentialsContract } from './credentials-contract.ts'
import { TestMeans } from './stand-ins/means.ts'
import { type SecretsManager, startSecretsManager } from './stand-ins/secrets-manager.ts'
import { signatureOf } from './stand-ins/signature-v4.ts'

const REGION = 'eu-central-1'
const [ACCESS_KEY, SECRET] = ['EXAMPLEKEY', 'example/secret+key']
const KEYS = { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET }
let aws: SecretsManager
beforeAll(() => {
  aws = startSecretsManager(REGION)
})
afterAll(() => aws.stop())
beforeEach(() => {
  aws.keys = new Map([[ACCESS_KEY, { secret: SECRET }]])
  aws.secrets = new Map()
  aws.outage = null
})

const config = () =>
  ({ provider: 'aws_secrets_manager', secret_id: 'mc/keys', region: REGION, endpoint: aws.url }) as const
const open = (env: Record<string, string> = KEYS) => openCredentials(config(), { env })
const put = (values: object) => aws.secrets.set('mc/keys', { text: JSON.stringify(values) })

describe('Signature Version 4', () => {
  // https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html
  test.each([
    ['get-vanilla', 'GET', '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['post-vanilla', 'POST', '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('the published vector %s: library and stand-in agree with it', async (_, method, query, signature) => {
    const url = `https://example.amazonaws.com/${query}`
    const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
    const who = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey, service: 'service', region: 'us-east-1' }
    const signed = await new AwsV4Signer({ method, url, ...who, datetime: '20150830T123600Z' }).sign()
    expect(signed.headers.get('authorization')).toEndWith(`Signature=${signature}`)
    const headers = new Headers({ host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' })
    const scope = '20150830/us-east-1/service/aws4_request'
    expect(signatureOf({ method, url, headers, body: '' }, secretAccessKey, scope, 'host;x-amz-date')).toBe(
      signature,
    )
  })
})

describe("the stand-in answers AWS's own client", () => {
  const ask = (secretAccessKey = SECRET) => {
    const credentials = { accessKeyId: ACCESS_KEY, secretAccessKey }
    const client = new SecretsManagerClient({
      region: REGION,
      endpoint: aws.url,
      credentials,
      maxAttempts: 1,
    })
    return client.send(new GetSecretValueCommand({ SecretId: 'mc/keys' }))
  }

  test('with a secret', async () => {
    put({ A: '1' })
    expect(await ask()).toMatchObject({
      Name: 'mc/keys',
      SecretString: '{"A":"1"}',
      VersionStages: ['AWSCURRENT'],
    })
  })

  test('with its errors', async () => {
    await expect(ask()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(ask('another')).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    aws.secrets.set('mc/keys', { deleted: true })
    await expect(ask()).rejects.toMatchObject({ name: 'InvalidRequestException' })
  })
})

describe('AWS Secrets Manager', () => {
  credentialsContract(() => ({
    source: (means) => {
      means.env = KEYS
      return awsSecretsManager(config(), means)
    },
    put: (values) => void put(values),
    away: () => {
      aws.outage = 503
    },
    back: () => {
      aws.outage = null
    },
  }))

  test('readings at the same time are one request', async () => {
    put({ A: '1', B: '2' })
    const before = aws.requests
    const credentials = open()
    expect(await Promise.all([credentials.get('A'), credentials.get('B')])).toEqual(['1', '2'])
    expect(aws.requests - before).toBe(1)
  })

  test('the address of a region is derived, that of China too', async () => {
    const hosts: string[] = []
    const fetch = async (url: string) => {
      hosts.push(new URL(url).host)
      return Response.json({ SecretString: '{"A":"1"}' })
    }
    for (const region of ['us-east-1', 'cn-north-1'])
      await openCredentials({ ...config(), region, endpoint: null }, { env: KEYS, fetch }).get('A')
    expect(hosts).toEqual([
      'secretsmanager.us-east-1.amazonaws.com',
      'secretsmanager.cn-north-1.amazonaws.com.cn',
    ])
  })

  const problem = async (env: Record<string, string> = KEYS) => {
    const error = await open(env)
      .get('A')
      .catch((reason: unknown) => reason)
    if (error instanceof CredentialsUnavailable) return error
    throw new Error('was not refused', { cause: error })
  }

  test.each<[string, () => void, Record<string, string>, string]>([
    ['no secret', () => undefined, KEYS, 'There is no secret mc/keys in eu-central-1.'],
    ['a deleted one', () => void aws.secrets.set('mc/keys', { deleted: true }), KEYS, 'marked for deletion'],
    ['binary data', () => void aws.secrets.set('mc/keys', { binary: 'x' }), KEYS, 'binary data'],
    ['plain text', () => void aws.secrets.set('mc/keys', { text: 'hidden' }), KEYS, 'must be a JSON object'],
    ['numbers', () => void put({ A: 1 }), KEYS, 'must be a JSON object'],
    [
      'no right',
      () => void aws.keys.set(ACCESS_KEY, { secret: SECRET, denied: true }),
      KEYS,
      'secretsmanager:GetSecretValue',
    ],
    [
      'a wrong key',
      () => undefined,
      { ...KEYS, AWS_SECRET_ACCESS_KEY: 'wrong' },
      'does not accept the access key',
    ],
    [
      'an ended session',
      () => void aws.keys.set(ACCESS_KEY, { secret: SECRET, token: 't' }),
      KEYS,
      'have expired',
    ],
  ])('refused, in words: %s', async (_, arrange, env, words) => {
    arrange()
    const error = await problem(env)
    expect(error.message).toContain(words)
    expect(error.message).not.toContain('hidden')
    expect(error.passing).toBe(false)
  })

  test('a region that is not the one of the address is refused', async () => {
    put({ A: '1' })
    const other = openCredentials({ ...config(), region: 'us-east-1' }, { env: KEYS })
    await expect(other.get('A')).rejects.toThrow('does not accept the access key')
  })

  test('no answer is passing, also at the first reading', async () => {
    aws.outage = 500
    expect((await problem()).passing).toBe(true)
  })
})

describe('B84 the identity at AWS', () => {
  const EXPIRES = 60 * 60_000
  const answer = (now: number) => ({
    AccessKeyId: 'TEMPORARY',
    SecretAccessKey: SECRET,
    Token: 'session',
    Expiration: new Date(now + EXPIRES).toISOString(),
  })

  async function withEndpoint(
    handler: (request: Request, path: string) => Response,
    run: (url: string) => Promise<void>,
  ) {
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request) => handler(request, new URL(request.url).pathname),
    })
    aws.keys.set('TEMPORARY', { secret: SECRET, token: 'session' })
    put({ A: '1' })
    try {
      await run(server.url.origin)
    } finally {
      await server.stop(true)
    }
  }

  test('is that of the container, and is asked for again before it ends', async () => {
    const means = new TestMeans()
    let asked = 0
    await withEndpoint(
      (request, path) => {
        asked++
        const allowed =
          path === '/v1/credentials' && request.headers.get('authorization') === 'container-token'
        return allowed ? Response.json(answer(means.time)) : new Response(null, { status: 403 })
      },
      async (url) => {
        means.env = {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
          AWS_CONTAINER_AUTHORIZATION_TOKEN: 'container-token',
        }
        const credentials = openCredentials(config(), means)
        expect([await credentials.get('A'), await credentials.get('A'), asked]).toEqual(['1', '1', 1])
        means.time += EXPIRES - 4 * 60_000
        // AWS rejects a signature of the future: the stand-in does so here, after the endpoint was asked anew.
        await credentials.get('A').catch(() => undefined)
        expect(asked).toBe(2)
      },
    )
  })

  test('is that of the instance, by a session (IMDSv2)', async () => {
    await withEndpoint(
      (request, path) => {
        const of_session = request.headers.get('x-aws-ec2-metadata-token') === 'session-of-imds'
        if (request.method === 'PUT' && path === '/latest/api/token')
          return request.headers.get('x-aws-ec2-metadata-token-ttl-seconds')
            ? new Response('session-of-imds')
            : new Response(null, { status: 400 })
        if (!of_session) return new Response(null, { status: 401 })
        if (path === '/latest/meta-data/iam/security-credentials/') return new Response('bridge-role')
        if (path === '/latest/meta-data/iam/security-credentials/bridge-role')
          return Response.json(answer(Date.now()))
        return new Response(null, { status: 404 })
      },
      async (url) => {
        expect(await open({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }).get('A')).toBe('1')
      },
    )
  })

  test('an instance without a role, and no identity at all, are said', async () => {
    await withEndpoint(
      (request) => (request.method === 'PUT' ? new Response('s') : new Response(null, { status: 404 })),
      async (url) => {
        await expect(open({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }).get('A')).rejects.toThrow('has no role')
      },
    )
    await expect(open({ AWS_EC2_METADATA_DISABLED: 'true' }).get('A')).rejects.toThrow(
      'There are no AWS credentials',
    )
  })

  test.each(['http://example.com/x', 'http://127.0.0.1.example.com/x', 'file:///etc/passwd', 'x'])(
    'the token of a container does not go to %s',
    async (url) => {
      const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: 't' }
      const fetch = () => Promise.reject(new Error('was asked'))
      await expect(openCredentials(config(), { env, fetch }).get('A')).rejects.toThrow(
        'no address of a container service',
      )
    },
  )

  test('keys of the environment go first, and a name is missed as elsewhere', async () => {
    put({ B: '1' })
    await expect(open({ ...KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'x' }).get('A')).rejects.toBeInstanceOf(
      CredentialMissing,
    )
  })
})
