import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Agent,
  addAgent,
  generalChannel,
  type Message,
  PASSWORD,
  type Person,
  setUp,
} from '../support/client.ts'
import { bare, commandsOf, documents, ROOT, read, unmarkedCommands } from '../support/documented/commands.ts'
import { RULES } from '../support/documented/rules.ts'
import { type Place, ruleOf, runScript, scriptOf } from '../support/documented/shell.ts'
import { MockGateway } from '../support/mock-gateway/gateway.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'

/** Its commands are run by guide.test.ts, which looks at their effects as well. */
const ELSEWHERE = 'docs/guides/for-agents.md'
const DOCUMENTS = documents().filter((document) => document !== ELSEWHERE && commandsOf(document).length > 0)

/** Names of connections, as PostgreSQL shows them. */
const NO_COMMANDS = ['mission-control jobs', 'mission-control background']

const has_tools = Bun.which('curl') !== null && Bun.which('jq') !== null && Bun.which('setsid') !== null

describe('the commands in the documents', () => {
  test('each fits a rule, and each rule a command', () => {
    const all = documents()
      .filter((one) => one !== ELSEWHERE)
      .flatMap(commandsOf)
    const unknown = all.filter((command) => ruleOf(command) === undefined)
    expect(unknown.map(({ document, line, text }) => `${document}:${line}: ${text}`)).toEqual([])
    const used = new Set(all.map(ruleOf))
    expect(RULES.filter((rule) => !used.has(rule)).map(({ at }) => String(at))).toEqual([])
  })

  test('are marked as commands', () => {
    expect(documents().flatMap(unmarkedCommands)).toEqual([])
  })

  test('that need another machine name what is there', () => {
    const wrong = DOCUMENTS.flatMap(commandsOf).flatMap((command) => {
      const rule = ruleOf(command)
      const problem = rule?.how === 'elsewhere' ? rule.check(bare(command.text)) : undefined
      return problem === undefined ? [] : [`${command.document}:${command.line}: ${problem}`]
    })
    expect(wrong).toEqual([])
  })
})

describe.skipIf(!has_tools)('does what it says', () => {
  let server: TestServer
  let empty: TestServer
  let admin: Person
  let agent: Agent
  let gateway: MockGateway
  let control: ReturnType<typeof Bun.serve>
  let place: Omit<Place, 'own_port'>

  beforeAll(async () => {
    // Documents start the program as a reader does, which builds the app when it is not built.
    expect(
      (await Bun.$`${process.execPath} scripts/start.mjs prepare`.cwd(ROOT).nothrow().quiet()).exitCode,
    ).toBe(0)
    server = await startServer({ cluster: 'own' })
    admin = await setUp(server)
    agent = await addAgent(admin, 'forge')
    // More than one page of what the examples list.
    for (let i = 1; i <= 8; i++) await admin.in('POST', '/tasks', { title: `Report of week ${i}` })
    const general = await generalChannel(admin)
    empty = await startServer()
    while (empty.setup_token === '') await Bun.sleep(10)
    gateway = new MockGateway({ token: 'a gateway token', agents: ['main'] })
    control = Bun.serve({
      port: 0,
      idleTimeout: 0,
      fetch: async () => new Response(await answered(general.id)),
    })
    const home = mkdtempSync(join(tmpdir(), 'mc-home-'))
    configureBridge(home)
    place = {
      url: server.url,
      org: agent.org,
      api_key: agent.key,
      channel_id: general.id,
      email: 'ines@example.com',
      password: PASSWORD,
      data_dir: server.data_dir,
      port: server.port,
      empty: { url: empty.url, token: empty.setup_token },
      control: `http://localhost:${control.port}`,
      home,
    }
  })
  afterAll(async () => {
    await control?.stop(true)
    await gateway?.stop()
    await server?.stop()
    await empty?.stop()
    if (place) rmSync(place.home, { recursive: true, force: true })
  })

  /** The bridge of the guide, as `mc-bridge init` leaves it. */
  function configureBridge(home: string): void {
    const folder = join(home, '.config', 'mission-control-bridge')
    mkdirSync(folder, { recursive: true })
    const keys = join(folder, 'keys.env')
    writeFileSync(keys, `MC_KEY_FORGE=${agent.key}\nGATEWAY_TOKEN=a gateway token\n`)
    chmodSync(keys, 0o600)
    const lines = [
      'mission_control:',
      `  url: ${server.url}`,
      'gateway:',
      `  url: ${gateway.url}`,
      '  token_env: GATEWAY_TOKEN',
      'agents:',
      '  - name: forge',
      '    api_key_env: MC_KEY_FORGE',
      `    org_slug: ${agent.org}`,
      'credentials:',
      '  provider: file',
      '  path: keys.env',
      'health:',
      `  port: ${freePort()}`,
    ]
    writeFileSync(join(folder, 'comms-bridge.yaml'), `${lines.join('\n')}\n`)
  }

  /** Writes to the agent as a person, until it has answered. */
  async function answered(channel_id: string): Promise<string> {
    const path = `/channels/${channel_id}/messages`
    for (;;) {
      const asked = await admin.in<Message>('POST', path, { content: '@forge are you there?' })
      for (let looked = 0; looked < 20; looked++) {
        const { data } = (await admin.in<{ data: Message[] }>('GET', path)).body
        const answer = data.find(({ reply_to }) => reply_to === asked.body.id)
        if (answer) return answer.content
        await Bun.sleep(100)
      }
    }
  }

  test.each(DOCUMENTS)(
    '%s',
    async (document) => {
      const commands = commandsOf(document)
      const own = { ...place, own_port: freePort() }
      const { code, done, out, err } = await runScript(scriptOf(document, commands, own), own)
      const failed = done < commands.length ? `${commands[done]?.line}: ${commands[done]?.text}` : undefined
      expect({
        failed,
        code,
        ...(code === 0 ? {} : { out: out.slice(-2_000), err: err.slice(-2_000) }),
      }).toEqual({
        failed: undefined,
        code: 0,
      })
      if (document === 'docs/tours/writing-an-agent.md')
        expect(out).toContain('You wrote: @forge are you there?')
      if (document === 'docs/api.md') expect(out).toContain('VALIDATION_FAILED')
    },
    600_000,
  )

  test('names commands and options in its sentences that are there', async () => {
    const said = new Map<string, Set<string>>()
    for (const document of documents())
      for (const [, program = '', words = ''] of read(document).matchAll(
        /`(mission-control|mc-bridge) ([a-z][^`]*)`/g,
      )) {
        const name = /^[a-z][a-z-]*(?: [a-z][a-z-]*)?(?= |$)/.exec(words)?.[0] ?? words
        if (NO_COMMANDS.includes(`${program} ${name}`)) continue
        const options = said.get(`${program} ${name}`) ?? new Set()
        for (const [option] of words.matchAll(/--[a-z-]+/g)) options.add(option)
        said.set(`${program} ${name}`, options)
      }
    const wrong = await Promise.all(
      [...said].map(async ([command, options]) => {
        const { out, code } = await runScript(`${command} --help`, { ...place, own_port: 1 })
        const unknown = [...options].filter((option) => !out.includes(option))
        return code === 0 && unknown.length === 0 ? [] : [`${command} ${unknown.join(' ')}`]
      }),
    )
    expect(said.size).toBeGreaterThan(15)
    expect(wrong.flat()).toEqual([])
  })
})
