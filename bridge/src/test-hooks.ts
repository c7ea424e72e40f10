import { PRESENCE_TIMES, type PresenceTimes } from './agent/presence.ts'
import { type CrashPoint, dieAt, NO_CRASH } from './delivery/crash-points.ts'
import { DELIVERY_LIMITS, type DeliveryLimits } from './delivery/limits.ts'
import type { StateLimits } from './state/limits.ts'

/** What tests change in a running bridge. */
export interface TestHooks {
  crash: CrashPoint
  limits: DeliveryLimits
  times: PresenceTimes
  state_limits: Partial<StateLimits>
}

/**
 * Reads `MC_BRIDGE_TEST`, JSON of `{die?, limits?, times?, state_limits?}`: a place of {@link dieAt}, shorter times and smaller bounds. Without
 * it the program has no such places.
 */
export function testHooks(env: Readonly<Record<string, string | undefined>>): TestHooks {
  const text = env.MC_BRIDGE_TEST
  if (text === undefined)
    return { crash: NO_CRASH, limits: DELIVERY_LIMITS, times: PRESENCE_TIMES, state_limits: {} }
  const {
    die,
    limits,
    times,
    state_limits = {},
  } = JSON.parse(text) as {
    die?: string
    limits?: Partial<DeliveryLimits>
    times?: Partial<PresenceTimes>
    state_limits?: Partial<StateLimits>
  }
  return {
    crash: die === undefined ? NO_CRASH : dieAt(die),
    limits: { ...DELIVERY_LIMITS, ...limits },
    times: { ...PRESENCE_TIMES, ...times },
    state_limits,
  }
}
