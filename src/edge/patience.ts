import { ApiError } from '../contracts/errors.ts'

/** Pause before the next try; spread, so that many streams do not ask at once. */
const PAUSE_MS = 300

/**
 * Reads for a stream that is behind. While the database is away the stream stays open and waits, as long as it is
 * `wanted`; anything else that goes wrong is thrown.
 */
export async function patiently<T>(wanted: () => boolean, read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof ApiError) || error.errorCode !== 'UNAVAILABLE' || !wanted()) throw error
    }
    await new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random())))
  }
}
