import { describe, expect, test } from 'bun:test'
import type { Channel, Org, User } from '../../src/contracts/resources.ts'
import type { SignedIn } from '../src/api/auth.ts'
import { applyEvent } from '../src/realtime/apply-event.ts'
import { applyFrame } from '../src/realtime/apply-frame.ts'
import type { CacheUpdate } from '../src/realtime/cache-update.ts'
import { logFromNewest, type MessageLog } from '../src/realtime/message-log.ts'
import {
  AGENT,
  CHANNEL,
  channel,
  event,
  ME,
  message,
  NOON,
  OTHER,
  org,
  smallEvent,
  user,
} from './support/samples.ts'

const reader = { user_id: ME, slug: 'fieldnote' }

interface State {
  org: Org
  me: SignedIn
  members: User[]
  channels: Channel[]
  log: MessageLog
  refetched: string[]
}

function state(rest: Partial<State> = {}): State {
  return {
    org: org(),
    me: {
      user: { id: ME, display_name: 'Ines', email: 'ines@example.com', language: null },
      memberships: [
        {
          org: { id: org().id, slug: 'fieldnote', name: 'Fieldnote' },
          user_id: ME,
          display_name: 'Ines',
          role: 'contributor',
        },
      ],
      session: { id: ME, expires_at: NOON },
    },
    members: [user({ id: ME, username: 'ines' }), user()],
    channels: [channel({ last_seq: 3, read_seq: 3 })],
    log: logFromNewest({ data: [message(3), message(2), message(1)], next_cursor: null }),
    refetched: [],
    ...rest,
  }
}

const roleChanged = (promoted: User) =>
  event('user.role_changed', { user: promoted, from_role: 'contributor', to_role: promoted.role })

/** Writes updates into a plain state, as the cache would. */
function after(before: State, updates: readonly CacheUpdate[]): State {
  const now = { ...before, refetched: [...before.refetched] }
  for (const update of updates) {
    if (update.at === 'org') now.org = update.change(now.org)
    if (update.at === 'me') now.me = update.change(now.me)
    if (update.at === 'members') now.members = update.change(now.members)
    if (update.at === 'channels') now.channels = update.change(now.channels)
    if (update.at === 'messages' && update.channel_id === CHANNEL) now.log = update.change(now.log)
    if (update.at === 'refetch') now.refetched.push(update.what)
  }
  return now
}

describe('applying events', () => {
  test('a message moves its channel and its log', () => {
    const now = after(state(), applyEvent(event('message.created', { message: message(4) }), reader))
    expect(now.channels[0]).toMatchObject({ last_seq: 4, unread_count: 1, mention_count: 0 })
    expect(now.log.messages.at(-1)?.seq).toBe(4)
  })

  test('a message from both the stream and the socket counts once', () => {
    const mention = message(4, { mentions: [ME] })
    const by_stream = after(state(), applyEvent(event('message.created', { message: mention }), reader))
    const by_both = after(by_stream, applyFrame({ type: 'message', message: mention }, reader, NOON))
    expect(by_both).toEqual(by_stream)
    expect(by_both.channels[0]).toMatchObject({ unread_count: 1, mention_count: 1 })
  })

  test('a message that runs ahead on the stream changes nothing until the one before it is there', () => {
    const ahead = after(state(), applyEvent(event('message.created', { message: message(5) }), reader))
    expect(ahead.channels[0]?.last_seq).toBe(3)
    const both = [message(4), message(5)].reduce(
      (now, one) => after(now, applyFrame({ type: 'message', message: one }, reader, NOON)),
      ahead,
    )
    expect(both.log.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
    expect(both.channels[0]).toMatchObject({ last_seq: 5, unread_count: 2 })
  })

  test('an own mention of oneself is no mention', () => {
    const own = message(4, { mentions: [ME], sender: { id: ME, type: 'human', display_name: 'Ines' } })
    const now = after(state(), applyEvent(event('message.created', { message: own }), reader))
    expect(now.channels[0]?.mention_count).toBe(0)
  })

  test('a member is added, changed and removed', () => {
    const agent = user({ id: AGENT, type: 'agent', username: 'forge', display_name: 'forge' })
    let now = after(state(), applyEvent(event('user.created', { user: agent }), reader))
    // In the order of names.
    expect(now.members.map(({ id }) => id)).toEqual([AGENT, ME, OTHER])
    now = after(
      now,
      applyEvent(event('user.updated', { user: { ...agent, display_name: 'Forge 2' } }), reader),
    )
    expect(now.members[0]?.display_name).toBe('Forge 2')
    now = after(now, applyEvent(event('user.removed', { user: agent }), reader))
    expect(now.members.map(({ id }) => id)).toEqual([ME, OTHER])
  })

  test('a change of the own role is in force everywhere at once', () => {
    const promoted = user({ id: ME, username: 'ines', role: 'administrator' })
    const now = after(state(), applyEvent(roleChanged(promoted), reader))
    expect(now.org.role).toBe('administrator')
    expect(now.me.memberships[0]?.role).toBe('administrator')
    expect(now.refetched).toEqual(['channels'])
  })

  test('the role of somebody else leaves the own one alone', () => {
    const now = after(state(), applyEvent(roleChanged(user({ role: 'administrator' })), reader))
    expect(now.org.role).toBe('contributor')
    expect(now.members[1]?.role).toBe('administrator')
  })

  test('an org event keeps the own role, whatever role its payload names', () => {
    const payload = { org: org({ name: 'Fieldnote 2', role: 'administrator' }) }
    const now = after(state(), applyEvent(event('org.updated', payload), reader))
    expect(now.org).toMatchObject({ name: 'Fieldnote 2', role: 'contributor' })
  })

  test('the new name of an org reaches the membership too', () => {
    const renamed = event('org.updated', { org: org({ name: 'Field Notes' }) })
    const now = after(state(), applyEvent(renamed, reader))
    expect(now.org.name).toBe('Field Notes')
    expect(now.me.memberships[0]?.org.name).toBe('Field Notes')
  })

  test('a new channel is listed once, in its place', () => {
    const alpha = channel({ id: OTHER, name: 'alpha' })
    const created = event('channel.created', { channel: alpha })
    let now = after(state(), applyEvent(created, reader))
    expect(now.channels.map(({ name }) => name)).toEqual(['alpha', 'general'])
    now = after(now, applyFrame({ type: 'channel_added', channel: alpha }, reader, NOON))
    now = after(now, applyEvent(created, reader))
    expect(now.channels).toHaveLength(2)
  })

  test('whoever acts was active then, and never earlier than known', () => {
    const actor = { id: OTHER, type: 'human' as const, display_name: 'Mei' }
    const later = '2026-11-19T12:05:00.000Z'
    let now = after(state(), applyEvent(smallEvent({ actor, timestamp: later }), reader))
    expect(now.members[1]?.last_active_at).toBe(later)
    now = after(now, applyEvent(smallEvent({ actor }), reader))
    expect(now.members[1]?.last_active_at).toBe(later)
  })

  test('a renamed channel keeps its counters', () => {
    const known = channel({ last_seq: 9, read_seq: 3, unread_count: 6, mention_count: 2 })
    const renamed = event('channel.updated', { channel: channel({ name: 'release' }) })
    const now = after(state({ channels: [known] }), applyEvent(renamed, reader))
    expect(now.channels).toEqual([{ ...known, name: 'release' }])
  })

  test('a message whose text retention removed changes nothing', () => {
    const tombstone = { id: message(4).id, channel_id: CHANNEL, seq: 4, removed: true as const }
    const now = after(state(), applyEvent(event('message.created', { message: tombstone }), reader))
    expect(now).toEqual(state())
  })
})

describe('applying frames', () => {
  test('a read marker of another device clears the counters, and never goes back', () => {
    const unread = state({
      channels: [channel({ last_seq: 9, read_seq: 3, unread_count: 6, mention_count: 2 })],
    })
    let now = after(unread, applyFrame({ type: 'read', channel_id: CHANNEL, seq: 9 }, reader, NOON))
    expect(now.channels[0]).toMatchObject({ read_seq: 9, unread_count: 0, mention_count: 0 })
    now = after(now, applyFrame({ type: 'read', channel_id: CHANNEL, seq: 4 }, reader, NOON))
    expect(now.channels[0]?.read_seq).toBe(9)
  })

  test('a channel that is taken away is gone from the list', () => {
    const now = after(state(), applyFrame({ type: 'channel_removed', channel_id: CHANNEL }, reader, NOON))
    expect(now.channels).toEqual([])
  })

  test('a delivery shows under its message', () => {
    const frame = {
      type: 'delivery',
      channel_id: CHANNEL,
      seq: 2,
      agent_id: AGENT,
      state: 'working',
      detail: null,
    } as const
    const now = after(state(), applyFrame(frame, reader, NOON))
    expect(now.log.messages[1]?.deliveries[0]).toEqual({
      agent_id: AGENT,
      state: 'working',
      detail: null,
      updated_at: NOON,
    })
  })
})
