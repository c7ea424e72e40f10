import type { BridgeProcess } from '../support/bridge-process.ts'

/** What was read of the bridge at one moment. */
export interface Sample {
  /** Milliseconds since the start of the soak. */
  at_ms: number
  resident_bytes: number
  descriptors: number
}

export function sampleOf(bridge: BridgeProcess, started_at: number): Sample {
  return {
    at_ms: Date.now() - started_at,
    resident_bytes: bridge.resident_bytes(),
    descriptors: bridge.descriptors(),
  }
}

/** Growth of the median from the second quarter of the time to the last one: the first is start-up and warm-up. */
export function growth(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const quarter = Math.floor(samples.length / 4)
  if (quarter === 0) return 0
  return median(samples.slice(-quarter).map(of)) - median(samples.slice(quarter, 2 * quarter).map(of))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** The value below which `share` of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export const mib = (bytes: number) => Math.round((bytes / 1024 / 1024) * 10) / 10
