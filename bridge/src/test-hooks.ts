import { type CrashPoint, dieAt, NO_CRASH } from './delivery/crash-points.ts'
import { DELIVERY_LIMITS, type DeliveryLimits } from './delivery/limits.ts'
import type { StateLimits } from './state/limits.ts'

/** What tests change in a running bridge. */
export interface TestHooks {
  crash: CrashPoint
  limits: DeliveryLimits
  state_limits: Partial<StateLimits>
}

/**
 * Reads `MC_BRIDGE_TEST`, JSON of `{die?, limits?, state_limits?}`: a place of {@link dieAt}, shorter times and smaller bounds. Without
 * it the program has no such places.
 */
export function testHooks(env: Readonly<Record<string, string | undefined>>): TestHooks {
  const text = env.MC_BRIDGE_TEST
  if (text === undefined) return { crash: NO_CRASH, limits: DELIVERY_LIMITS, state_limits: {} }
  const {
    die,
    limits,
    state_limits = {},
  } = JSON.parse(text) as {
    die?: string
    limits?: Partial<DeliveryLimits>
    state_limits?: Partial<StateLimits>
  }
  return {
    crash: die === undefined ? NO_CRASH : dieAt(die),
    limits: { ...DELIVERY_LIMITS, ...limits },
    state_limits,
  }
}
