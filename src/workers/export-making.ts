import { createHash } from 'node:crypto'
import type { Inputs } from '../contracts/commands.ts'
import { ApiError } from '../contracts/errors.ts'
import { newId } from '../contracts/ids.ts'
import type { Export } from '../contracts/resources.ts'
import type { SnapshotDatabase } from '../db/transfer/snapshot.ts'
import { EXPORT_ATTEMPTS_MAX, INTERRUPTED, NOT_MADE } from '../domain/exports.ts'
import { writeExport } from '../exports/write-export.ts'
import { StorageMissing } from '../files/places.ts'
import type { FileStorage } from '../files/storage.ts'

/** Administrators see the progress this often. */
const PROGRESS_MS = 1_000
/** Without news an export counts as stalled after minutes. */
const SIGN_OF_LIFE_MS = 10_000

export interface ExportMakingPorts {
  storage: FileStorage
  snapshots: Pick<SnapshotDatabase, 'read'>
  begin(
    org_id: string,
    id: string,
    name: string,
  ): Promise<{ attempt: number; path: string; former_path: string | null } | undefined>
  /** Undefined when the attempt was overtaken. */
  note(org_id: string, id: string, at: { attempt: number; progress: number }): Promise<Export | undefined>
  /** An attempt that ends with the server does not count. */
  giveBack(org_id: string, id: string, attempt: number): Promise<void>
  /** Runs the command; false when the attempt was overtaken. */
  end(org_id: string, input: Inputs['export.end']): Promise<boolean>
  tell(org_id: string, exported: Export): void
}

interface Context {
  signal: AbortSignal
  log: { failed(stage: string, error: unknown): void }
}

/**
 * One attempt at the file of an export. A file has a name of its own attempt, which the row says before it is written: what a
 * killed attempt leaves is found and removed by the next one. Throws when the attempt is to be repeated.
 */
export async function makeExport(
  { org_id, export_id: id }: { org_id: string; export_id: string },
  { signal, log }: Context,
  ports: ExportMakingPorts,
): Promise<void> {
  const { storage } = ports
  const begun = await ports.begin(org_id, id, `${org_id}/${id}-${newId()}.tar.gz`)
  if (!begun) return
  const { attempt, path, former_path } = begun
  // A storage that is away fails the attempt where it writes, which counts.
  const removeLeft = (left: string) =>
    storage.remove(left).catch((failure: unknown) => log.failed('remove a part of an export', failure))
  if (former_path !== null) await removeLeft(former_path)
  if (attempt > EXPORT_ATTEMPTS_MAX) {
    await ports.end(org_id, { id, attempt, error: INTERRUPTED })
    return
  }
  const report = new ProgressReport(async (progress) => {
    const exported = await ports.note(org_id, id, { attempt, progress })
    if (exported) ports.tell(org_id, exported)
    return exported !== undefined
  })
  let file: { size_bytes: number; sha256: string }
  try {
    const off = AbortSignal.any([signal, report.overtaken])
    file = await ports.snapshots.read(org_id, (snapshot) => {
      const content = writeExport(snapshot, { now: new Date(), onProgress: (part) => report.at(part) })
      return store(storage, path, content, off)
    })
  } catch (error) {
    await removeLeft(path)
    if (report.overtaken.aborted) return
    if (signal.aborted) await ports.giveBack(org_id, id, attempt)
    if (signal.aborted || attempt < EXPORT_ATTEMPTS_MAX) throw error
    log.failed(`make the export ${id}`, error)
    const reason = error instanceof StorageMissing ? error.message : NOT_MADE
    await ports.end(org_id, { id, attempt, error: reason })
    return
  } finally {
    await report.stop()
  }
  // Thrown with an unknown outcome, the file may be the one that is ready: it stays, and the next attempt finds out.
  const stored = await ports.end(org_id, { id, attempt, file }).catch(unlessGone)
  if (!stored) await storage.remove(path)
}

async function store(
  storage: FileStorage,
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ size_bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let size_bytes = 0
  async function* counted() {
    for await (const chunk of content) {
      hash.update(chunk)
      size_bytes += chunk.length
      yield chunk
    }
  }
  await storage.write(path, counted(), signal)
  return { size_bytes, sha256: hash.digest('hex') }
}

function unlessGone(error: unknown): false {
  if (error instanceof ApiError && error.status === 404) return false
  throw error
}

/** Notes the progress once a second while it moves, and now and then while it does not. */
class ProgressReport {
  readonly #note: (percent: number) => Promise<boolean>
  readonly #overtaken = new AbortController()
  readonly #timer: ReturnType<typeof setInterval>
  #percent = 0
  #noted = -1
  #noted_at = 0
  #noting: Promise<void> = Promise.resolve()
  #busy = false

  constructor(note: (percent: number) => Promise<boolean>) {
    this.#note = note
    this.#timer = setInterval(() => this.#tick(), PROGRESS_MS)
    this.#tick()
  }

  /** Aborted when another attempt has taken over. */
  get overtaken(): AbortSignal {
    return this.#overtaken.signal
  }

  /** 100 is a file that is ready. */
  at(part: number): void {
    this.#percent = Math.min(99, Math.floor(part * 100))
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#noting
  }

  #tick(): void {
    const quiet = this.#percent === this.#noted && Date.now() - this.#noted_at < SIGN_OF_LIFE_MS
    if (this.#busy || quiet) return
    this.#busy = true
    this.#noting = this.#once(this.#percent)
  }

  async #once(percent: number): Promise<void> {
    try {
      if (!(await this.#note(percent))) this.#overtaken.abort(new Error('Another attempt has taken over'))
      this.#noted = percent
      this.#noted_at = Date.now()
    } catch {
      // The database is away for a moment: the next tick tries again, and the attempt fails by its own reads.
    } finally {
      this.#busy = false
    }
  }
}
