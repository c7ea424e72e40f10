/** The head of an org's log as its owner holds it. */
export interface Head {
  /** Number of this ownership: PostgreSQL refuses writes of any older one. */
  epoch: number
  /** Sequence of the last stored event. */
  sequence: number
  /** Number of the last batch that committed: tells after a lost connection whether ours did. */
  batch: number
  /** Short id of this incarnation of the log, new after a restore from backup. */
  log: string
}

/** Another node owns the org now: nothing of the batch was done. */
export class Fenced extends Error {
  override name = 'Fenced'
}

/** The org's head row is not there: the org is gone. */
export class Gone extends Error {
  override name = 'Gone'
}

/** The batch before this one is not stored, or not yet: nothing of this one was done. */
export class OutOfTurn extends Error {
  override name = 'OutOfTurn'
}

/** The connection was lost during COMMIT: only a new epoch can tell whether the batch was stored. */
export class Doubt extends Error {
  override name = 'Doubt'
}
