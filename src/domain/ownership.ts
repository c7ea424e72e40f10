/** The head of an org's log as its owner holds it. */
export interface Head {
  /** Fencing token: PostgreSQL refuses writes of an older epoch. */
  epoch: number
  /** Sequence of the last stored event. */
  sequence: number
  /** Number of the last committed batch; resolves the outcome of a COMMIT whose answer was lost. */
  batch: number
  /** Short id of this incarnation of the log, new after a restore from backup. */
  log: string
}

/** The owner is fenced: another node took the org, or the owner failed. A retry goes to the next owner. */
export class Fenced extends Error {
  override name = 'Fenced'
  /** True: the command may have been stored; false: it had no effect. */
  readonly may_be_stored: boolean

  constructor(message: string, options: { cause?: unknown; may_be_stored?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.may_be_stored = options.may_be_stored ?? false
  }
}

/** The org has no head row: it was deleted. */
export class Gone extends Error {
  override name = 'Gone'
}

/** The connection was lost during COMMIT: only a new epoch can tell whether the batch was stored. */
export class Doubt extends Error {
  override name = 'Doubt'
}
