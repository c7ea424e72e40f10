/** The head of an org's log as its owner holds it. */
export interface Head {
  /** Number of this ownership: PostgreSQL refuses writes of any older one. */
  epoch: number
  /** Sequence of the last stored event. */
  sequence: number
  /** Number of the last batch that committed: after a lost connection it says whether ours did. */
  batch: number
  /** Short id of this incarnation of the log, new after a restore from backup. */
  log: string
}

/** This owner writes no more: another node took the org, or the owner failed. A retry goes to the next owner. */
export class Fenced extends Error {
  override name = 'Fenced'
  /** The command may have been stored before; otherwise nothing of it was done. */
  readonly may_be_stored: boolean

  constructor(message: string, options: { cause?: unknown; may_be_stored?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.may_be_stored = options.may_be_stored ?? false
  }
}

/** The org's head row is not there: the org is gone. */
export class Gone extends Error {
  override name = 'Gone'
}

/** The connection was lost during COMMIT: only a new epoch can tell whether the batch was stored. */
export class Doubt extends Error {
  override name = 'Doubt'
}
