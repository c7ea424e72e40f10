import { systemClock } from './actors/runtime/clock.ts'
import { ConfigError, loadConfig } from './config.ts'
import { type Node, openNode } from './node.ts'
import { SAME_REQUEST_MS } from './serve/shutdown.ts'
import { startAlarms } from './workers/alarms.ts'

/** Signals that end the node. Deno knows no SIGQUIT handler on every system. */
const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * A node without HTTP among several: it owns organizations, answers the calls of other nodes and delivers alarms. It uses
 * web-standard and `node:` APIs only, so it runs under Bun and under Deno (`deno task serve:actors`). Throws one sentence
 * when it cannot start.
 */
export async function serveActors(env: Record<string, string | undefined>): Promise<Node> {
  if (loadConfig(env).config.redis_url === undefined)
    throw new Error('A node without HTTP is one of several: set MC_REDIS_URL.')
  const node = await openNode(env)
  const { core, log } = node
  const failed = (stage: string, error: unknown) => log.failed(stage, error)
  node.notices?.start(
    (notice) => {
      if (notice.type !== 'org_forgotten') return
      // Also what it knows of the agents that are away, of whom it was the owner's node.
      core.edges.forget(notice.org_id)
      core.host.stopOrg(notice.org_id).catch((error: unknown) => failed('forget an organization', error))
    },
    () => undefined,
  )
  const alarms = startAlarms({
    clock: systemClock,
    database: node.background_database,
    command: core.systemCommand,
    failed,
  })
  let requested_at: number | undefined
  const end = async (signal: string) => {
    if (requested_at !== undefined) {
      // A second signal skips the drain.
      if (performance.now() - requested_at >= SAME_REQUEST_MS) process.exit(1)
      return
    }
    requested_at = performance.now()
    log.info({ signal }, 'draining')
    const give_up = setTimeout(() => process.exit(0), node.config.drain_ms)
    await alarms.stop()
    await core.host.stopAll()
    core.edges.stop()
    await node.close()
    clearTimeout(give_up)
    process.exit(0)
  }
  for (const signal of END_SIGNALS) process.on(signal, () => void end(signal))
  process.on('uncaughtException', (error) => failed('uncaught', error))
  process.on('unhandledRejection', (error) => failed('unhandled rejection', error))
  console.log(`Mission Control actors run as node ${node.config.node_id}`)
  return node
}

if (import.meta.main)
  serveActors(process.env).catch((error: unknown) => {
    const problems =
      error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)]
    console.error(`Mission Control cannot start:\n  - ${problems.join('\n  - ')}`)
    process.exit(1)
  })
