/**
 * What the organization of a run has to hold afterwards, of its real history: its sub-agents, its log, its search, its export and
 * its notifications. Each step resolves with what it counted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import type { EventEnvelope } from '../../src/contracts/events.ts'
import type { Export, Message, Notification, Project, SubAgent, Task } from '../../src/contracts/resources.ts'
import type { SearchAnswer } from '../../src/contracts/search.ts'
import { until } from '../e2e/support/browser.ts'
import { type Agent, join, PASSWORD, Person } from '../support/client.ts'
import { filesOf, manifestOf } from '../support/exports.ts'
import { databaseOf, startServer } from '../support/server.ts'
import { spawnSubAgent } from '../support/sub-agent.ts'
import { messagesOf, type Stage } from './stage.ts'

export interface HistoryStep {
  title: string
  /** Waits for what has to hold, or throws. Resolves with what was counted, in words. */
  run(stage: Stage): Promise<string>
}

type Listed<T> = { data: T[] }
type Slice = { data: EventEnvelope[]; next_cursor: string | null }
type Caller = Pick<Person | Agent, 'in'>

const ROOT = pathOf(import.meta.dir, '..', '..')

function need(condition: unknown, problem: string): asserts condition {
  if (!condition) throw new Error(problem)
}

function same(found: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)]
  need(is === should, `${what}: ${is}, and not ${should}`)
}

/** All pages of a query of the log. */
async function eventsOf(who: Caller, query: string): Promise<EventEnvelope[]> {
  const found: EventEnvelope[] = []
  for (let cursor = ''; ; ) {
    const { status, body } = await who.in<Slice>('GET', `/events?limit=200&${query}${cursor}`)
    need(status === 200, `/events?${query} answered ${status}`)
    found.push(...body.data)
    if (body.next_cursor === null) return found
    cursor = `&cursor=${body.next_cursor}`
  }
}

async function made<T>(who: Caller, path: string, body: unknown): Promise<T> {
  const answer = await who.in<T>('POST', path, body)
  need(answer.status < 300, `POST ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

const tasksOf = async ({ robin }: Stage) =>
  (await robin.in<Listed<Task>>('GET', '/tasks?per_page=100&sort=created_at&order=asc')).body.data

async function generalOf({ robin }: Stage): Promise<string> {
  const { body } = await robin.in<Listed<{ id: string; name: string }>>('GET', '/channels')
  const found = body.data.find(({ name }) => name === 'general')
  need(found, 'there is no channel general')
  return found.id
}

/** A sub-agent after it has ended. */
async function ended(
  { robin }: Stage,
  { id }: Pick<SubAgent, 'id'>,
  status: SubAgent['status'],
): Promise<SubAgent> {
  const found = await until(
    `the sub-agent is ${status}`,
    async () => (await robin.in<SubAgent>('GET', `/sub-agents/${id}`)).body,
    (one) => one.status === status,
  )
  need(found, 'there is no such sub-agent')
  return found
}

/** A member who is in no project. */
async function outsider(stage: Stage): Promise<Person> {
  const found = guests.get(stage)
  if (found) return found
  const made_one = await join(stage.robin, 'Quinn Outside')
  guests.set(stage, made_one)
  return made_one
}
const guests = new WeakMap<Stage, Person>()

const SUMMARY = 'Checked: nothing is missing in the notes'

export const HISTORY: readonly HistoryStep[] = [
  {
    title:
      'sub-agents: one for each open task, by the bridge in sessions of their own, from spawn to completion',
    async run(stage) {
      const { robin, claw, gateway, project } = stage
      const open = (await tasksOf(stage)).filter(({ status }) => status !== 'complete').slice(0, 3)
      need(open.length > 0, 'there is no open task')
      const spawned: SubAgent[] = []
      for (const { id: task_id, title } of open)
        spawned.push(
          await made<SubAgent>(robin, '/sub-agents', {
            task_id,
            model: 'fake-1',
            instructions: `ECHO ${SUMMARY} of ${title}`,
            host_agent_id: claw.id,
          }),
        )
      for (const [i, sub_agent] of spawned.entries()) {
        const { summary } = await ended(stage, sub_agent, 'completed')
        need(summary?.includes(SUMMARY), `the summary is "${summary}"`)
        need(
          gateway
            .prompts()
            .some((prompt) => prompt.includes(sub_agent.id) && prompt.includes(open[i]!.title)),
          'the gateway had no session for it',
        )
      }
      const said = (await messagesOf(stage)).filter(({ sender }) => sender.type === 'sub_agent')
      same(
        said.map(({ sender }) => sender.id).toSorted(),
        spawned.map(({ id }) => id).toSorted(),
        `who spoke in ${project.name}`,
      )
      return `${spawned.length} spawned and completed, ${said.length} answers in the project's channel`
    },
  },
  {
    title:
      'sub-agents: a key opens its task and its channel, and dies with its sub-agent: ended, or out of time',
    async run(stage) {
      const { robin, project, server } = stage
      const [own, other] = (await tasksOf(stage)).filter(({ status }) => status !== 'complete')
      need(own && other, 'there are not two tasks')
      const [first, second] = [
        await spawnSubAgent(robin, { task_id: own.id }),
        await spawnSubAgent(robin, { task_id: own.id }),
      ]
      const { agent } = first
      const answers: [path: string, status: number][] = [
        [`/tasks/${own.id}`, 200],
        [`/channels/${project.channel_id}/messages`, 200],
        [`/tasks/${other.id}`, 404],
        [`/channels/${await generalOf(stage)}/messages`, 404],
      ]
      for (const [path, status] of answers) same((await agent.in('GET', path)).status, status, path)
      need(
        (await robin.in('POST', `/sub-agents/${first.sub_agent.id}/terminate`)).status < 300,
        'it could not be ended',
      )
      same((await agent.in('GET', `/tasks/${own.id}`)).status, 401, 'its key afterwards')

      const sql = databaseOf(server)
      try {
        const { id } = second.sub_agent
        await sql.begin(async (tx) => {
          await tx`update sub_agents set expires_at = now() where id = ${id}`
          await tx`update api_keys set expires_at = now() where sub_agent_id = ${id}`
          await tx`update alarms set due_at = now(), next_at = now() where target_id = ${id}`
        })
      } finally {
        await sql.end({ timeout: 1 })
      }
      await until(
        'the key of a sub-agent that is out of time is refused',
        async () => (await second.agent.in('GET', `/tasks/${own.id}`)).status,
        (status) => status === 401,
      )
      await ended(stage, second.sub_agent, 'expired')
      return `${answers.length} requests answered within their scope, 2 keys refused with 401`
    },
  },
  {
    title:
      'sub-agents: the limit of the organization is answered with 429, and the log has every beginning and end',
    async run(stage) {
      const { robin } = stage
      const cap = (max: number | null) =>
        robin.in('PATCH', '', { settings: { agent_limits: { max_concurrent_sub_agents: max } } })
      const { body: org } = await robin.in<{
        settings: { agent_limits: { max_concurrent_sub_agents: number | null } }
      }>('GET', '')
      const task = (await tasksOf(stage)).find(({ status }) => status !== 'complete')
      await cap(0)
      const refused = await robin.in('POST', '/sub-agents', {
        task_id: task!.id,
        model: 'fake-1',
        instructions: 'Do it.',
      })
      await cap(org.settings.agent_limits.max_concurrent_sub_agents)
      same(refused.status, 429, 'a spawn above the limit')
      const all = (await robin.in<Listed<SubAgent>>('GET', '/sub-agents?per_page=100')).body.data
      const events = await eventsOf(robin, 'order=asc&type=sub_agent.*')
      const of = (id: string) =>
        events
          .filter(({ payload }) => (payload as { sub_agent?: SubAgent }).sub_agent?.id === id)
          .map(({ type }) => type)
      for (const { id, status } of all)
        same(
          [of(id)[0], of(id).at(-1)],
          ['sub_agent.created', `sub_agent.${status}`],
          'the events of a sub-agent',
        )
      return `${all.length} sub-agents, ${events.length} events of theirs, 1 refused`
    },
  },
  {
    title: 'event log: complete. No number is missing, and what stands in tasks and channels follows from it',
    async run(stage) {
      const { robin, server } = stage
      const log = await eventsOf(robin, 'order=asc')
      log.forEach(({ sequence }, i) => {
        need(sequence === i + 1, `there is a hole in the log before ${sequence}`)
      })
      const tasks = await tasksOf(stage)
      let moves = 0
      for (const { id, title, status, evidence } of tasks) {
        const own = log.filter(({ task_id }) => task_id === id)
        need(own[0]?.type === 'task.created', `the log does not begin "${title}"`)
        let now = 'backlog'
        for (const { type, payload } of own) {
          if (type !== 'task.transitioned') continue
          const { from_status, to_status } = payload as { from_status: string; to_status: string }
          same(from_status, now, `a move of "${title}"`)
          now = to_status
          moves++
        }
        same(now, status, `"${title}" by its log`)
        same(
          own.filter(({ type }) => type === 'task.evidence_added').length,
          evidence.length,
          `evidence of "${title}" in the log`,
        )
      }
      const messages = await messagesOf(stage)
      const logged = new Set(
        log
          .filter(({ type }) => type === 'message.created')
          .map(({ payload }) => (payload as { message: Message }).message.id),
      )
      for (const { id, seq } of messages) need(logged.has(id), `message ${seq} is not in the log`)
      const sql = databaseOf(server)
      try {
        const [stored] = await sql<{ count: number }[]>`
          select count(*)::int as count from events e join organizations o on o.id = e.org_id where o.slug = ${robin.org}`
        same(stored?.count, (await eventsOf(robin, 'order=asc')).length, 'rows of the log')
      } finally {
        await sql.end({ timeout: 1 })
      }
      return `${log.length} events in a row, ${tasks.length} tasks with ${moves} moves, ${messages.length} messages of the project's channel`
    },
  },
  {
    title: 'event log: filters show what they name, and nobody changes it',
    async run(stage) {
      const { robin, claw, project, server } = stage
      const log = await eventsOf(robin, 'order=asc')
      const middle = log[Math.floor(log.length / 2)]!.timestamp
      const filters: [query: string, fits: (event: EventEnvelope) => boolean][] = [
        [`project_id=${project.id}`, ({ project_ids }) => project_ids.includes(project.id)],
        [`user_id=${claw.id}`, ({ actor }) => actor.id === claw.id],
        ['type=task.transitioned', ({ type }) => type === 'task.transitioned'],
        [`to=${encodeURIComponent(middle)}`, ({ timestamp }) => timestamp < middle],
      ]
      const counts: string[] = []
      for (const [query, fits] of filters) {
        const shown = await eventsOf(robin, `order=asc&${query}`)
        need(shown.length > 0, `nothing is shown for ${query}`)
        // What came meanwhile is later than the log above.
        const head = log.at(-1)!.sequence
        same(
          shown.filter(({ sequence }) => sequence <= head).map(({ sequence }) => sequence),
          log.filter(fits).map(({ sequence }) => sequence),
          query,
        )
        counts.push(`${query.split('=')[0]} ${shown.length}`)
      }
      for (const role of ['app', 'superuser'] as const) {
        const sql = databaseOf(server, role)
        try {
          for (const statement of ["update events set type = 'x'", 'delete from events']) {
            const problem = await sql.unsafe(statement).then(
              () => undefined,
              (error: Error) => error.message,
            )
            need(problem !== undefined, `${role} may run: ${statement}`)
          }
        } finally {
          await sql.end({ timeout: 1 })
        }
      }
      same((await eventsOf(robin, 'order=asc')).slice(0, log.length), log, 'the log afterwards')
      return `${counts.join(', ')}; 4 statements against it refused`
    },
  },
  {
    title:
      'search: finds its tasks by title and its messages by their words, and hides what a member may not read',
    async run(stage) {
      const { robin, project } = stage
      const find = async (who: Caller, q: string, rest = '') => {
        const { status, body } = await who.in<SearchAnswer>(
          'GET',
          `/search?q=${encodeURIComponent(q)}${rest}`,
        )
        need(status === 200, `the search for "${q}" answered ${status}`)
        return body
      }
      const tasks = await tasksOf(stage)
      for (const { id, title } of tasks) {
        const { data } = await find(robin, title)
        need(
          data[0]?.id === id && data[0].resource_type === 'task',
          `"${title}" is not the first that is found by its title`,
        )
        need(data[0].rank > 2, `"${title}" has rank ${data[0].rank}`)
        const only = await find(robin, title, '&types=tasks')
        need(
          only.data.every(({ resource_type }) => resource_type === 'task'),
          'more than tasks',
        )
      }
      const guest = await outsider(stage)
      const words = new Map<string, string>()
      for (const { id, content, kind } of await messagesOf(stage)) {
        const [word] = kind === 'text' ? (content.match(/\p{L}{6,}/gu) ?? []) : []
        if (word !== undefined) words.set(id, word)
      }
      let found = 0
      let hidden = 0
      for (const word of new Set(words.values())) {
        const { data, pagination } = await find(robin, word, '&types=messages&per_page=100')
        need(data.length > 0, `no message is found by "${word}"`)
        need(
          data.every(({ snippet }) => snippet.includes('<mark>')),
          `"${word}" is not marked`,
        )
        found += pagination.total
        const seen = await find(guest, word, '&types=messages&per_page=100')
        need(
          seen.data.every(({ channel_id }) => channel_id !== project.channel_id),
          `"${word}" shows a channel of a project to an outsider`,
        )
        hidden += pagination.total - seen.pagination.total
      }
      need(hidden > 0, 'nothing was hidden from the outsider')
      return `${tasks.length} tasks by their titles, ${found} matches in messages by ${new Set(words.values()).size} words, ${hidden} of them hidden from an outsider`
    },
  },
  {
    title:
      'notifications: everybody has those that the log says, and a mention reaches the tray and the mailbox',
    async run(stage) {
      const { robin, claw, agent, board, mail } = stage
      const { body: me } = await robin.in<{ username: string }>('GET', '/users/me')
      const of = async (who: Caller) => {
        const { body } = await who.in<Listed<Notification>>('GET', '/notifications?per_page=100')
        return body.data
      }
      const log = await eventsOf(robin, 'order=asc')
      const assigned = log.filter(
        ({ type, payload, actor }) =>
          type === 'task.assigned' &&
          actor.id !== claw.id &&
          (payload as { user_id: string }).user_id === claw.id,
      )
      const of_claw = await of(agent)
      const sequences = new Set(
        of_claw.filter(({ type }) => type === 'task.assigned').map(({ event_sequence }) => event_sequence),
      )
      for (const { sequence } of assigned)
        need(sequences.has(sequence), `the agent was not told of its assignment in event ${sequence}`)
      need(sequences.size > 0, 'the agent was told of no assignment')
      const mentions = (await messagesOf(stage)).filter(
        ({ content, sender }) => content.includes('@claw') && sender.id !== claw.id,
      )
      const told = new Set(
        of_claw.filter(({ type }) => type === 'message.mention').map(({ resource }) => resource.id),
      )
      for (const { id, content } of mentions) need(told.has(id), `the agent was not told of "${content}"`)

      await robin.in('POST', '/notifications/read-all')
      const bell = (name: string) => board.getByRole('button', { name, exact: true }).first()
      await bell('Notifications').waitFor()
      // In a channel that nobody looks at: what is seen at once needs no mail.
      const posted = await made<Message>(agent, `/channels/${await generalOf(stage)}/messages`, {
        content: `@${me.username} the first release has its notes`,
      })
      await until(
        'the mention is in the list',
        async () => (await of(robin)).find(({ resource }) => resource.id === posted.id),
        (one) => one !== undefined && one.read_at === null,
      )
      // Without a reload.
      await bell('Notifications, 1 unread').waitFor()
      const [received] = await mail.mailsTo('robin@openclaw.example')
      need(
        received?.mail.text?.includes('the first release has its notes'),
        'the mail does not say what was written',
      )
      const all = [...of_claw, ...(await of(robin))]
      return `${all.length} notifications, ${assigned.length} assignments and ${mentions.length} mentions of the agent, 1 mail`
    },
  },
  {
    title: 'export: by an administrator only, imported elsewhere, and equal there to the last row',
    async run(stage) {
      const { robin } = stage
      const guest = await outsider(stage)
      same((await guest.in('POST', '/exports')).status, 403, 'an export by a contributor')
      const folder = mkdtempSync(pathOf(tmpdir(), 'mc-dogfood-export-'))
      const there = await startServer({ cluster: 'own' })
      try {
        const file = pathOf(folder, 'org.tar.gz')
        const first = await exported(robin)
        writeFileSync(file, first)
        const child = Bun.spawn([process.execPath, 'src/main.ts', 'import', file], {
          cwd: ROOT,
          env: {
            PATH: process.env.PATH ?? '',
            HOME: process.env.HOME ?? '/',
            MC_DATA_DIR: there.data_dir,
            MC_PORT: String(there.port),
          },
          stdout: 'pipe',
          stderr: 'pipe',
        })
        const [out, problems] = await Promise.all([
          new Response(child.stdout).text(),
          new Response(child.stderr).text(),
        ])
        same(await child.exited, 0, `the import: ${problems}`)
        const token = /sign-in-link\/(\S+)/.exec(out)?.[1] ?? ''
        const moved = new Person(there.url)
        moved.adopt(
          await moved.call<never>('POST', `/auth/sign-in-links/${token}/accept`, { password: PASSWORD }),
        )
        const [was, is] = [filesOf(first), filesOf(await exported(moved))]
        const tables = manifestOf(first).files
        let [equal, added] = [0, 0]
        for (const { name } of tables) {
          const [before, after] = [linesOf(was, name), linesOf(is, name)]
          const kept = new Set(after)
          const lost = before.filter((line) => !kept.has(line))
          // The person who signs in and exports there has other times in its rows, and the organization a later head.
          const others = lost.filter((line) => !line.includes(robin.user_id) && !name.startsWith('org'))
          same(others, [], `rows of ${name} that are not there`)
          need(lost.length < 3, `${lost.length} rows of ${name} changed`)
          if (lost.length === 0 && before.length === after.length) equal++
          added += after.length - before.length
        }
        const rows = tables.reduce((sum, { rows: count }) => sum + count, 0)
        for (const path of ['/tasks', '/projects'] as const) {
          const read = async (who: Person) =>
            (await who.in<Listed<Task | Project>>('GET', `${path}?per_page=100`)).body
          same(await read(moved), await read(robin), path)
        }
        return `${tables.length} files with ${rows} rows, ${equal} files equal to the byte, ${added} rows added by signing in and exporting there`
      } finally {
        await there.stop()
        rmSync(folder, { recursive: true, force: true })
      }
    },
  },
]

const linesOf = (files: Map<string, Buffer>, name: string) =>
  String(files.get(name) ?? '')
    .split('\n')
    .filter(Boolean)

async function exported(who: Person): Promise<Buffer> {
  const { id } = await made<Export>(who, '/exports', undefined)
  await until(
    'the export is ready',
    async () => (await who.in<Export>('GET', `/exports/${id}`)).body.status,
    (status) => status === 'ready',
  )
  const answer = await fetch(`${who.url}/api/v1/orgs/${who.org}/exports/${id}/download`, {
    headers: { Cookie: who.cookieHeader },
  })
  need(answer.status === 200, `the download answered ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}
