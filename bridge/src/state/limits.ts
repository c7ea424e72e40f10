/** Bounds of the state file. Those of unfinished work refuse the newest; all others remove the oldest. */
export const STATE_LIMITS = {
  /** Rows that are not done: about two days of a busy team with the gateway away. */
  unfinished_rows: 10_000,
  /** Bytes of text and answers in rows that are not done. A new row that would pass it is refused; an answer never is. */
  unfinished_bytes: 64 * 1024 * 1024,
  /** Rows that are done, kept to suppress duplicates. */
  done_rows: 100_000,
  /** Sessions of all agents. Those without unfinished work go first that were not used for longest, archived ones before others. */
  sessions: 20_000,
  /** Keys of finals that were spoken, of all agents. */
  spoken_keys: 50_000,
  /** Size of the file, from the bounds above with room for answers: a full file counts as a full disk. */
  file_bytes: 1024 * 1024 * 1024,
} as const

export type StateLimits = { readonly [K in keyof typeof STATE_LIMITS]: number }

/** How long done rows and spoken keys are kept. */
export const DONE_KEPT_MS = 7 * 24 * 60 * 60 * 1000
