/** What the parts of the bridge log with. Neither keys nor texts of messages go in. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
  /** The one reporter of what nobody waits for. */
  failed(stage: string, error: unknown): void
}
