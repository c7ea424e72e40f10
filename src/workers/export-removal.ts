/** An export that needs care: a file that has to go, or nobody works on it any more. */
export interface DueExport {
  org_id: string
  id: string
  path: string | null
  stalled: boolean
}

export interface ExportRemovalPorts {
  due(limit: number, stalled_ms: number): Promise<DueExport[]>
  remove(path: string): Promise<void>
  /** The file is gone: the export is expired if it was ready. */
  forget(org_id: string, id: string): Promise<void>
  /** Enqueues an export again whose job is lost. */
  requeue(org_id: string, id: string): Promise<void>
  stopping(): boolean
  failed(stage: string, error: unknown): void
}

const AT_ONCE = 200
/** Far beyond the longest pause between two signs of life of an attempt, or between two attempts. */
export const STALLED_MS = 15 * 60_000

/** Removes the files of expired and failed exports of all orgs, and sets stalled ones going. Returns how many files went. */
export async function removeExports(ports: ExportRemovalPorts): Promise<number> {
  let removed = 0
  for (const { org_id, id, path, stalled } of await ports.due(AT_ONCE, STALLED_MS)) {
    if (ports.stopping()) break
    try {
      if (stalled) await ports.requeue(org_id, id)
      else {
        if (path !== null) await ports.remove(path)
        await ports.forget(org_id, id)
        removed++
      }
    } catch (error) {
      // The others do not wait for one whose storage is away.
      ports.failed(`care for the export ${id}`, error)
    }
  }
  return removed
}
