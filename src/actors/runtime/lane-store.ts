import type { Head } from '../../domain/ownership.ts'

/**
 * Storage of one org's log as its lane needs it. One contract suite (tests/support/lane-contract.ts) is run by the fake
 * and by PostgreSQL.
 */
export interface LaneStore<Job, Done> {
  /** Takes the next epoch. Waits for a transaction whose outcome is unknown, or defeats it. Throws `Gone`. */
  take(org_id: string): Promise<Head>
  /**
   * Opens a batch in memory that starts at `head`. `predecessor` is the batch under way that will leave the head there;
   * the new batch is void when its predecessor does not commit.
   */
  open(org_id: string, head: Head, predecessor?: ClosedBatch): OpenBatch<Job, Done>
  /**
   * One transaction: locks the head row at `head.epoch`, lets `work` run some of `jobs`, stores their rows under
   * consecutive numbers from `head.sequence + 1` with batch number `head.batch + 1`, and commits.
   * Throws `Fenced`, `Gone`, `Doubt`, or an `ApiError` 503 when nothing was done.
   */
  write(
    org_id: string,
    head: Head,
    jobs: readonly Job[],
    work: (tx: LaneTransaction<Job, Done>) => Promise<void>,
  ): Promise<Head>
  /** Forgets what was cached for this epoch of an org. A later epoch's cache stays. */
  release(org_id: string, epoch: number): void
}

/** What one transaction of the lane offers. */
export interface LaneTransaction<Job, Done> {
  /**
   * Runs one job inside the transaction. A refusal (`ApiError`) leaves nothing behind and takes no number; after any
   * other error the transaction cannot go on.
   */
  run(job: Job): Promise<Done>
  /** The same under a savepoint: after any error the transaction can go on. */
  runAlone(job: Job): Promise<Done>
}

/** A batch in memory that still takes jobs. */
export interface OpenBatch<Job, Done> {
  /** Whether the job can be decided from memory alone, here and now. */
  accepts(job: Job): boolean
  /** Like `run` of a transaction, touching nothing outside the batch. Throws once the batch is closed. */
  run(job: Job): Promise<Done>
  /** Seals the batch: what it holds now is what will be stored. */
  close(): ClosedBatch
}

/** A sealed batch: its rows, numbers and resulting head no longer change. */
export interface ClosedBatch {
  /** The head that this batch leaves. */
  readonly head: Head
  /** Commits the batch, once. Resolves with {@link head}; throws like `write` of the store. */
  store(): Promise<Head>
}
