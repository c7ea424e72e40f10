import { Doubt, Fenced, Gone, type Head } from '../domain/ownership.ts'
import { Batch, type JobRunner } from './batch.ts'
import type { Database, Row, Tx } from './client.ts'
import { DatabaseClock } from './database-clock.ts'
import { OutcomeUnknown } from './failures.ts'
import { GroupCommit } from './group-commit.ts'
import { setOrg } from './transaction.ts'

/** A batch in memory that still takes jobs; see the lane's port. */
interface OpenBatch<Job, Done, Sealed> {
  accepts(job: Job): boolean
  run(job: Job): Promise<Done>
  close(): Sealed
}

/** Ownership by PostgreSQL alone, while nodes cannot agree on owners. */
export interface Contest {
  /** Whether a batch of this org takes it over, instead of being fenced by another node. */
  isOpen(org_id: string): boolean
  /** A batch took an org from another node. */
  tookOver(): void
}

/**
 * Committed `last_seq` of the channels that one epoch of an org has written to. Exact, because an epoch has one writer.
 */
interface EpochCache {
  readonly epoch: number
  readonly last_seqs: Map<string, number>
}

type Work<Job, Done> = (tx: {
  run(job: Job): Promise<Done>
  runAlone(job: Job): Promise<Done>
}) => Promise<void>

/** A sealed batch in memory. It keeps its own seqs only: a chain of predecessors would never be freed. */
interface SealedBatch {
  readonly head: Head
  readonly seqs: ReadonlyMap<string, number>
  store(): Promise<Head>
}

/**
 * The lane's storage in PostgreSQL. A batch of plain messages is one statement that locks, stores and commits: one
 * round trip, which it shares with batches of other orgs that are ready at the same moment. Any other batch is a
 * transaction: BEGIN with the fencing lock, the commands' own statements, the same closing statement, COMMIT.
 */
export class PostgresLaneStore<Job, Done> {
  readonly #database: Database
  readonly #runner: JobRunner<Job, Done>
  readonly #caches = new Map<string, EpochCache>()
  readonly #clock = new DatabaseClock()
  readonly #group: GroupCommit
  readonly #contest: Contest | undefined

  constructor(database: Database, runner: JobRunner<Job, Done>, contest?: Contest) {
    this.#database = database
    this.#group = new GroupCommit(database)
    this.#runner = runner
    this.#contest = contest
  }

  /** Takes the next epoch of an org; throws `Gone` when it has no head row. */
  async take(org_id: string): Promise<Head> {
    const head = await this.#database.withOrg(org_id, async ({ sql }) => {
      const [row] = await sql<Head[]>`select epoch, sequence, batch, log from lane_take(${org_id})`
      return row
    })
    if (!head) throw new Gone(`Org ${org_id} has no head`)
    this.#caches.set(org_id, { epoch: head.epoch, last_seqs: new Map() })
    return { epoch: head.epoch, sequence: head.sequence, batch: head.batch, log: head.log }
  }

  /** Releases the cache of one epoch of an org; the cache of a later activation stays. */
  release(org_id: string, epoch: number): void {
    if (this.#caches.get(org_id)?.epoch === epoch) this.#caches.delete(org_id)
  }

  /** Opens a batch in memory that starts at `head`, where `predecessor` will leave it. */
  open(org_id: string, head: Head, predecessor?: SealedBatch): OpenBatch<Job, Done, SealedBatch> {
    const cache = this.#cacheOf(org_id, head.epoch)
    const before = predecessor?.seqs
    const known = (channel_id: string) => before?.get(channel_id) ?? cache.last_seqs.get(channel_id)
    const batch = new Batch(undefined, org_id, head, this.#clock.now(), known, this.#runner)
    return {
      accepts: (job) => {
        // What another node has written is seen under the lock only.
        if (this.#contest?.isOpen(org_id)) return false
        const needs = this.#runner.inMemory(job)
        return needs !== undefined && batch.knows(needs.channel_id)
      },
      run: (job) => batch.run(job),
      close: () => {
        const closed = batch.seal()
        return {
          head: batch.headAfter,
          seqs: closed.seqs,
          store: () =>
            this.#remember(cache.last_seqs, async () => {
              if (!(await this.#group.store(closed))) throw await this.#ownershipError(org_id)
              return batch
            }),
        }
      },
    }
  }

  async write(org_id: string, head: Head, jobs: readonly Job[], work: Work<Job, Done>): Promise<Head> {
    const cache = this.#cacheOf(org_id, head.epoch)
    if (this.#contest?.isOpen(org_id)) return await this.#takingOver(org_id, head, cache, jobs, work)
    return await this.#remember(cache.last_seqs, async () => {
      const begin = `begin;select * from lane_begin('${uuid(org_id)}',${whole(head.epoch)})`
      const asked_at = Date.now()
      return await this.#database.scripted(begin, async (tx, [locked]) => {
        if (!locked) throw await this.#ownershipError(org_id)
        this.#clock.heard(Date.parse(String(locked.now)), asked_at)
        return await this.#locked(tx, org_id, head, cache.last_seqs, jobs, work)
      })
    })
  }

  /**
   * Takes the org over and stores the batch in one transaction: nodes that contend for an org queue for its head row, and
   * each stores a batch when its turn comes.
   */
  async #takingOver(
    org_id: string,
    before: Head,
    cache: EpochCache,
    jobs: readonly Job[],
    work: Work<Job, Done>,
  ): Promise<Head> {
    const begin = `begin;${setOrg(org_id)};
      update org_heads set epoch = epoch + (epoch <> ${whole(before.epoch)})::int, updated_at = now()
      where org_id = '${uuid(org_id)}' returning epoch, sequence, batch, log, now() as now`
    const last_seqs = new Map(cache.last_seqs)
    const after = await this.#remember(last_seqs, async () => {
      const asked_at = Date.now()
      return await this.#database.scripted(begin, async (tx, [found]) => {
        if (!found) throw new Gone('The organization is gone')
        this.#clock.heard(Date.parse(String(found.now)), asked_at)
        const head = headOf(found)
        const moved = (['sequence', 'batch', 'log'] as const).some((of) => head[of] !== before[of])
        if (moved) last_seqs.clear()
        return await this.#locked(tx, org_id, head, last_seqs, jobs, work, moved)
      })
    })
    this.#caches.set(org_id, { epoch: after.epoch, last_seqs })
    if (after.epoch !== before.epoch) this.#contest?.tookOver()
    return after
  }

  /** Runs jobs and stores their batch, in a transaction that has locked the head. */
  async #locked(
    tx: Tx,
    org_id: string,
    head: Head,
    last_seqs: ReadonlyMap<string, number>,
    jobs: readonly Job[],
    work: Work<Job, Done>,
    moved = false,
  ): Promise<Batch<Job, Done>> {
    const known = (channel_id: string) => last_seqs.get(channel_id)
    const batch = new Batch(tx, org_id, head, this.#clock.now(), known, this.#runner)
    if (moved) await this.#runner.reload?.(jobs, batch)
    await this.#runner.prefetch(jobs, batch)
    await work(batch)
    if (!(await batch.flush(tx.sql))) throw new Fenced('The head moved under the lock')
    return batch
  }

  /** An older epoch gets a throw-away cache: all its writes are refused. */
  #cacheOf(org_id: string, epoch: number): EpochCache {
    const cache = this.#caches.get(org_id)
    return cache?.epoch === epoch ? cache : { epoch, last_seqs: new Map() }
  }

  /** Caches the seqs of a batch once it is stored. */
  async #remember(last_seqs: Map<string, number>, store: () => Promise<Batch<Job, Done>>): Promise<Head> {
    try {
      const batch = await store()
      for (const [channel_id, seq] of batch.seqs) last_seqs.set(channel_id, seq)
      return batch.headAfter
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error
      last_seqs.clear()
      throw new Doubt('COMMIT was under way')
    }
  }

  /** The error for a head that could not be locked at an epoch. */
  async #ownershipError(org_id: string): Promise<Error> {
    const [row] = await this.#database.withOrg(
      org_id,
      ({ sql }) => sql`select 1 from org_heads where org_id = ${org_id}`,
    )
    return row ? new Fenced('Another node owns the organization') : new Gone('The organization is gone')
  }
}

/** Numbers of the simple protocol are texts. */
function headOf({ epoch, sequence, batch, log }: Row): Head {
  return { epoch: Number(epoch), sequence: Number(sequence), batch: Number(batch), log: String(log) }
}

function uuid(text: string): string {
  if (!/^[0-9a-f-]{36}$/.test(text)) throw new Error('not a UUID')
  return text
}

function whole(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error('not a whole number')
  return String(value)
}
