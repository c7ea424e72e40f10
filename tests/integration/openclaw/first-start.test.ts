import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, addAgent, type Person, setUp } from '../../support/client.ts'
import { OnTerminal } from '../../support/on-terminal.ts'
import { RealGateway } from '../../support/openclaw/gateway.ts'
import { OPENCLAW_VERSIONS } from '../../support/openclaw/install.ts'
import { startServer, type TestServer } from '../../support/server.ts'

const MC_BRIDGE = [process.execPath, join(import.meta.dir, '../../../bridge/src/main.ts')]

describe.each(OPENCLAW_VERSIONS)('the first start beside OpenClaw %s', (version) => {
  let real: RealGateway
  let server: TestServer
  let admin: Person
  let scribe: Agent
  let home = ''
  let terminal: OnTerminal | undefined

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'bridge-first-start-'))
    server = await startServer()
    admin = await setUp(server)
    scribe = await addAgent(admin, 'release-scribe')
    real = await RealGateway.start(version)
  })
  afterAll(async () => {
    await terminal?.kill()
    await real?.stop()
    await server?.stop()
    rmSync(home, { recursive: true, force: true })
  })

  const env = (more: Record<string, string> = {}) => ({
    PATH: process.env.PATH ?? '',
    HOME: home,
    MC_URL: server.url,
    MC_ORG: 'fieldnote',
    MC_API_KEY: scribe.key,
    ...more,
  })

  async function runs(args: readonly string[], more: Record<string, string> = {}) {
    const child = Bun.spawn([...MC_BRIDGE, ...args], {
      env: env(more),
      cwd: home,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    return { out, err, code }
  }

  test('from another machine, the device is approved by the command that init shows', async () => {
    terminal = new OnTerminal([...MC_BRIDGE, 'init'], { env: env(), cwd: home })
    await terminal.answers(/OpenClaw Gateway\r?\n {2}Address \[[^\]]*\]: /, real.remote_url)
    await terminal.answers(/Shared token \([^\n]*: /, 'not the token')
    await terminal.answers(/does not accept this token[\s\S]*Shared token \([^\n]*: /, real.token)
    const [, request = ''] = await terminal.shows(/openclaw devices approve (\S+)/)
    await real.approve(request)
    await terminal.shows(/ok {2}Approved: OpenClaw/)
    await terminal.answers(/configuration \[release-scribe\]: /, '')
    await terminal.answers(/1 {2}main[\s\S]*2 {2}scout[\s\S]*Number or name \[main\]: /, 'scout')
    await terminal.answers(/3 {2}all[\s\S]*name \[mention\]: /, '')
    await terminal.shows(/← {3}echo: Say hello[\s\S]*posted in #general/)
    expect(await terminal.ended()).toBe(0)
    const config = join(home, '.config/mission-control-bridge/comms-bridge.yaml')
    expect(readFileSync(config, 'utf8')).toContain(`url: ${real.remote_url}`)
    expect(terminal.output).not.toContain(real.token)
  })

  test('a check passes with the token of the device alone', async () => {
    const { out, code } = await runs(['check'])
    expect(out).toContain(`OpenClaw ${version} at ${real.remote_url}, protocol 4, as a paired device.`)
    expect(out).toContain('All works.')
    expect(code).toBe(0)
  })

  test('on the machine of the gateway, its token pairs the device at once', async () => {
    const own = join(home, 'own')
    const more = { HOME: own, OPENCLAW_GATEWAY_URL: real.url, OPENCLAW_GATEWAY_TOKEN: real.token }
    const { out, err, code } = await runs(['init', '--yes'], more)
    expect([err, code]).toEqual(['', 0])
    expect(out).toContain(`Paired: OpenClaw ${version}`)
    expect(out).toContain('posted in #general')
    expect((await runs(['check'], { HOME: own })).code).toBe(0)
  })

  test('a device that was removed is told by the check, and paired anew by init', async () => {
    const own = join(home, 'own')
    const { id } = JSON.parse(
      readFileSync(join(own, '.local/state/mission-control-bridge/device.json'), 'utf8'),
    )
    await real.removeDevice(id)
    const checked = await runs(['check'], { HOME: own })
    expect(checked.code).toBe(1)
    expect(checked.out).toContain('FAIL  gateway')
    const more = { HOME: own, OPENCLAW_GATEWAY_TOKEN: real.token }
    const { out, code } = await runs(['init', '--yes'], more)
    expect(out).toContain('does not know this device any more: it is paired anew')
    expect(code).toBe(0)
  })
})
