import { connect } from 'node:net'
import { examineRedis } from '../cluster/redis-client.ts'
import { redisOptions } from '../cluster/redis-url.ts'
import type { Config } from '../config.ts'
import type { Finding } from './doctor-findings.ts'

/** An answer of this machine or of a mail server takes less. */
export const ANSWER_MS = 4_000

/** Whether the port is free, or who has it; with the address of the server there, when it is ready. */
export async function portFinding({
  host,
  port,
  base_path,
}: Config): Promise<{ found: Finding; server?: string }> {
  const about = 'port'
  if (port === 0) return { found: { about, state: 'note', text: 'MC_PORT is 0: another one at every start' } }
  const local = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  if (!(await opens(local, port))) return { found: { about, state: 'ok', text: `${port} is free` } }
  try {
    const server = `http://${local.includes(':') ? `[${local}]` : local}:${port}${base_path}`
    const answer = await fetch(`${server}/ready`, {
      signal: AbortSignal.timeout(ANSWER_MS),
      redirect: 'manual',
    })
    if (answer.headers.has('x-mc-api-version')) {
      if (answer.status === 200)
        return { found: { about, state: 'ok', text: `a server is ready on ${port}` }, server }
      const text = `The server on ${port} is not ready: ${await answer.text()}`
      return { found: { about, state: 'wrong', text } }
    }
  } catch {
    // No HTTP, or no answer in time: something else.
  }
  const text = `Another program listens on ${port}. Stop it, or set MC_PORT.`
  return { found: { about, state: 'wrong', text } }
}

/** Redis, and what several nodes must share besides the database. Nothing for a single node. */
export async function nodeFindings(config: Config): Promise<Finding[]> {
  if (config.redis_url === undefined) return []
  const examined = await examineRedis(redisOptions(config.redis_url))
  const about = 'Redis'
  const found: Finding[] = [
    'version' in examined
      ? { about, state: 'ok', text: `version ${examined.version}` }
      : {
          about,
          state: 'wrong',
          text: `Redis cannot be used: ${examined.reason}. Look at MC_REDIS_URL. Without it the nodes work on, slower.`,
        },
  ]
  const { s3_bucket, export_dir, backup_dir, archive_dir } = config
  const own = [
    ...(s3_bucket === undefined && export_dir === undefined ? ['MC_EXPORT_DIR'] : []),
    ...(backup_dir === undefined ? ['MC_BACKUP_DIR'] : []),
    ...(archive_dir === undefined ? ['MC_ARCHIVE_DIR'] : []),
  ]
  if (own.length > 0)
    found.push({
      about: 'shared files',
      state: 'note',
      text: `Each node keeps its own files: set ${own.join(', ')} to a folder that all nodes share${s3_bucket === undefined ? ', or MC_S3_BUCKET for exports' : ''}.`,
    })
  return found
}

/** Whether the mail server takes connections; what it says to a password shows in its first mail. */
export async function mailFinding({ smtp_url }: Config): Promise<Finding | undefined> {
  const about = 'mail'
  if (smtp_url === undefined)
    return {
      about,
      state: 'note',
      text: 'MC_SMTP_URL is not set: invites are links that an administrator hands over',
    }
  const { hostname, port, protocol } = new URL(smtp_url)
  const number = Number(port || (protocol === 'smtps:' ? 465 : 587))
  return (await opens(hostname.replace(/^\[(.*)\]$/, '$1'), number))
    ? { about, state: 'ok', text: `${hostname}:${number} takes connections` }
    : { about, state: 'wrong', text: `${hostname}:${number} takes no connection. Look at MC_SMTP_URL.` }
}

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_MS })
    const end = (is_open: boolean) => {
      socket.destroy()
      resolve(is_open)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
