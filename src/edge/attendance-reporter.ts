import type { AttendanceReport, ConnectionCounts } from '../contracts/relay.ts'
import type { Attendance } from './attendance.ts'

/** What is at a node is repeated this often; others forget it after {@link REPORT_EXPIRES_MS}. */
export const REPEAT_MS = 3_000
export const REPORT_EXPIRES_MS = 10_000
/** Time between two reports of changes, for the first users and for each: some 40 kB a second and org. */
const CHANGES_MS = 900
const USER_MS = 1

/** Decides when the node tells others who of one org is here: changes soon, everything else as a short sign of life. */
export class AttendanceReporter {
  /** Of this edge: a later one of the same node begins with other versions. */
  readonly #base: number
  #told: { version: number; counts: ConnectionCounts; at: number } | undefined
  #listed_at = 0
  #asked = false

  constructor(base = Date.now()) {
    this.#base = base
  }

  /** Another node does not know who is here. */
  asked(): void {
    this.#asked = true
  }

  /** The report that is due; called about once a second. */
  next(attendance: Attendance, counts: ConnectionCounts, now: number): AttendanceReport | undefined {
    const nobody = attendance.size + counts.sse + counts.websocket === 0
    if (
      nobody &&
      (!this.#told || isNone(this.#told.counts)) &&
      this.#versionOf(attendance) === this.#version
    ) {
      this.#asked = false
      return undefined
    }
    const changed = this.#versionOf(attendance) !== this.#version || this.#asked
    if (changed && now - this.#listed_at >= CHANGES_MS + attendance.size * USER_MS) {
      this.#asked = false
      this.#listed_at = now
      return this.#tell({ version: this.#versionOf(attendance), counts, members: attendance.members() }, now)
    }
    const version = this.#told?.version
    if (version === undefined) return undefined
    const due = now - (this.#told?.at ?? 0) >= REPEAT_MS || !isSame(this.#told?.counts, counts)
    return due ? this.#tell({ version, counts }, now) : undefined
  }

  /** The last report of a node that stops, or forgets the org. */
  last(attendance: Attendance): AttendanceReport | undefined {
    if (!this.#told) return undefined
    const counts = { sse: 0, websocket: 0 }
    return { version: this.#versionOf(attendance) + 1, counts, members: { connected: [], calling: [] } }
  }

  get #version(): number {
    return this.#told?.version ?? this.#base
  }

  #versionOf({ version }: Attendance): number {
    return this.#base + version
  }

  #tell(report: AttendanceReport, now: number): AttendanceReport {
    this.#told = { version: report.version, counts: report.counts, at: now }
    return report
  }
}

const isNone = ({ sse, websocket }: ConnectionCounts): boolean => sse + websocket === 0

function isSame(a: ConnectionCounts | undefined, b: ConnectionCounts): boolean {
  return a?.sse === b.sse && a.websocket === b.websocket
}
