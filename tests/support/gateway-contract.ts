import { ACCESS_RULES } from './gateway-contract/access.ts'
import type { Rule } from './gateway-contract/connected.ts'
import { RESTART_RULES } from './gateway-contract/restarts.ts'
import { SESSION_RULES } from './gateway-contract/sessions.ts'
import { SUB_AGENT_RULES } from './gateway-contract/sub-agents.ts'
import { TURN_RULES } from './gateway-contract/turns.ts'

/** What every gateway does that the bridge works with, real or not. They end with those that stop it. */
export const GATEWAY_RULES: readonly Rule[] = [
  ...ACCESS_RULES,
  ...TURN_RULES,
  ...SESSION_RULES,
  ...SUB_AGENT_RULES.filter(([, , needs]) => needs === undefined),
  ...SUB_AGENT_RULES.filter(([, , needs]) => needs !== undefined),
  ...RESTART_RULES,
]
