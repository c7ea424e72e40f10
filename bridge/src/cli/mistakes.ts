import { ConfigProblems, CredentialMissing, CredentialsUnavailable } from '../config/config.ts'
import { maskKeys } from '../config/mask.ts'
import { ConfigMissing } from '../config/read.ts'
import { DeviceUnusable } from '../gateway/device.ts'
import { Incompatible } from '../run.ts'
import { StateTooNew } from '../state/port.ts'
import { ServiceRefused } from './service/plan.ts'

/** Failed; a later try may succeed. */
export const FAILED = 1
/** A mistake that a person must mend first: the service manager does not try again. */
export const MISTAKE = 2

/**
 * What a person is told about an error, and the exit code. Mistakes show their own words and no stack; keys are masked.
 * `MC_BRIDGE_DEBUG=1` adds the stack to other errors.
 */
export function explain(
  error: unknown,
  env: Readonly<Record<string, string | undefined>>,
): { text: string; code: number } {
  const message = maskKeys(error instanceof Error ? error.message : String(error))
  if (isMistake(error)) return { text: message, code: MISTAKE }
  const stack =
    env.MC_BRIDGE_DEBUG === '1' && error instanceof Error ? `\n${maskKeys(error.stack ?? '')}` : ''
  return { text: `mc-bridge failed: ${message}${stack}`, code: FAILED }
}

const MISTAKES = [
  ConfigMissing,
  ConfigProblems,
  CredentialMissing,
  DeviceUnusable,
  Incompatible,
  ServiceRefused,
  StateTooNew,
]

const isMistake = (error: unknown): boolean =>
  MISTAKES.some((kind) => error instanceof kind) ||
  (error instanceof CredentialsUnavailable && !error.passing)
