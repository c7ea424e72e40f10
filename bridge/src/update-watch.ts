import { type Clock, pause } from './clock.ts'
import type { Config } from './config/config.ts'
import type { Log } from './log.ts'
import type { AgentServer } from './server/port.ts'
import { UPDATE_CHECK_MS, updateNotice } from './updates.ts'

/** A server that is away is asked again after this. */
const AGAIN_MS = 60 * 60_000

export interface UpdateMeans {
  updates: Config['updates']
  /** The first agent of each org: it tells its org. The server itself is the same for all. */
  tellers: readonly { org_slug: string; server: Pick<AgentServer, 'version' | 'channels' | 'post'> }[]
  clock: Clock
  log: Log
}

/**
 * Asks the own server for its version once a day, until the signal aborts: a newer one is told in the log, and in the
 * channel of that name where one is configured. Over restarts the channel gets it once per version, because the message
 * has the same `client_id`. Never rejects.
 */
export async function watchUpdates(means: UpdateMeans, signal: AbortSignal): Promise<void> {
  const { updates, clock, tellers } = means
  const [first] = tellers
  if (!updates.auto_check || !first) return
  let told = ''
  while (!signal.aborted) {
    const found = await first.server.version().catch(() => undefined)
    // A server that gives no answer is no news here: the health report tells.
    const notice = found && updateNotice(found, told)
    if (notice && !signal.aborted) {
      means.log.warn(notice.text, { server_version: notice.version })
      await tell(means, notice)
      told = notice.version
    }
    await pause(clock, found ? UPDATE_CHECK_MS : AGAIN_MS, signal)
  }
}

async function tell(
  { updates, tellers, log }: UpdateMeans,
  { version, text }: { version: string; text: string },
): Promise<void> {
  const name = updates.notify_channel
  if (name === null) return
  for (const { org_slug, server } of tellers) {
    try {
      const channel = (await server.channels()).find((one) => one.name === name)
      if (channel) await server.post(channel.id, { content: text, client_id: `mc-update-${version}` })
      else log.warn('There is no channel for news of updates.', { org_slug, channel: name })
    } catch (error) {
      log.failed(`post the news of an update in ${org_slug}`, error)
    }
  }
}
