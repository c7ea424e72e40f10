import { endPostgres } from '../../support/end-postgres.ts'
import type { Random } from '../random.ts'
import type { ChaosNode } from './node.ts'
import type { Fault, FaultKind } from './script.ts'
import type { Stage } from './stage.ts'

/** A fault that happened. */
export interface Happened {
  kind: FaultKind
  began_at: number
}

/** Faults of one queue happen one after another. Only one node is paused at a time, or nothing would be left to observe. */
const QUEUES: Readonly<Partial<Record<FaultKind, 'Redis' | 'pauses'>>> = {
  'kill Redis': 'Redis',
  'flush Redis': 'Redis',
  'cut the subscriptions': 'Redis',
  'pause an owner': 'pauses',
}

/** Carries a script out; faults of different targets overlap. Resolves when everything works again. */
export async function carryOut(stage: Stage, script: readonly Fault[], random: Random): Promise<Happened[]> {
  const happened: Happened[] = []
  const queues = { Redis: Promise.resolve(), pauses: Promise.resolve() }
  const under_way: Promise<void>[] = []
  for (const fault of script) {
    await Bun.sleep(fault.pause_ms)
    const begin = async () => {
      happened.push({ kind: fault.kind, began_at: performance.now() })
      console.log(`  ${happened.length}/${script.length} ${fault.kind}`)
      await disturb(stage, fault, random)
    }
    const queue = QUEUES[fault.kind]
    const done = queue ? queues[queue].then(begin) : begin()
    if (queue) queues[queue] = done
    under_way.push(done)
    // A failed fault ends the run at once.
    await Promise.race([Promise.all(under_way), Bun.sleep(0)])
  }
  await Promise.all(under_way)
  for (const { proxy } of stage.http_nodes) proxy.mend()
  return happened
}

async function disturb(stage: Stage, fault: Fault, random: Random): Promise<void> {
  const { nodes, orgs, database, redis } = stage
  switch (fault.kind) {
    case 'kill a node':
      return await freeNode(nodes, fault.node).kill(fault.down_ms)
    case 'pause an owner': {
      const owner = await stage.ownerOf(orgs[fault.org]!.id)
      return await freeNode(nodes, owner ? nodes.indexOf(owner) : fault.org).pause(fault.for_ms)
    }
    case 'roll the nodes':
      for (const node of nodes) await node.roll()
      return
    case 'kill Redis':
      await redis.kill()
      await Bun.sleep(fault.down_ms)
      await redis.start()
      return
    case 'flush Redis':
      await redis.cli('flushall')
      return
    case 'cut the subscriptions':
      await redis.cli('client', 'kill', 'type', 'pubsub')
      return
    case 'restart PostgreSQL':
      endPostgres(database.data_dir, 'SIGQUIT')
      return
    case 'cut clients inside frames':
      for (const { proxy } of stage.http_nodes) proxy.cutInside(fault.share, random)
      return
  }
}

/** The node at this index, or the next one that has no fault already. */
function freeNode(nodes: readonly ChaosNode[], index: number): ChaosNode {
  const from = nodes.map((_, i) => nodes[(index + i) % nodes.length]!)
  return from.find(({ isFree }) => isFree) ?? from[0]!
}

/** The longest wait for an acknowledgement by the kind of the fault that began nearest to it, in milliseconds. */
export function longestWaits(
  happened: readonly Happened[],
  waits: readonly { sent_at: number; acked_at: number }[],
): Map<FaultKind, number> {
  const longest = new Map<FaultKind, number>()
  for (const { sent_at, acked_at } of waits) {
    let nearest: Happened | undefined
    for (const one of happened) {
      if (one.began_at > acked_at) continue
      if (!nearest || Math.abs(one.began_at - sent_at) < Math.abs(nearest.began_at - sent_at)) nearest = one
    }
    if (nearest) longest.set(nearest.kind, Math.max(acked_at - sent_at, longest.get(nearest.kind) ?? 0))
  }
  return longest
}
