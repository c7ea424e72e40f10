import { BackOff, type FailureCounts } from '../auth/back-off.ts'
import { type Buckets, TokenBuckets } from '../auth/rate-limit.ts'
import { isFirst, PatientMemory, SharedBackOff, SharedBuckets } from '../cluster/shared-limits.ts'
import type { BackOffLimits } from '../domain/back-off.ts'
import type { Node } from '../node.ts'

/** What calls and failures are counted with: by this node alone, or by all together. */
export interface Counts {
  /** Undefined when rates are not limited. */
  buckets: Buckets | undefined
  failures(kind: string, limits: BackOffLimits): FailureCounts
  /** Whether no node has done something named `key` within this time. Undefined on a single node. */
  isFirst: ((key: string, within_ms: number) => Promise<boolean>) | undefined
}

export function createCounts({ config, bus }: Pick<Node, 'config' | 'bus'>): Counts {
  const memory = bus && new PatientMemory(bus, Date.now)
  const own = new TokenBuckets(Date.now)
  const buckets = memory ? new SharedBuckets(memory, own) : own
  return {
    buckets: config.rate_limits ? buckets : undefined,
    failures(kind, limits) {
      const seen = new BackOff(Date.now, limits)
      return memory ? new SharedBackOff(memory, seen, kind, limits) : seen
    },
    isFirst: memory && ((key, within_ms) => isFirst(memory, key, within_ms)),
  }
}
