import { afterEach, expect, test } from 'bun:test'
import type { PublishedBatch } from '../../../src/contracts/log-event.ts'
import { Edges } from '../../../src/edge/edges.ts'
import type { OrgEdge } from '../../../src/edge/org-edge.ts'
import { EdgeWorld, ORG } from './world.ts'

let edges: Edges
afterEach(() => edges.stop())

/** The edges of a node over a world's log, with the edge of its org open. */
async function open(world: EdgeWorld): Promise<{ edge: OrgEdge; failures: string[] }> {
  const failures: string[] = []
  edges = new Edges(
    Object.assign(world.source, {
      load: async () => world.snapshot(),
      endedCredentials: async () => ({ sessions: [], keys: [] }),
      failed: (stage: string) => failures.push(stage),
    }),
    15,
  )
  return { edge: await edges.open(ORG), failures }
}

test('E17 an edge that fails to deliver is dropped with its connections, and a fresh one takes its place', async () => {
  const world = new EdgeWorld()
  const { edge, failures } = await open(world)
  world.edge = edge
  const socket = world.socket('ana')
  const { sink: stream } = world.stream('ana')
  world.say()
  const batch: PublishedBatch = world.batch()
  edge.permissions.isTouchedBy = () => {
    throw new Error('a fault of this program')
  }
  edges.deliver(batch)
  expect([socket.sink.closed_with, stream.ended, failures]).toEqual([
    1012,
    true,
    ['deliver events at an edge'],
  ])
  // A connection that was admitted by the dropped edge ends at once.
  const late = world.socket('ana')
  expect(late.sink.closed_with).toBe(1012)
  const fresh = await edges.open(ORG)
  expect([fresh === edge, fresh.head()]).toEqual([false, 1])
})
