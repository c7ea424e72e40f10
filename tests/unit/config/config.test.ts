import { describe, expect, test } from 'bun:test'
import { addressOf, ConfigError, loadConfig, printConfig, settingsOf } from '../../../src/config.ts'

const SECRET = 'wR3k9-fixed-for-tests-0123456789-abcdefghij'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('loadConfig', () => {
  test('takes nothing at all and then serves this machine only', () => {
    const { config, warnings } = loadConfig({})
    expect(config).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      data_dir: './data',
      single_tenant: true,
      rate_limits: true,
      heartbeat_seconds: 15,
      replay_ring: 1000,
    })
    expect(config.public_url).toBe('http://localhost:3000')
    expect(config.node_id).toMatch(/^node-[0-9a-f]{8}$/)
    expect(warnings).toEqual([])
  })

  test('reads every kind of value', () => {
    const { config } = loadConfig({
      MC_PORT: ' 8080 ',
      MC_RATE_LIMITS: 'off',
      DEPLOYMENT_MODE: 'multi-tenant',
      MC_CORS_ORIGIN: 'https://app.example.com, capacitor://localhost,https://app.example.com',
      MC_TRUSTED_PROXIES: '10.0.0.2,::1',
      MC_PUBLIC_URL: 'https://MC.example.com/',
    })
    expect(config).toMatchObject({
      port: 8080,
      rate_limits: false,
      single_tenant: false,
      cors_origins: ['https://app.example.com', 'capacitor://localhost'],
      trusted_proxies: ['10.0.0.2', '::1'],
      public_url: 'https://mc.example.com',
    })
  })

  test('an empty variable counts as not set', () => {
    expect(loadConfig({ MC_PORT: '', MC_REDIS_URL: ' ', MC_PUBLIC_URL: '' }).config.port).toBe(3000)
  })

  test('lists all problems at once, each naming its setting and never its value', () => {
    const problems = problemsOf({
      MC_PORT: '70000',
      MC_RATE_LIMITS: 'maybe',
      DEPLOYMENT_MODE: 'both',
      MC_JWT_SECRET: 'hunter2',
      MC_DATABASE_URL: 'mysql://root:hunter2@db/mc',
      MC_TRUSTED_PROXIES: '10.0.0.0/33',
      MC_LOG_LEVEL: 'loud',
    })
    expect(problems.map((problem) => problem.split(' ')[0] ?? '').sort()).toEqual([
      'DEPLOYMENT_MODE',
      'MC_DATABASE_URL',
      'MC_JWT_SECRET',
      'MC_LOG_LEVEL',
      'MC_PORT',
      'MC_RATE_LIMITS',
      'MC_TRUSTED_PROXIES',
    ])
    expect(problems.join()).not.toContain('hunter2')
  })

  test.each([['3000.5'], ['-1'], ['1e3'], ['0x10'], ['٣'], ['65536']])('refuses the port %p', (MC_PORT) => {
    expect(problemsOf({ MC_PORT })).toEqual(['MC_PORT must be a whole number from 0 to 65535.'])
  })

  test.each([
    '*',
    'https://a.example.com/',
    'https://a.example.com/x',
    'a.example.com',
    'https://u@a.example.com',
    'https://*.example.com',
  ])('refuses the CORS origin %p', (MC_CORS_ORIGIN) => {
    expect(problemsOf({ MC_CORS_ORIGIN })).toHaveLength(1)
  })

  test('unknown MC_ names are a warning, other programs’ names are not', () => {
    const { warnings } = loadConfig({ MC_PROT: '1', MC_BRIDGE_LOG: 'x', PATH: '/bin', MC_TEST_LONG: '1' })
    expect(warnings).toEqual(['MC_PROT is not a setting of this server and has no effect.'])
  })
})

describe('MC_PUBLIC_URL', () => {
  test.each([
    'http://localhost:3000',
    'http://127.0.0.1',
    'http://[::1]:8080',
    'https://mc.example.com',
    'https://mc.example.com:8443',
  ])('takes %p', (MC_PUBLIC_URL) => {
    expect(loadConfig({ MC_PUBLIC_URL }).config.public_url).toBe(MC_PUBLIC_URL)
  })

  test.each(['http://mc.example.com', 'http://10.0.0.1:3000', 'http://localhost.example.com'])(
    'refuses plain http on %p',
    (MC_PUBLIC_URL) => {
      expect(problemsOf({ MC_PUBLIC_URL })[0]).toContain('MC_ALLOW_HTTP=1')
      const { config, warnings } = loadConfig({ MC_PUBLIC_URL, MC_ALLOW_HTTP: '1' })
      expect(config.public_url).toBe(MC_PUBLIC_URL)
      expect(warnings.join()).toContain('unencrypted')
    },
  )

  test.each([
    'https://mc.example.com/app',
    'https://mc.example.com?x',
    'https://u:p@mc.example.com',
    'https://mc.example.com/#a',
    'ftp://mc.example.com',
    'mc.example.com',
    '/',
  ])('refuses %p', (MC_PUBLIC_URL) => {
    expect(problemsOf({ MC_PUBLIC_URL })).toHaveLength(1)
  })

  test('without it the three local addresses at the real port are the own origins', () => {
    expect(loadConfig({ MC_PORT: '4321' }).config).toMatchObject({
      public_url: 'http://localhost:4321',
      own_origins: ['http://localhost:4321', 'http://127.0.0.1:4321', 'http://[::1]:4321'],
      https: false,
    })
    expect(addressOf(undefined, 80, '').own_origins).toEqual([
      'http://localhost',
      'http://127.0.0.1',
      'http://[::1]',
    ])
  })

  test('with https it is the only origin and cookies are bound to TLS', () => {
    expect(loadConfig({ MC_PUBLIC_URL: 'https://mc.example.com' }).config).toMatchObject({
      public_url: 'https://mc.example.com',
      own_origins: ['https://mc.example.com'],
      https: true,
    })
  })

  test('listening on every interface without it is a warning', () => {
    expect(loadConfig({ MC_HOST: '0.0.0.0' }).warnings).toHaveLength(1)
    expect(loadConfig({ MC_HOST: '0.0.0.0', MC_PUBLIC_URL: 'https://mc.example.com' }).warnings).toEqual([])
  })
})

const CLUSTER = {
  MC_REDIS_URL: 'redis://cache',
  MC_DATABASE_URL: 'postgres://mc_app:pw@db/mc',
  MC_JWT_SECRET: SECRET,
  MC_KEY_PEPPER: SECRET,
}

describe('MC_REDIS_URL', () => {
  test.each([
    'redis://cache',
    'redis://:p%40ss@cache:6380/3',
    'rediss://user:pw@[::1]:6379/',
    'redis+sentinel://:pw@a,b:26380/main',
    'rediss+sentinel://a,b,c/main/2?sentinel_password=pw',
  ])('takes %p', (MC_REDIS_URL) => {
    expect(loadConfig({ ...CLUSTER, MC_REDIS_URL }).config.redis_url).toBe(MC_REDIS_URL)
  })

  test.each([
    'cache',
    'http://cache',
    'redis://',
    'redis://a,b',
    'redis://cache/x',
    'redis+sentinel://a,b',
    'redis://h?x',
  ])('refuses %p', (MC_REDIS_URL) => {
    expect(problemsOf({ ...CLUSTER, MC_REDIS_URL })).toHaveLength(1)
  })
})

describe('settings that need each other', () => {
  test.each([
    [{ MC_DATABASE_OWNER_URL: 'postgres://o@db/mc' }, 'MC_DATABASE_URL'],
    [{ MC_JWT_SECRET_PREVIOUS: SECRET }, 'MC_JWT_SECRET'],
    [{ ...CLUSTER, MC_DATABASE_URL: '' }, 'MC_DATABASE_URL'],
    [{ ...CLUSTER, MC_JWT_SECRET: '' }, 'MC_JWT_SECRET'],
    [{ ...CLUSTER, MC_KEY_PEPPER: '' }, 'MC_KEY_PEPPER'],
  ])('%p asks for %s', (env, missing) => {
    const problems = problemsOf(env)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toStartWith(missing)
  })

  test.each(['short', 'a'.repeat(64)])('a weak secret is refused', (MC_KEY_PEPPER) => {
    expect(problemsOf({ MC_KEY_PEPPER })).toHaveLength(1)
  })
})

describe('printConfig', () => {
  test('masks secrets and the passwords of URLs', () => {
    const printed = printConfig({
      MC_JWT_SECRET: SECRET,
      MC_DATABASE_URL: 'postgres://mc_app:s3cr3t-one@db/mc?sslpassword=s3cr3t-two',
      MC_REDIS_URL: 'redis://:s3cr3t-three@cache',
      MC_SMTP_URL: 'smtp://me:s3cr3t:four@mail',
      MC_S3_SECRET_ACCESS_KEY: 's3cr3t-five',
      MC_PORT: '8080',
    })
    expect(printed).toContain('MC_PORT=8080\n')
    expect(printed).toContain('MC_JWT_SECRET=********\n')
    expect(printed).toContain('@db/mc')
    expect(printed).not.toContain('s3cr3t')
    expect(printed).not.toContain(SECRET)
  })

  test('names every setting, also of a configuration that cannot be used', () => {
    const printed = printConfig({ MC_PORT: 'x' })
    for (const { name } of settingsOf({})) expect(printed).toContain(name)
  })

  test('whatever is called a secret in the table has a name that says so, and the other way round', () => {
    for (const { name, secret } of settingsOf({}))
      expect([name, secret]).toEqual([name, /SECRET|PEPPER|TOKEN/.test(name)])
  })
})

describe('MC_BASE_PATH', () => {
  test.each([
    ['/mc', '/mc'],
    ['/mc/', '/mc'],
    ['/tools/mission-control/', '/tools/mission-control'],
    ['/apis', '/apis'],
    ['/', ''],
    ['', ''],
  ])('takes %p', (MC_BASE_PATH, base_path) => {
    const { config } = loadConfig({ MC_BASE_PATH, MC_PUBLIC_URL: 'https://mc.example.com' })
    expect(config).toMatchObject({
      base_path,
      public_url: `https://mc.example.com${base_path}`,
      own_origins: ['https://mc.example.com'],
    })
  })

  test.each([
    'mc',
    '//mc',
    '/a//b',
    '/../mc',
    '/a/..',
    '/mc?x',
    '/"><script>',
    '/api',
    '/auth/x',
    '/Docs',
    '/o',
    '/a b',
  ])('refuses %p', (MC_BASE_PATH) => {
    expect(problemsOf({ MC_BASE_PATH })).toHaveLength(1)
  })
})
