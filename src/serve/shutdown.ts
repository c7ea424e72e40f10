import type { Host } from '../actors/runtime/host.ts'
import type { Edges } from '../edge/edges.ts'
import type { InFlight } from '../http/in-flight.ts'
import type { Log } from '../log.ts'

/** Signals that end the server: from a service manager, Ctrl-C, a closed terminal, Ctrl-\\. */
export const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

/** One key press or one `kill` of a process group arrives twice: directly, and passed on by npm and the start script. */
export const SAME_REQUEST_MS = 1_000
/** Clients of streams that this node closed reconnect spread over this time. */
const RECONNECT_SPREAD_MS = 5_000
/** For the last answers and close frames to leave before the connections are cut. */
const LAST_FRAMES_MS = 50
/** Beyond the drain time, for closing connections and the database; then the process ends anyhow. */
const CLOSE_MS = 1_500

interface Parts {
  log: Log
  /** Listening socket; undefined before it listens. */
  server(): { stop(close_connections?: boolean): Promise<void> } | null
  in_flight: InFlight
  edges: Edges
  host: Host
  /** Resolves when the background work under way has ended. */
  stopWorkers(): Promise<void>
  /** Ends the connections to the database, and the database when it is embedded. */
  close(): Promise<void>
  drain_ms: number
  /** Monotonic, in milliseconds. */
  now(): number
  exit(code: number): void
}

/**
 * Graceful shutdown, for signals: no new requests, requests under way are answered, actors finish what they accepted,
 * streams are closed with a code that asks for a reconnect. A later second signal skips all that: the process exits, and its
 * exit handler interrupts the embedded database.
 */
export function createShutdown(parts: Parts): (signal: string) => Promise<void> {
  let requested_at: number | undefined
  return async (signal) => {
    if (requested_at !== undefined) {
      if (parts.now() - requested_at >= SAME_REQUEST_MS) parts.exit(1)
      return
    }
    requested_at = parts.now()
    parts.log.info({ signal }, 'draining')
    const workers = parts.stopWorkers()
    const give_up = setTimeout(() => parts.exit(0), parts.drain_ms + CLOSE_MS)
    parts.edges.startDraining()
    // Not awaited: with an open stream the promise never settles.
    void parts.server()?.stop()
    const finished = Promise.all([parts.in_flight.idle(), workers]).then(() => parts.host.stopAll())
    await Promise.race([finished, Bun.sleep(parts.drain_ms)])
    parts.edges.closeAll(RECONNECT_SPREAD_MS)
    parts.edges.stop()
    await Bun.sleep(LAST_FRAMES_MS)
    await parts.server()?.stop(true)
    await parts.close()
    clearTimeout(give_up)
    parts.exit(0)
  }
}
