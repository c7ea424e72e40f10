import type { Address } from './actors/runtime/actor.ts'
import { answerCall } from './actors/runtime/answer-call.ts'
import { type Directory, SingleNodeDirectory } from './actors/runtime/directory.ts'
import type { Host } from './actors/runtime/host.ts'
import type { CallTransport } from './actors/runtime/router.ts'
import type { RedisBus } from './cluster/redis-bus.ts'
import { RedisCalls } from './cluster/redis-calls.ts'
import { RedisDirectory } from './cluster/redis-directory.ts'
import type { CallOutcome } from './contracts/calls.ts'

/** How a node takes part in the ownership of orgs. */
export interface Ownership {
  /** This node in the directory. */
  node_id: string
  directory: Directory
  /** Undefined on a single node. */
  transport: CallTransport | undefined
  /** Whether other nodes may write to the org as well: PostgreSQL alone decides, batch by batch. */
  contested(org_id: string): boolean
  /** A lane of this node was fenced. */
  fenced(org_id: string): void
  /** Takes the calls of other nodes from now on. */
  open(): Promise<void>
  close(): void
}

/** A single node: it owns every org. */
export function alone(node_id: string): Ownership {
  return {
    node_id,
    directory: new SingleNodeDirectory(node_id),
    transport: undefined,
    contested: () => false,
    fenced: () => undefined,
    open: async () => undefined,
    close: () => undefined,
  }
}

/**
 * A node that is cut off from Redis alone takes orgs over with every batch. Whom it fenced contends in the same way for this
 * long, so that both make progress.
 */
const CONTEST_MS = 2_000

/** Measures of a node among others. */
export interface NodeMeasures {
  tookOver(): void
  called(outcome: 'answered' | 'nobody' | 'unanswered' | 'leaving'): void
}

/**
 * One of several nodes. Its id is that of this life of the process: a node that starts again gets no answers of its former
 * life, and two nodes of the same name do not get each other's.
 */
export function oneOfSeveral(
  bus: RedisBus,
  { name, lease_ms }: { name: string; lease_ms: number },
  host: Host,
  measures: NodeMeasures,
  failed: (stage: string, error: unknown) => void,
): Ownership {
  const node_id = `${name}.${crypto.randomUUID().slice(0, 8)}`
  const directory = new RedisDirectory({
    node_id,
    bus,
    lease_ms,
    lost: (org_id) => {
      host.stopOrg(org_id).catch((error: unknown) => failed('stop the actors of an org that moved', error))
    },
    tookOver: () => measures.tookOver(),
  })

  /** A call that comes here by an old entry goes on to the owner: the caller asks the directory again. */
  async function answer(address: Address, request: unknown): Promise<CallOutcome> {
    if (!directory.holds(address.org_id)) {
      const owner = await directory.ownerOf(address.org_id)
      if (owner !== undefined && owner !== node_id)
        return {
          ok: false,
          failure: { type: 'fenced', message: 'The organization moved', may_be_stored: false },
        }
    }
    return await answerCall(host, address, request, failed)
  }

  const transport = new RedisCalls({
    node_id,
    bus,
    answer,
    distrust: (...of) => directory.distrust(...of),
    counted: (outcome) => measures.called(outcome),
    failed,
  })
  const fenced_at = new Map<string, number>()
  return {
    node_id,
    directory,
    transport,
    contested: (org_id) => !bus.up || performance.now() - (fenced_at.get(org_id) ?? -CONTEST_MS) < CONTEST_MS,
    fenced(org_id) {
      const now = performance.now()
      for (const [other, at] of fenced_at) if (now - at >= CONTEST_MS) fenced_at.delete(other)
      fenced_at.set(org_id, now)
    },
    open: () => transport.open(),
    close() {
      transport.close()
      directory.close()
    },
  }
}
