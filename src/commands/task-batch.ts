import type { Evidence, Task } from '../contracts/resources.ts'
import type { BatchContext } from '../db/batch.ts'
import type { Fragment } from '../db/client.ts'
import { readTasks, readTasksAndWaiting } from '../db/queries/tasks.ts'
import { taskParts, writeTasks } from '../db/writes/tasks.ts'
import type { Job } from '../domain/job.ts'

const KEY = 'tasks'

interface Moved {
  task: Task
  evidence_added: Evidence[]
}

/**
 * The tasks of one batch: read for all of its commands at once, and stored for all of them by the closing statement.
 * Commands in between see each other's changes here; before any other command runs, the changes are written.
 */
export class TaskBatch {
  readonly #context: BatchContext
  readonly #known = new Map<string, Task>()
  readonly #created: Task[] = []
  readonly #moved = new Map<string, Moved>()

  constructor(context: BatchContext) {
    this.#context = context
  }

  static of(context: BatchContext): TaskBatch {
    const found = context.prefetched.get(KEY)
    if (found instanceof TaskBatch) return found
    const made = new TaskBatch(context)
    context.prefetched.set(KEY, made)
    return made
  }

  /** Prefetches the tasks of a batch's commands in one statement. */
  async prefetch(jobs: readonly Job[]): Promise<void> {
    const ids: string[] = []
    const completing: string[] = []
    for (const job of jobs) {
      switch (job.command) {
        case 'task.create':
          ids.push(...(job.input.blocked_by_ids ?? []))
          break
        case 'task.add_evidence':
          ids.push(job.input.id)
          break
        case 'task.transition':
          ids.push(job.input.id)
          if (job.input.to_status === 'complete') completing.push(job.input.id)
          break
      }
    }
    if (ids.length === 0) return
    const { org_id } = this.#context
    for (const task of await readTasksAndWaiting(this.#context, org_id, [...new Set(ids)], completing))
      this.#known.set(task.id, task)
  }

  /** The tasks among `ids`, with the changes of the commands before this one. */
  async read(ids: readonly string[]): Promise<Task[]> {
    const missing = ids.filter((id) => !this.#known.has(id))
    if (missing.length > 0) {
      await this.write()
      for (const task of await readTasks(this.#context, this.#context.org_id, missing))
        this.#known.set(task.id, task)
    }
    return ids.flatMap((id) => this.#known.get(id) ?? [])
  }

  create(task: Task): void {
    this.#created.push(task)
    this.#forgetNeighbours(task)
  }

  /** Stores status, times, version and new evidence of a task with the batch. */
  move(task: Task, evidence_added: readonly Evidence[]): void {
    const before = this.#moved.get(task.id)?.evidence_added ?? []
    this.#moved.set(task.id, { task, evidence_added: [...before, ...evidence_added] })
    this.#forgetNeighbours(task)
    this.#known.set(task.id, task)
  }

  /** The buffered writes of a batch, as parts of the closing statement. */
  static closing(context: BatchContext): Fragment[] {
    const found = context.prefetched.get(KEY)
    return found instanceof TaskBatch ? found.#closing() : []
  }

  /** Flushes the buffered writes and drops the cache, which later commands may invalidate. */
  async write(): Promise<void> {
    if (this.#created.length + this.#moved.size > 0) await writeTasks(this.#context, this.#take())
    this.#known.clear()
  }

  #closing(): Fragment[] {
    if (this.#created.length + this.#moved.size === 0) return []
    const parts = taskParts(this.#context, this.#take())
    // A later rollback to a savepoint would invalidate the cache.
    this.#known.clear()
    return parts
  }

  #take() {
    const writes = { created: [...this.#created], moved: [...this.#moved.values()] }
    this.#created.length = 0
    this.#moved.clear()
    return writes
  }

  /**
   * Drops the tasks that reference this one (its name, its status, a dependency on it): they are read again on demand.
   */
  #forgetNeighbours({ blocks, blocked_by }: Task): void {
    for (const { id } of [...blocks, ...blocked_by]) this.#known.delete(id)
  }
}
