import { ApiError } from '../contracts/errors.ts'

/** 412 when the caller edits from another version than the stored one; without a version the last writer wins. */
export function checkVersion(stored: number, expected: number | undefined): void {
  if (expected === undefined || expected === stored) return
  throw new ApiError('VERSION_CONFLICT', 'Somebody changed this meanwhile. Load it again.', {
    details: { version: stored },
  })
}
