import { describe, expect, test } from 'bun:test'
import type { Channel } from '../../src/contracts/resources.ts'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { createLog } from '../src/log.ts'
import { type NewMessage, ServerAway, type ServerVersion } from '../src/server/port.ts'
import { watchUpdates } from '../src/update-watch.ts'
import { UPDATE_CHECK_MS } from '../src/updates.ts'

const CHANNELS = ['general', 'news'].map(
  (name): Channel => ({
    id: `id of ${name}`,
    name,
    topic: null,
    type: 'org_wide',
    project_id: null,
    last_seq: 0,
    read_seq: 0,
    unread_count: 0,
    mention_count: 0,
    rewinds: 0,
    muted: false,
  }),
)

function start(updates: { auto_check: boolean; notify_channel: string | null }) {
  const clock = new FakeClock()
  const ending = new AbortController()
  const lines: string[] = []
  const posts: { channel_id: string; message: NewMessage }[] = []
  const seen = { version: '0.1.0', asked: 0, away: false }
  const server = {
    async version(): Promise<ServerVersion> {
      seen.asked++
      if (seen.away) throw new ServerAway('x')
      return { version: seen.version, api_version: '2026.1', min_bridge_version: '0.1.0' }
    },
    channels: async () => CHANNELS,
    async post(channel_id: string, message: NewMessage): Promise<never> {
      posts.push({ channel_id, message })
      throw new ServerAway('the answer was lost')
    },
  }
  const log = createLog({ level: 'info', format: 'text', write: (line) => void lines.push(line) })
  const tellers = [{ org_slug: 'acme', server }]
  const watching = watchUpdates({ updates, tellers, clock, log }, ending.signal)
  const end = async () => {
    ending.abort()
    await watching
  }
  return { clock, seen, lines, posts, end }
}

describe('B103 updates', () => {
  test('are asked for once a day, and told once per version in log and channel', async () => {
    const { clock, seen, lines, posts, end } = start({ auto_check: true, notify_channel: 'news' })
    await clock.advance(0)
    expect([seen.asked, lines.length]).toEqual([1, 0])
    seen.version = '9.1.0'
    await clock.advance(UPDATE_CHECK_MS - 1)
    expect(seen.asked).toBe(1)
    await clock.advance(1)
    await clock.advance(3 * UPDATE_CHECK_MS)
    expect(lines.filter((line) => line.includes('runs Mission Control 9.1.0'))).toHaveLength(1)
    expect(posts).toMatchObject([{ channel_id: 'id of news', message: { client_id: 'mc-update-9.1.0' } }])
    seen.version = '9.2.0'
    await clock.advance(UPDATE_CHECK_MS)
    expect(posts).toHaveLength(2)
    await end()
  })

  test('are told in the log alone without a channel', async () => {
    const { clock, seen, lines, posts, end } = start({ auto_check: true, notify_channel: null })
    seen.version = '9.1.0'
    await clock.advance(UPDATE_CHECK_MS)
    expect([lines.length, posts.length]).toEqual([1, 0])
    await end()
  })

  test('that go to a channel that is not there say so', async () => {
    const { clock, seen, lines, end } = start({ auto_check: true, notify_channel: 'gone' })
    seen.version = '9.1.0'
    await clock.advance(UPDATE_CHECK_MS)
    expect(lines.join('')).toContain('There is no channel for news of updates')
    await end()
  })

  test('of a server that is away are asked for again within the day', async () => {
    const { clock, seen, end } = start({ auto_check: true, notify_channel: null })
    seen.away = true
    await clock.advance(UPDATE_CHECK_MS)
    const { asked } = seen
    expect(asked).toBeGreaterThan(1)
    await clock.advance(UPDATE_CHECK_MS)
    expect(seen.asked).toBeGreaterThan(asked)
    await end()
  })

  test('are not asked for when they are switched off', async () => {
    const { clock, seen, end } = start({ auto_check: false, notify_channel: 'news' })
    await clock.advance(3 * UPDATE_CHECK_MS)
    expect(seen.asked).toBe(0)
    await end()
  })
})
