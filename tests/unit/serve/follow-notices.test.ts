import { expect, test } from 'bun:test'
import { encode } from '../../../src/cluster/messages.ts'
import { NodeNotices } from '../../../src/cluster/notices.ts'
import { followNotices } from '../../../src/serve/follow-notices.ts'
import { MemoryBusHub } from '../../support/memory-bus.ts'
import { numbered } from '../../support/memory-edge-source.ts'
import { turns } from '../edge/world.ts'

function node(hub: MemoryBusHub) {
  const did: string[] = []
  const counted: string[] = []
  const bus = hub.connect()
  const notices = new NodeNotices(bus, {
    node: crypto.randomUUID(),
    count: (what, kind) => counted.push(`${what} ${kind}`),
  })
  followNotices(notices, {
    sessions: { forget: (id) => did.push(`forget ${id}`), forgetAll: () => did.push('forget all') },
    edges: {
      revoke: ({ reason, session_id }) => did.push(`revoke ${reason} ${session_id}`),
      checkCredentials: async () => void did.push('check credentials'),
    },
    forgetOrg: async (org_id) => void did.push(`forget org ${org_id}`),
    failed: (stage) => did.push(stage),
  })
  return { bus, notices, did, counted }
}

const [SESSION, ORG] = [numbered(1), numbered(2)]

test('D12 what ends on one node ends on the others, and not twice on its own', async () => {
  const hub = new MemoryBusHub()
  const [a, b] = [node(hub), node(hub)]
  await turns()
  a.notices.tell({ type: 'revoked', revocation: { reason: 'session', session_id: SESSION } })
  a.notices.tell({ type: 'sessions_ended' })
  a.notices.tell({ type: 'org_forgotten', org_id: ORG })
  await turns()
  expect([a.did, b.did]).toEqual([
    [],
    [
      `forget ${SESSION}`,
      `revoke session ${SESSION}`,
      'forget all',
      'check credentials',
      `forget org ${ORG}`,
    ],
  ])
})

test('D12 after an interruption of the bus every node looks again, and what is no notice is dropped', async () => {
  const hub = new MemoryBusHub()
  const a = node(hub)
  await turns()
  hub.setAway(true)
  a.notices.tell({ type: 'sessions_ended' })
  hub.setAway(false)
  expect(a.did).toEqual(['forget all', 'check credentials'])
  for (const text of ['x', encode('x', { type: 'ask' }), '{"from":"x","message":{"type":"revoked"}}'])
    hub.send('nodes', text)
  await turns()
  expect(a.did).toHaveLength(2)
  expect(a.counted).toEqual(['lost sessions_ended', ...Array(3).fill('invalid nodes')])
})
