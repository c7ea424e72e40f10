/**
 * Two nodes behind each real proxy with the product's own configuration of it, without sticky sessions: each request and
 * each reconnect may go to the other node. And one server below a path, by the lines of docs/operations.md.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '../../../src/contracts/ids.ts'
import type { Export, Message } from '../../../src/contracts/resources.ts'
import { type NodesBehind, startBehind } from '../../support/behind.ts'
import { type Agent, addAgent, generalChannel, PASSWORD, type Person, setUp } from '../../support/client.ts'
import { PROXIES } from '../../support/proxies.ts'
import type { TestProxy } from '../../support/proxy.ts'
import { freePort, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const RETRIED = [502, 503, 504]
/** Together more than sockets and proxies hold between a server and a reader that takes its time. */
const [LARGE_PROJECTS, DESCRIPTION_CHARACTERS] = [130, 49_000]
/** Whoever asks from it is not the proxy, and not this machine as the proxy sees it: every address of 127/8 leads here. */
const VISITOR = '127.0.0.7'
const STRANGER = '127.0.0.8'
const FORGED = '203.0.113.9'

/** What a certificate is worth, which protocol was spoken, and headers as they came: curl tells all of it. */
async function curl(...words: string[]): Promise<{ code: number; out: string }> {
  const child = Bun.spawn(['curl', '--silent', '--max-time', '120', ...words], {
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const out = await new Response(child.stdout).text()
  return { code: await child.exited, out }
}

const addressesOf = (text: string) =>
  [...text.matchAll(/"(?:uri|path)":"([^"]*)"/g)].map(([, found]) => found)

/** The smoke test through a proxy, whose certificate it checks. */
async function smoke(proxy: TestProxy, ...words: string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, 'scripts/smoke.ts', ...words], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      NODE_EXTRA_CA_CERTS: proxy.authority,
      MC_SMOKE_PASSWORD: PASSWORD,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return out + err
}

// The authorities of these proxies are nobody's, and this process has no other peers. Programs that it starts check them.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'

for (const { name, present, start } of PROXIES)
  describe.skipIf(!present)(`two nodes behind ${name}`, () => {
    let behind: NodesBehind
    let proxy: TestProxy
    let nodes: TestServer[]
    let admin: Person
    let agent: Agent
    let channel_id: string

    beforeAll(async () => {
      behind = await startBehind(start)
      ;({ proxy, nodes } = behind)
      admin = await setUp({ url: proxy.url, setup_token: nodes[0]!.setup_token })
      agent = await addAgent(admin, 'forge')
      channel_id = (await generalChannel(admin)).id
    })
    afterAll(async () => {
      await behind?.stop()
    })

    /** What a client library does: the same key until there is a final answer. 0: there was none. */
    async function post(content: string, statuses: number[] = []): Promise<Message> {
      const client_id = newId()
      for (;;) {
        const answer = await fetch(`${proxy.url}/api/v1/orgs/${agent.org}/channels/${channel_id}/messages`, {
          method: 'POST',
          headers: { ...agent.headers, 'Content-Type': 'application/json' },
          body: JSON.stringify({ content, client_id }),
        }).catch(() => undefined)
        statuses.push(answer?.status ?? 0)
        if (answer && answer.status < 300) return (await answer.json()) as Message
        if (answer && !RETRIED.includes(answer.status)) throw new Error(`answered ${answer.status}`)
        await Bun.sleep(50)
      }
    }
    const streamOf = (query = '') => `${proxy.url}/api/v1/orgs/${agent.org}/events/stream${query}`

    test('its certificate is worth what its authority is, and it speaks HTTP/2', async () => {
      const known = ['--cacert', proxy.authority, '--output', '/dev/null']
      const written = ['--write-out', '%{http_code} %{http_version}']
      expect(await curl(...known, ...written, `${proxy.url}/ready`)).toEqual({ code: 0, out: '200 2' })
      // An authority that is not known.
      expect((await curl('--output', '/dev/null', `${proxy.url}/ready`)).code).toBe(60)
    })

    test('plain requests are led to TLS; each answer by TLS demands it for the future, once, and no other does', async () => {
      const plain = await fetch(`http://localhost:${proxy.http_port}/login`, { redirect: 'manual' })
      expect([301, 308]).toContain(plain.status)
      expect(plain.headers.get('location')).toStartWith('https://localhost')
      expect(plain.headers.has('strict-transport-security')).toBe(false)
      for (const path of ['/', '/login', '/docs', '/ready', '/api/v1/orgs/nobody/tasks', '/api/nothing']) {
        const { headers } = await fetch(proxy.url + path)
        expect([path, headers.get('strict-transport-security')]).toEqual([
          path,
          'max-age=63072000; includeSubDomains',
        ])
        expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
        expect([path, headers.get('x-frame-options')]).toEqual([path, 'DENY'])
      }
    })

    test('every critical path works', async () => {
      const words = ['--email', 'ines@example.com', '--org', admin.org]
      expect(await smoke(proxy, proxy.url, ...words)).toContain(' passed, 0 failed\n')
    })

    test('an event stream is not held back: its first byte and later events come while it is open', async () => {
      // Each node has checked the key: that takes a while, once.
      for (const _ of [...nodes, ...nodes]) await agent.in('GET', '/channels')
      const asked_at = performance.now()
      const answer = await fetch(streamOf('?types=message.created'), {
        headers: { ...agent.headers, Accept: 'text/event-stream' },
      })
      expect(answer.headers.get('content-type')).toContain('text/event-stream')
      const reader = answer.body!.getReader()
      const first = await reader.read()
      const first_byte_ms = performance.now() - asked_at
      expect([first.done, (first.value?.length ?? 0) > 0]).toEqual([false, true])
      const posted_at = performance.now()
      const { id } = await post('through the proxy')
      let text = ''
      while (!text.includes(id)) {
        const { done, value } = await reader.read()
        expect(done).toBe(false)
        text += new TextDecoder().decode(value)
      }
      const event_ms = performance.now() - posted_at
      console.log(
        `${name}: first byte after ${first_byte_ms.toFixed(1)} ms, an event ${event_ms.toFixed(1)} ms after its request`,
      )
      await reader.cancel()
    })

    test('a socket takes and brings messages', async () => {
      const socket = await WsJournal.open(
        `${proxy.url}/api/v1/orgs/${agent.org}/channels/ws`,
        agent.headers,
        { log: null },
      )
      const { id } = await post('to the socket')
      await until(() => socket.messages(channel_id).some((message) => message.id === id), 'the message')
      expect(socket.problems).toEqual([])
      socket.close()
    })

    test('only the proxy may say for whom it asks', async () => {
      const attempt = (base: string, from: string) =>
        curl(
          ...['--interface', from, '--cacert', proxy.authority, '--header', 'Content-Type: application/json'],
          ...['--header', `X-Forwarded-For: ${FORGED}`, '--header', `Forwarded: for=${FORGED}`],
          ...['--header', 'X-Forwarded-Proto: http', '--header', 'X-Forwarded-Host: evil.example.com'],
          ...['--data', JSON.stringify({ email: 'ines@example.com', password: 'wrong wrong wrong' })],
          ...['--write-out', '%{http_code}', '--output', '/dev/null', `${base}/auth/password`],
        )
      const by_proxy = process.platform === 'linux' ? VISITOR : '127.0.0.1'
      expect((await attempt(proxy.url, by_proxy)).out).toBe('401')
      // Beside the proxy, at the node's own port.
      if (process.platform === 'linux') expect((await attempt(nodes[0]!.url, STRANGER)).out).toBe('401')
      const recorded = async () => {
        const { body } = await admin.in<{ data: { payload: { ip: string } }[] }>(
          'GET',
          '/events?type=auth.login_failure',
        )
        return body.data.map(({ payload }) => payload.ip).sort()
      }
      const expected = process.platform === 'linux' ? [VISITOR, STRANGER] : ['127.0.0.1']
      await until(async () => (await recorded()).length >= expected.length, 'the records')
      expect(await recorded()).toEqual(expected)
    })

    test('a large download is whole, byte for byte, for a reader that takes its time', async () => {
      for (let i = 0; i < LARGE_PROJECTS; i++) {
        const description = randomBytes((DESCRIPTION_CHARACTERS * 3) / 4).toString('base64url')
        const project = { name: `Large ${i}`, type: 'software', description }
        expect((await admin.in('POST', '/projects', project)).status).toBe(201)
      }
      const { id } = (await admin.in<Export>('POST', '/exports')).body
      const state = async () => (await admin.in<Export>('GET', `/exports/${id}`)).body
      await until(async () => !['pending', 'processing'].includes((await state()).status), 'the export')
      const made = await state()
      expect(made.status).toBe('ready')
      const answer = await fetch(`${proxy.url}/api/v1/orgs/${admin.org}/exports/${id}/download`, {
        headers: { Cookie: admin.cookieHeader },
      })
      expect(answer.headers.get('content-length')).toBe(String(made.size_bytes))
      const sum = createHash('sha256')
      let bytes = 0
      for await (const chunk of answer.body!) {
        if (bytes === 0) await Bun.sleep(500)
        bytes += chunk.length
        sum.update(chunk)
      }
      expect(bytes).toBe(made.size_bytes!)
      expect(bytes).toBeGreaterThan((LARGE_PROJECTS * DESCRIPTION_CHARACTERS) / 2)
      expect(sum.digest('hex')).toBe(made.sha256!)
    })

    test('a body above the limit is refused by the server, in its own words', async () => {
      const { status, body } = await agent.in<{ error: { code: string } }>(
        'POST',
        `/channels/${channel_id}/messages`,
        { content: 'x'.repeat(1_100_000) },
      )
      expect([status, body.error.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    })

    test('a rolling restart under load loses and repeats nothing, on any stream', async () => {
      const streams: SseJournal[] = []
      const sockets: WsJournal[] = []
      const read_statuses: number[] = []
      let over = false
      /** A reader as clients have it: comes back with its cursor until all is over. */
      const reader = async () => {
        let cursor: string | undefined
        while (!over) {
          const headers = { ...agent.headers, ...(cursor === undefined ? {} : { 'Last-Event-ID': cursor }) }
          const stream = await SseJournal.open(streamOf('?types=message.created'), headers).catch(
            () => undefined,
          )
          if (stream?.status !== 200) {
            if (stream) read_statuses.push(stream.status)
            await Bun.sleep(50)
            continue
          }
          streams.push(stream)
          await until(() => stream.ended || over)
          cursor = stream.last_id ?? cursor
          if (over) await stream.close()
        }
      }
      const { last_seq } = (await admin.in<{ last_seq: number }>('GET', `/channels/${channel_id}`)).body
      const chat = async () => {
        const at = `${proxy.url}/api/v1/orgs/${agent.org}/channels/ws`
        let last = last_seq
        while (!over) {
          const socket = await WsJournal.open(at, agent.headers, {
            log: null,
            resume: { [channel_id]: last },
          }).catch(() => undefined)
          if (!socket) {
            await Bun.sleep(50)
            continue
          }
          sockets.push(socket)
          await until(() => socket.close_code !== undefined || over)
          last = socket.messages(channel_id).at(-1)?.seq ?? last
          if (over) socket.close()
        }
      }
      const lists = async () => {
        while (!over) {
          const { url, org, headers } = agent
          const answer = await fetch(`${url}/api/v1/orgs/${org}/channels`, { headers }).catch(() => undefined)
          read_statuses.push(answer?.status ?? 0)
          await answer?.text().catch(() => undefined)
          await Bun.sleep(20)
        }
      }

      const readers = [reader(), chat(), lists()]
      await until(() => streams.length === 1 && sockets.length === 1, 'the readers')
      const acknowledged: Message[] = []
      const statuses: number[] = []
      let sent = 0
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        while (!over) {
          acknowledged.push(await post(`rolling ${writer} ${sent++}`, statuses))
          await Bun.sleep(20)
        }
      })
      for (const node of nodes) {
        await Bun.sleep(500)
        await node.restart()
      }
      await Bun.sleep(500)
      const seen = () => streams.flatMap(({ messages }) => messages).map(({ id }) => id)
      const heard = () => sockets.flatMap((socket) => socket.messages(channel_id)).map(({ id }) => id)
      const marker = await post('the end')
      await until(() => seen().includes(marker.id) && heard().includes(marker.id), 'the end on both streams')
      over = true
      await Promise.all([...readers, ...writers])

      const before_end = (all: readonly string[]) => all.slice(0, all.indexOf(marker.id))
      const earlier = acknowledged.filter(({ seq }) => seq < marker.seq).map(({ id }) => id)
      for (const read of [before_end(seen()), before_end(heard())]) {
        expect(new Set(read).size).toBe(read.length)
        expect(earlier.filter((id) => !read.includes(id))).toEqual([])
      }
      expect(before_end(seen()).slice(-20)).toEqual(before_end(heard()).slice(-20))
      // Every request that was not taken is one that a client library repeats: no answer, or one that asks for it.
      const count = (all: number[], of: number) => all.filter((status) => status === of).length
      expect(statuses.filter((status) => ![0, 201, ...RETRIED].includes(status))).toEqual([])
      expect(read_statuses.filter((status) => ![0, 200, ...RETRIED].includes(status))).toEqual([])
      console.log(
        `${name}: of ${statuses.length} writes ${statuses.length - count(statuses, 201)} were repeated, of ${read_statuses.length} reads ${read_statuses.length - count(read_statuses, 200)}`,
      )
    })

    test('nothing that it logs has a query string, a one-time link or a key, also when no node answers', async () => {
      const invited = await admin.in<{ invite_url: string }>('POST', '/users', {
        type: 'human',
        email: 'ana@example.com',
        display_name: 'Ana Lima',
        role: 'contributor',
      })
      const token = invited.body.invite_url.split('/').at(-1)!
      const secret = 'seldom-said-word'
      const ask = async () => {
        const pages = [`/invite/${token}`, `/auth/invites/${token}`, `/setup?token=${secret}`]
        const paths = [...pages, `/api/v1/orgs/${agent.org}/search?q=${secret}`, `/login?word=${secret}`]
        return await Promise.all(paths.map((path) => fetch(proxy.url + path, { headers: agent.headers })))
      }
      await ask()
      await Promise.all(nodes.map((node) => node.kill('SIGTERM')))
      for (const { status, headers } of await ask()) {
        expect(RETRIED).toContain(status)
        // An answer of the proxy itself.
        expect(headers.get('strict-transport-security')).toBe('max-age=63072000')
        expect(headers.get('x-frame-options')).toBe('DENY')
      }
      for (const node of nodes) await node.restart()
      await ask()
      const searches = () => addressesOf(proxy.log()).filter((path) => path?.endsWith('/search')).length
      await until(() => searches() >= 3, 'the log')
      expect(addressesOf(proxy.log())).toContain(`/invite/${name === 'nginx' ? '-' : ''}`)
      expect(proxy.log()).not.toMatch(/\?|%3F/i)
      for (const hidden of [secret, token, agent.key, nodes[0]!.setup_token, admin.cookieHeader])
        expect(proxy.log()).not.toContain(hidden)
      expect(proxy.log()).not.toMatch(/authorization|cookie|mc_session/i)
    })
  })

describe.skipIf(PROXIES.some(({ present }) => !present))('below a path, as docs/operations.md has it', () => {
  const [lines = ''] =
    /# nginx, keeping the path\n[\s\S]*?```/.exec(
      readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8'),
    ) ?? []
  const [nginx = '', caddy = ''] = lines.replace('```', '').split('# Caddy, stripping it')
  const sites = { nginx, Caddy: caddy }

  test.each(PROXIES.map(({ name, start }) => ({ name, start })))(
    '$name: every critical path works, and other paths of the host are not the server’s',
    async ({ name, start }) => {
      const port = freePort()
      const url = `https://localhost:${port}`
      const server = await startServer({
        env: { MC_BASE_PATH: '/mc', MC_PUBLIC_URL: url, MC_TRUSTED_PROXIES: '127.0.0.1/32' },
      })
      const upstreams = [server.port]
      const site = sites[name].replace('127.0.0.1:3000', `127.0.0.1:${server.port}`)
      expect(site).not.toBe(sites[name])
      const proxy = await start({ upstreams, port, site, ready: '/mc/ready' })
      try {
        expect(await smoke(proxy, `${url}/mc`, `--setup-token=${server.setup_token}`)).toContain(
          ' passed, 0 failed\n',
        )
        for (const path of ['/', '/ready', '/mcx/ready'])
          expect((await fetch(url + path)).headers.has('x-request-id')).toBe(false)
      } finally {
        await proxy.stop()
        await server.stop()
      }
    },
  )
})
