import type { ApiKey, Task, User } from '@contracts/resources.ts'
import { PRIORITIES, TASK_STATUSES } from '@contracts/vocabulary.ts'
import { when } from '../../composables/times.ts'
import { t } from '../../i18n/index.ts'

/** Rules of the list of agents: pure. */

const DAY_MS = 24 * 60 * 60_000

/** The newest key of an agent as its row shows it. */
export interface KeyStanding {
  /** Undefined without a key that works. */
  prefix: string | undefined
  note: string
  /** Something to do: no key, a rotation that is due, two keys at once. */
  tone: 'plain' | 'attention'
}

/** What the keys of an agent call for: rotations are due `reminder_days` after a key was made. */
export function keyStanding(keys: readonly ApiKey[], reminder_days: number, now_ms: number): KeyStanding {
  const live = keys
    .filter(
      (key) => key.revoked_at === null && (key.expires_at === null || Date.parse(key.expires_at) > now_ms),
    )
    .toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1))
  const [newest, ...former] = live
  if (!newest) return { prefix: undefined, note: t('agents.key.none'), tone: 'attention' }
  const { prefix } = newest
  if (newest.expires_at !== null)
    return {
      prefix,
      note: t('agents.key.ends', { time: when(newest.expires_at, now_ms) }),
      tone: 'attention',
    }
  const [grace] = former.flatMap(({ expires_at }) => expires_at ?? [])
  if (grace !== undefined)
    return { prefix, note: t('agents.key.old_until', { time: when(grace, now_ms) }), tone: 'attention' }
  const due_ms = Date.parse(newest.created_at) + reminder_days * DAY_MS
  const days = Math.ceil((due_ms - now_ms) / DAY_MS)
  if (days <= 0) return { prefix, note: t('agents.key.due'), tone: 'attention' }
  return { prefix, note: t('agents.key.rotates', { days }), tone: 'plain' }
}

/** Open tasks by assignee: what is under way first, then by priority, then by age. */
export function openTasksByAssignee(tasks: readonly Task[]): Map<string, Task[]> {
  const found = new Map<string, Task[]>()
  for (const task of tasks.filter(({ status }) => status !== 'complete').toSorted(byUrgency))
    for (const id of task.assignee_ids) {
      const own = found.get(id)
      if (own) own.push(task)
      else found.set(id, [task])
    }
  return found
}

function byUrgency(a: Task, b: Task): number {
  return (
    Number(b.status === 'in-progress') - Number(a.status === 'in-progress') ||
    TASK_STATUSES.indexOf(b.status) - TASK_STATUSES.indexOf(a.status) ||
    PRIORITIES.indexOf(b.priority) - PRIORITIES.indexOf(a.priority) ||
    (a.created_at < b.created_at ? -1 : 1)
  )
}

/** How an agent is connected, as far as the server says. */
export type Connection = 'stream' | 'calls' | 'none' | 'unknown'

export const CONNECTION_WORDS: Record<Connection, { title: string; note: string }> = {
  stream: { title: t('agents.connection.stream.title'), note: t('agents.connection.stream.note') },
  calls: { title: t('agents.connection.calls.title'), note: t('agents.connection.calls.note') },
  none: { title: t('agents.connection.none.title'), note: '' },
  unknown: { title: t('agents.connection.unknown.title'), note: t('agents.connection.unknown.note') },
}

/** The client of an agent: its version, and the gateway behind it. */
export function viaClient(
  { client }: Pick<User, 'client'>,
  connection: Connection,
): { title: string; note: string } | undefined {
  if (!client) return undefined
  const title = `${client.name} ${client.version}`
  if (connection === 'none')
    return { title: CONNECTION_WORDS.none.title, note: t('agents.connection.none.before', { client: title }) }
  const { gateway } = client
  if (gateway === null) return { title, note: '' }
  return {
    title,
    note: gateway.connected
      ? t('agents.connection.gateway', { version: gateway.version })
      : t('agents.connection.no_gateway'),
  }
}

/** The commands of an agent as a line, e.g. "/deploy, /status". */
export function commandLine({ commands = [] }: Pick<User, 'commands'>): string {
  return commands.map(({ name }) => `/${name}`).join(', ')
}
