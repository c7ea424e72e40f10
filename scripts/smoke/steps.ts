import { type Caller, need, SmokeFailure, Socket, Stream, waitFor } from './client.ts'

/** What the steps share: the callers, and what the earlier ones made. */
export interface Smoke {
  base: string
  timeout_ms: number
  /** How to sign in; undefined: only what anybody may do is tried. */
  login:
    | { kind: 'set up'; token: string; email: string; password: string }
    | { kind: 'password'; email: string; password: string; org: string | undefined }
    | undefined
  anonymous: Caller
  person: Caller
  agent: Caller
  /** Tells the rows of this run from those of others. */
  mark: string
  made: {
    agent_id?: string
    project_id?: string
    task_id?: string
    channel_id?: string
    seq?: number
    cursor?: string
  }
  /** A caller with a key. */
  withKey(key: string): Caller
}

export interface Step {
  name: string
  /** Needs an administrator. */
  signed_in?: true
  run(smoke: Smoke): Promise<void>
}

function made(smoke: Smoke, name: 'agent_id' | 'project_id' | 'task_id' | 'channel_id' | 'cursor'): string {
  const id = smoke.made[name]
  if (id === undefined) throw new SmokeFailure('an earlier step failed')
  return id
}

export const STEPS: readonly Step[] = [
  {
    name: 'the server is alive and ready',
    async run({ anonymous }) {
      for (const path of ['/health', '/ready', '/version'])
        need((await anonymous.call('GET', path)).status === 200, `${path} is not 200`)
    },
  },
  {
    name: 'the app is delivered, with its security headers, compressed and cacheable',
    async run({ anonymous, base }) {
      const page = await anonymous.call('GET', '/')
      need(page.status === 200 && page.text.includes('<html'), `the page answered ${page.status}`)
      const policy = page.headers.get('content-security-policy') ?? ''
      need(policy.includes("default-src 'self'"), 'the page has no Content-Security-Policy')
      need(page.headers.get('x-content-type-options') === 'nosniff', 'X-Content-Type-Options is missing')
      need(page.headers.get('x-frame-options') === 'DENY', 'X-Frame-Options is missing')
      if (base.startsWith('https:')) need(page.headers.has('strict-transport-security'), 'HSTS is missing')
      const path = /(?:src|href)="([^"]*\/assets\/[^"]+\.js)"/.exec(page.text)?.[1]
      need(path, 'the page names no script')
      // Addresses in the page begin with the base path already.
      const script = await fetch(new URL(path, base), { headers: { 'Accept-Encoding': 'gzip' } })
      need(script.status === 200, `the script answered ${script.status}`)
      need(script.headers.get('cache-control')?.includes('immutable'), 'the script is not cacheable for ever')
      need((await script.text()).length > 1_000, 'the script is empty')
    },
  },
  {
    name: 'the API document is there, its viewer, and the guide',
    async run({ anonymous }) {
      const document = await anonymous.call('GET', '/docs/json')
      need(document.body?.openapi !== undefined, 'there is no API document')
      need((await anonymous.call('GET', '/docs/')).text.includes('swagger'), 'there is no viewer')
      need((await anonymous.call('GET', '/docs/guide/')).text.includes('<main'), 'there is no guide')
    },
  },
  {
    name: 'nobody sees anything without signing in',
    async run({ anonymous }) {
      for (const path of [
        '/api/v1/orgs',
        '/api/v1/orgs/any/users',
        '/api/v1/orgs/any/events/stream',
        '/auth/me',
      ]) {
        const { status } = await anonymous.call('GET', path)
        need(status === 401, `GET ${path} answered ${status} without credentials`)
      }
      const { status } = await anonymous.call('GET', '/api/v1/orgs/any/users', undefined, {
        Authorization: `Bearer mc_ak_live_${'0'.repeat(12)}_${'A'.repeat(43)}`,
      })
      need(status === 401, `an unknown key answered ${status}`)
    },
  },
  {
    name: 'a person signs in, with cookies that scripts and other sites cannot use',
    signed_in: true,
    async run({ login, person, base, mark }) {
      if (!login) throw new SmokeFailure('no way to sign in was given')
      const { email, password } = login
      const answer =
        login.kind === 'set up'
          ? await person.call('POST', '/auth/setup', {
              token: login.token,
              name: 'Smoke',
              email,
              password,
              org_name: 'Smoke',
              org_slug: mark,
            })
          : await person.call('POST', '/auth/password', { email, password })
      need([200, 201].includes(answer.status), `it answered ${answer.status}: ${answer.text.slice(0, 200)}`)
      const session = answer.headers.getSetCookie().find((cookie) => cookie.includes('mc_session')) ?? ''
      need(/httponly/i.test(session) && /samesite=lax/i.test(session), 'the session cookie is not protected')
      if (base.startsWith('https:')) need(/secure/i.test(session), 'the session cookie is not for TLS only')
      const orgs: { org: { slug: string } }[] = answer.body?.memberships ?? []
      const wanted = login.kind === 'password' ? (login.org ?? orgs[0]?.org.slug) : mark
      need(wanted && orgs.some(({ org }) => org.slug === wanted), 'the person is in no such organization')
      person.org = wanted
      const forged = await person.call(
        'POST',
        `/api/v1/orgs/${wanted}/projects`,
        { name: mark, type: 'docs' },
        {
          'X-CSRF-Token': 'wrong',
        },
      )
      need(forged.status === 403, `a write without the CSRF token answered ${forged.status}`)
    },
  },
  {
    name: 'an agent gets a key, and acts with it',
    signed_in: true,
    async run(smoke) {
      const { body } = await smoke.person.in('POST', '/users', {
        type: 'agent',
        identifier: smoke.mark,
        display_name: smoke.mark,
        role: 'contributor',
      })
      smoke.made.agent_id = body.id
      smoke.agent = smoke.withKey(body.api_key)
      const me = await smoke.agent.in('GET', '/users/me')
      need(me.body.id === body.id, 'the key is that of somebody else')
    },
  },
  {
    name: 'a project and a task are made, assigned, moved and completed with evidence',
    signed_in: true,
    async run(smoke) {
      const { person, agent, mark } = smoke
      const agent_id = made(smoke, 'agent_id')
      const project = (
        await person.in('POST', '/projects', { name: mark, type: 'docs', assigned_user_ids: [agent_id] })
      ).body
      smoke.made.project_id = project.id
      smoke.made.channel_id = project.channel_id
      const task = (
        await person.in('POST', '/tasks', {
          title: mark,
          project_ids: [project.id],
          assignee_ids: [agent_id],
        })
      ).body
      smoke.made.task_id = task.id
      const mine = await agent.in('GET', '/tasks?assigned_to=me')
      need(mine.text.includes(task.id), 'the agent does not see its task')
      await agent.in('POST', `/tasks/${task.id}/transition`, { to_status: 'in-progress' })
      const done = await agent.in('POST', `/tasks/${task.id}/transition`, {
        to_status: 'complete',
        evidence: [{ type: 'pr_link', url: 'https://example.com/pull/1' }],
      })
      need(done.text.includes('"complete"'), 'the task is not complete')
    },
  },
  {
    name: 'a message reaches the event stream at once, unbuffered, and a cursor resumes without a gap',
    signed_in: true,
    async run(smoke) {
      const { person, agent, mark, timeout_ms } = smoke
      const channel = made(smoke, 'channel_id')
      const stream = await Stream.open(agent)
      await waitFor('the first frame of the stream', timeout_ms, () => stream.has('"stream.opened"'))
      const post = { content: `${mark} @${mark} one`, client_id: `${mark}-1` }
      const stored = (await person.in('POST', `/channels/${channel}/messages`, post)).body
      const again = (await person.in('POST', `/channels/${channel}/messages`, post)).body
      need(stored.id === again.id, 'the same message was stored twice')
      smoke.made.seq = stored.seq
      await waitFor('the message', timeout_ms, () => stream.has('"message.created"', stored.id))
      const cursor = stream.cursor
      stream.close()
      const missed = (await person.in('POST', `/channels/${channel}/messages`, { content: `${mark} two` }))
        .body
      const resumed = await Stream.open(agent, cursor)
      await waitFor('the missed message', timeout_ms, () => resumed.has('"message.created"', missed.id))
      need(!resumed.has('"message.created"', stored.id), 'the stream repeated a message')
      resumed.close()
    },
  },
  {
    name: 'two sockets talk: acknowledged, delivered, in one order',
    signed_in: true,
    async run(smoke) {
      const { person, agent, mark, timeout_ms, base } = smoke
      const channel = made(smoke, 'channel_id')
      const browser = new Socket(person.key === undefined ? originOf(person, base) : person)
      const program = new Socket(agent)
      try {
        for (const socket of [browser, program])
          await waitFor('a socket', timeout_ms, () => {
            need(!socket.closed, 'the socket was refused')
            return socket.has('"ready"')
          })
        browser.send({
          type: 'message',
          channel_id: channel,
          content: `${mark} three`,
          client_id: `${mark}-3`,
        })
        await waitFor('the acknowledgement', timeout_ms, () => browser.has('"ack"', `${mark}-3`))
        await waitFor('the frame', timeout_ms, () => program.has('"message"', `${mark} three`))
      } finally {
        browser.close()
        program.close()
      }
      const { body } = await agent.in('GET', `/channels/${channel}/messages?limit=50`)
      const seqs = body.data.map(({ seq }: { seq: number }) => seq).sort((a: number, b: number) => a - b)
      need(
        seqs.every((seq: number, i: number) => i === 0 || seq === seqs[i - 1] + 1),
        'the numbers of the messages have a gap',
      )
    },
  },
  {
    name: 'a mention notifies, and search finds what may be read',
    signed_in: true,
    async run({ person, agent, mark, timeout_ms }) {
      await waitFor('the notification', timeout_ms, async () =>
        (await agent.in('GET', '/notifications')).text.includes(mark),
      )
      const { body } = await person.in('GET', `/search?q=${mark}`)
      need(body.data.length > 0, 'search finds nothing')
    },
  },
  {
    name: 'a sub-agent is spawned for a task, works with its own key, and ends',
    signed_in: true,
    async run(smoke) {
      const { person, mark } = smoke
      const project_id = made(smoke, 'project_id')
      const task = (await person.in('POST', '/tasks', { title: `${mark} help`, project_ids: [project_id] }))
        .body
      const spawned = await person.call('POST', `/api/v1/orgs/${person.org}/sub-agents`, {
        task_id: task.id,
        model: 'smoke',
        instructions: 'Complete at once.',
        timeout_minutes: 5,
      })
      // An organization may allow no model of this name: that it says so is what a client needs.
      if (spawned.status === 422 || spawned.status === 400 || spawned.status === 403) return
      need(spawned.status === 201, `it answered ${spawned.status}: ${spawned.text.slice(0, 200)}`)
      const helper = smoke.withKey(spawned.body.ephemeral_api_key)
      await helper.in('GET', `/tasks/${task.id}`)
      await helper.in('POST', '/sub-agents/me/complete', { summary: 'Done.' })
      await helper.in('GET', `/tasks/${task.id}`, undefined, [401])
    },
  },
  {
    name: 'an export is made in the background and downloaded whole',
    signed_in: true,
    async run({ person, timeout_ms }) {
      const { body } = await person.in('POST', '/exports')
      let size = 0
      await waitFor('the export', timeout_ms, async () => {
        const now = (await person.in('GET', `/exports/${body.id}`)).body
        need(now.status !== 'failed', `the export failed: ${now.error}`)
        size = now.size_bytes ?? 0
        return now.status === 'ready'
      })
      const file = await fetch(`${person.base}/api/v1/orgs/${person.org}/exports/${body.id}/download`, {
        headers: person.headers,
      })
      need(file.status === 200, `the download answered ${file.status}`)
      const bytes = new Uint8Array(await file.arrayBuffer())
      need(bytes[0] === 0x1f && bytes[1] === 0x8b, 'the file is no gzip file')
      need(bytes.length === size, `${bytes.length} of ${size} bytes came`)
    },
  },
  {
    name: 'a revoked key ends its stream and opens nothing',
    signed_in: true,
    async run(smoke) {
      const { person, agent, timeout_ms } = smoke
      const agent_id = made(smoke, 'agent_id')
      const stream = await Stream.open(agent)
      await waitFor('the stream', timeout_ms, () => stream.has('"stream.opened"'))
      await person.in('DELETE', `/users/${agent_id}/api-keys`)
      await waitFor('the end of the stream', timeout_ms, () => stream.ended)
      need(stream.has('"session.revoked"'), 'the stream ended without a reason')
      await agent.in('GET', '/users/me', undefined, [401])
    },
  },
  {
    name: 'what this run made is put away, and after signing out the session is void',
    signed_in: true,
    async run(smoke) {
      const { person } = smoke
      await person.in('DELETE', `/users/${made(smoke, 'agent_id')}`)
      await person.in('DELETE', `/projects/${made(smoke, 'project_id')}`)
      const kept = new Map(person.cookies)
      need((await person.call('POST', '/auth/logout')).status < 300, 'signing out was refused')
      person.cookies.clear()
      for (const [name, value] of kept) person.cookies.set(name, value)
      const { status } = await person.call('GET', '/auth/me')
      need(status === 401, `the session answered ${status} after signing out`)
    },
  },
]

/** A browser sends its origin with a socket; a socket by cookie without one is refused. */
function originOf(person: Caller, base: string): Caller {
  const { origin } = new URL(base)
  return Object.create(person, { headers: { get: () => ({ ...person.headers, Origin: origin }) } })
}
