import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { Copy, DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { settingsOf } from '../../../src/config.ts'
import schema from '../../support/compose-spec/compose-spec.json'
import { assemble, canAssemble, type Image } from '../../support/image.ts'
import { freePort } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const CADDY = Bun.which('caddy')
const DOCKERFILES = ['server.Dockerfile', 'bridge.Dockerfile']
const COMPOSE = ['docker-compose.yml', 'docker-compose.selfhost.yml', 'docker-compose.dev.yml']
const read = (name: string) => readFileSync(join(ROOT, 'docker', name), 'utf8')

describe.each(DOCKERFILES)('%s', (name) => {
  const instructions = DockerfileParser.parse(read(name)).getInstructions()
  const of = (keyword: string) => instructions.filter((found) => found.getKeyword() === keyword)
  const argumentsOf = (keyword: string) => of(keyword).map((found) => found.getArgumentsContent() ?? '')

  test('has no finding of the linter', () => {
    expect(validate(read(name)).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual(
      [],
    )
  })

  test('names every base by registry and version, and the Bun of this repository', () => {
    for (const base of argumentsOf('FROM'))
      expect(base).toMatch(/^docker\.io\/[a-z/]+:(?!latest)[\w.-]+( AS \w+)?$/)
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(argumentsOf('FROM')[0]).toContain(`oven/bun:${devDependencies.bun}-`)
  })

  test('ends as a user without rights, with a health check and programs without a shell', () => {
    expect(argumentsOf('USER')).toHaveLength(1)
    expect(argumentsOf('USER')[0]).toMatch(/^\d{5}:\d{5}$/)
    for (const keyword of ['ENTRYPOINT', 'CMD'])
      expect(Array.isArray(JSON.parse(argumentsOf(keyword)[0]!))).toBe(true)
    expect(argumentsOf('HEALTHCHECK')[0]).toMatch(/CMD \["\/opt\/mission-control\//)
    expect(read(name)).not.toMatch(/MC_\w*(SECRET|PASSWORD|TOKEN|PEPPER)\w*=/)
  })

  test('copies only what is there', () => {
    for (const found of of('COPY')) {
      if (!(found instanceof Copy) || found.getFromFlag()) continue
      for (const source of found.getArguments().slice(0, -1))
        expect(existsSync(join(ROOT, source.getValue())), source.getValue()).toBe(true)
    }
  })
})

interface Service {
  image?: string
  environment?: Record<string, string>
  ports?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  healthcheck?: unknown
  depends_on?: Record<string, unknown>
  networks?: string[]
}
interface Compose {
  services: Record<string, Service>
}

describe.each(COMPOSE)('%s', (name) => {
  const file = Bun.YAML.parse(read(name)) as Compose
  const services = Object.entries(file.services)

  test('follows the schema of compose files', () => {
    const ajv = new Ajv({ strict: false, allErrors: true })
    addFormats(ajv)
    ajv.addFormat('expose', true)
    ajv.addFormat('ports', true)
    ajv.addFormat('subnet_ip_address', true)
    ajv.addFormat('duration', true)
    // Its draft under an address that the validator does not have.
    const { $schema: _, ...rules } = schema
    const check = ajv.compile(rules)
    expect(check(file) ? [] : check.errors).toEqual([])
  })

  test('gives only settings that the server knows, and no secret by value', () => {
    const known = new Set(settingsOf({}).map((setting) => setting.name))
    for (const [service, { environment = {}, image = '' }] of services) {
      if (!image.includes('mission-control/server')) continue
      for (const [key, value] of Object.entries(environment)) {
        expect(known.has(key), `${service}: ${key}`).toBe(true)
        if (/SECRET|PEPPER|TOKEN|PASSWORD/.test(key)) expect(value, key).toMatch(/^\$\{\w+:[?-]/)
        if (key.includes('DATABASE')) expect(value).toMatch(/:\$\{\w+PASSWORD:\?/)
      }
    }
  })

  test('opens ports to the proxy only, or to this machine', () => {
    for (const [service, { ports = [] }] of services)
      for (const port of ports)
        expect(service === 'caddy' || port.startsWith('127.0.0.1:'), `${service} ${port}`).toBe(true)
  })

  test('runs the server with a read-only root and without capabilities', () => {
    for (const [service, { image = '', read_only, cap_drop, security_opt }] of services) {
      if (!image.includes('mission-control/server')) continue
      expect([service, read_only, cap_drop, security_opt]).toEqual([
        service,
        true,
        ['ALL'],
        ['no-new-privileges:true'],
      ])
    }
  })
})

describe.skipIf(!CADDY)('the Caddyfile', () => {
  test('is one that Caddy takes', () => {
    const checked = Bun.spawnSync(
      [CADDY ?? '', 'validate', '--config', join(ROOT, 'docker', 'Caddyfile'), '--adapter', 'caddyfile'],
      { env: { HOME: '/tmp', MC_DOMAIN: 'mc.example.com', MC_UPSTREAMS: '127.0.0.1:1 127.0.0.1:2' } },
    )
    expect(checked.stdout.toString() + checked.stderr.toString()).toContain('Valid configuration')
  })
})

/** Elsewhere nothing may be mounted; the checks above hold all the same. */
if (canAssemble())
  describe('the images, assembled by the steps of their Dockerfiles', () => {
    let server: Image
    let bridge: Image
    beforeAll(async () => {
      const replaced = {
        'bun install --frozen-lockfile --ignore-scripts': (root: string) => {
          for (const part of ['', 'ui', 'bridge'])
            symlinkSync(join(ROOT, part, 'node_modules'), join(root, 'src', part, 'node_modules'))
        },
        'bun run build': (root: string) =>
          cpSync(join(ROOT, 'ui', 'dist'), join(root, 'src', 'ui', 'dist'), { recursive: true }),
      }
      server = await assemble(join(ROOT, 'docker', 'server.Dockerfile'), { context: ROOT, replaced })
      bridge = await assemble(join(ROOT, 'docker', 'bridge.Dockerfile'), { context: ROOT, replaced })
    })
    afterAll(async () => {
      await server?.remove()
      await bridge?.remove()
    })

    async function run(image: Image, command: readonly string[], env: Record<string, string> = {}) {
      const child = image.spawn(command, env)
      const [out, err] = [await new Response(child.stdout).text(), await new Response(child.stderr).text()]
      return { code: await child.exited, output: out + err }
    }

    test('the root is read-only, the user has no rights, and there is no Bun or Node in the image', async () => {
      const { output } = await run(server, [
        '/bin/sh',
        '-c',
        'id -u; touch /etc/x /opt/x /usr/bin/x 2>&1 | grep -c "Read-only file system"; command -v bun node; touch /data/x /tmp/x && echo writable',
      ])
      expect(output.trim().split('\n')).toEqual(['10001', '3', 'writable'])
    })

    test('the server starts, is healthy, passes the smoke test, and ends when it is told to', async () => {
      const port = freePort()
      const env = { MC_PORT: String(port), MC_RATE_LIMITS: 'off' }
      expect((await run(server, server.health, env)).code).toBe(1)
      const child = server.spawn([...server.entrypoint, ...server.command], env)
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        void (async () => {
          for await (const chunk of stream) output += new TextDecoder().decode(chunk)
        })()
      try {
        await until(async () => {
          if (child.exitCode !== null) throw new Error(output)
          return (await run(server, server.health, env)).code === 0
        }, 'the server')
        const token = /setup\?token=(\S+)/.exec(output)?.[1] ?? ''
        const smoke = Bun.spawnSync(
          [process.execPath, 'scripts/smoke.ts', `http://localhost:${port}`, `--setup-token=${token}`],
          { cwd: ROOT },
        )
        expect(smoke.stdout.toString()).toContain(' passed, 0 failed\n')
      } finally {
        child.kill('SIGTERM')
        await child.exited
      }
      expect(child.exitCode).toBe(0)
    })

    test('the bridge starts and says what it lacks', async () => {
      const version = await run(bridge, [...bridge.entrypoint, 'version'])
      expect(version.output).toMatch(/\d+\.\d+\.\d+/)
      const started = await run(bridge, [...bridge.entrypoint, ...bridge.command])
      expect(started.output).toContain('/etc/mission-control/comms-bridge.yaml')
      expect(started.code).toBe(2)
      expect((await run(bridge, bridge.health)).code).not.toBe(0)
    })
  })
