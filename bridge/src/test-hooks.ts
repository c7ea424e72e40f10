import { type CrashPoint, dieAt, NO_CRASH } from './delivery/crash-points.ts'
import { DELIVERY_LIMITS, type DeliveryLimits } from './delivery/limits.ts'

/** What tests change in a running bridge. */
export interface TestHooks {
  crash: CrashPoint
  limits: DeliveryLimits
}

/**
 * Reads `MC_BRIDGE_TEST`, JSON of `{die?, limits?}`: a place of {@link dieAt} and shorter times. Without it the
 * program has no such places.
 */
export function testHooks(env: Readonly<Record<string, string | undefined>>): TestHooks {
  const text = env.MC_BRIDGE_TEST
  if (text === undefined) return { crash: NO_CRASH, limits: DELIVERY_LIMITS }
  const { die, limits } = JSON.parse(text) as {
    die?: string
    limits?: Partial<DeliveryLimits>
  }
  return {
    crash: die === undefined ? NO_CRASH : dieAt(die),
    limits: { ...DELIVERY_LIMITS, ...limits },
  }
}
