import type { EventEnvelope, EventOf } from '../../../src/contracts/events.ts'
import type { Message, SubAgent, Task } from '../../../src/contracts/resources.ts'
import type { EventType } from '../../../src/contracts/vocabulary.ts'

const id = (kind: number, n: number) =>
  `0197a5d2-${String(kind).padStart(4, '0')}-7000-8000-${String(n).padStart(12, '0')}`

export const ME = id(1, 1)
export const OTHER_AGENT = id(1, 2)
export const JANE = id(1, 3)
export const GENERAL = id(2, 1)
export const PROJECT_CHANNEL = id(2, 2)
export const PROJECT = id(3, 1)
export const TASK = id(4, 1)
const TIME = '2026-02-13T10:15:00.000Z'

export const jane = { id: JANE, type: 'human', display_name: 'Jane' } as const
export const scout = { id: OTHER_AGENT, type: 'agent', display_name: 'Scout' } as const
export const me = { id: ME, type: 'agent', display_name: 'Forge' } as const

export function message(change: Partial<Message> = {}): Message {
  return {
    id: id(5, change.seq ?? 1),
    channel_id: GENERAL,
    seq: 1,
    kind: 'text',
    sender: jane,
    content: 'Hello',
    mentions: [],
    ignored_mentions: [],
    reply_to: null,
    client_id: null,
    deliveries: [],
    created_at: TIME,
    ...change,
  }
}

export function task(change: Partial<Task> = {}): Task {
  return {
    id: TASK,
    title: 'Fix the upload',
    description: 'It stops in tunnels.',
    type: 'bug',
    priority: 'high',
    status: 'backlog',
    project_ids: [PROJECT],
    assignee_ids: [ME],
    required_evidence_types: [],
    evidence: [],
    blocked_by: [],
    blocks: [],
    is_blocked: false,
    sub_agents: [],
    version: 1,
    created_by: JANE,
    completed_at: null,
    archived_at: null,
    created_at: TIME,
    updated_at: TIME,
    ...change,
  }
}

export function subAgent(change: Partial<SubAgent> = {}): SubAgent {
  return {
    id: id(6, 1),
    task_id: TASK,
    host_agent_id: null,
    model: 'fake-1',
    display_name: 'Sub-agent 1',
    status: 'completed',
    created_by: ME,
    expires_at: TIME,
    seconds_remaining: 0,
    summary: 'Done.',
    created_at: TIME,
    ended_at: TIME,
    ...change,
  }
}

/** An event by Jane in no project, unless `rest` says otherwise. */
export function eventOf<T extends EventType>(
  type: T,
  payload: EventOf<T>['payload'],
  rest: Partial<Pick<EventEnvelope, 'actor' | 'project_ids' | 'channel_id'>> = {},
): EventEnvelope {
  const fields = {
    sequence: 41,
    timestamp: TIME,
    actor: jane,
    project_ids: [],
    task_id: null,
    channel_id: null,
  }
  return { ...fields, type, payload, ...rest } as EventEnvelope
}
