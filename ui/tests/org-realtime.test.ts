import { expect, test } from 'bun:test'
import { QueryClient } from '@tanstack/vue-query'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { keys } from '../src/api/keys.ts'
import { EventStream } from '../src/realtime/event-stream.ts'
import { OrgRealtime } from '../src/realtime/org-realtime.ts'
import { MemoryOutboxStore } from '../src/realtime/outbox-store.ts'
import { FakeSocket } from './support/fake-socket.ts'
import { FakeSource } from './support/fake-source.ts'
import { CHANNEL, channel, ME, NOON, OTHER } from './support/samples.ts'

const ORG = '00000000-0000-7000-8000-0000000000a1'
const ACCOUNT = '00000000-0000-7000-8000-0000000000a2'

/** A tab of ME with one unsent message, connected to a server that greets `user_id`. */
async function connected(user_id: string) {
  const calls: string[] = []
  const socket = new FakeSocket()
  const client = new QueryClient()
  client.setQueryData(keys.channels('fieldnote'), [channel()])
  const realtime = new OrgRealtime(
    {
      reader: { user_id: ME, account_id: ACCOUNT, slug: 'fieldnote', org_id: ORG },
      client,
      openSocket: () => socket,
      events: {
        tab_id: 'tab',
        locks: undefined,
        broadcast: undefined,
        stream: (handlers) =>
          new EventStream(
            (cursor) => new FakeSource(cursor),
            handlers,
            new FakeClock(),
            () => 1,
          ),
      },
      http: {
        post: () => Promise.reject(new Error('unused')),
        read: async () => {},
        unread: async () => ({ read_seq: 0, unread_count: 0, mention_count: 0 }),
        channel: async () => channel(),
      },
      outbox: { store: new MemoryOutboxStore(), newId: () => 'client-1', openTabs: async () => undefined },
    },
    {
      socketState() {},
      overHttp() {},
      streamState() {},
      roundTrip() {},
      silent() {},
      sequence() {},
      recovered() {},
      typed() {},
      typingStopped() {},
      attended() {},
      delivered() {},
      outbox() {},
      notified() {},
      reconnected() {},
      ended: () => calls.push('ended'),
      userChanged: () => calls.push('userChanged'),
      failed() {},
    },
  )
  realtime.outbox.add({ channel_id: CHANNEL, content: 'written by ME', reply_to: null })
  realtime.start()
  await realtime.outbox.load()
  socket.opened()
  const ready = {
    type: 'ready',
    user_id,
    log: 'log',
    channels: [{ id: CHANNEL, last_seq: 0 }],
    server_time: NOON,
  }
  socket.says(ready)
  await realtime.outbox.settled()
  realtime.stop()
  return { sent: socket.sent.map(({ type }) => type), calls }
}

test('an unsent message is sent when the server greets its author', async () => {
  const { sent, calls } = await connected(ME)
  expect(sent).toContain('message')
  expect(calls).not.toContain('userChanged')
})

test('nothing is sent with the session of another user, who signed in in another tab', async () => {
  const { sent, calls } = await connected(OTHER)
  expect(sent).toEqual(['hello'])
  expect(calls).toContain('userChanged')
})
