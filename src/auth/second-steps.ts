import { createHash } from 'node:crypto'
import { readText, signText } from './signed-texts.ts'

/** A sign-in whose password was right, for an account with a second factor. */
export interface SecondStep {
  account_id: string
  /** Changes with the password. */
  password: string
  /** Tells two attempts of one millisecond apart. */
  nonce: string
  /** Milliseconds since 1970. */
  issued_at: number
}

/** Somebody fetches the phone; whoever found the token in a log later has nothing. */
export const SECOND_STEP_MS = 5 * 60 * 1000
const PURPOSE = 'second step of a sign-in'

export function signSecondStep(secret: Uint8Array, step: SecondStep): string {
  return signText(secret, PURPOSE, step)
}

export function readSecondStep(
  secrets: readonly Uint8Array[],
  token: string,
  now: number,
): SecondStep | undefined {
  return readText<SecondStep>(secrets, PURPOSE, token, { now, lasts_ms: SECOND_STEP_MS })
}

/** Name under which a signed token that was used is stored. */
export function spentName(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
