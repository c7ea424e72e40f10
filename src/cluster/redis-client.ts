import { Redis, type RedisOptions } from 'ioredis'

/** A command without an answer after this time has an unknown outcome: it may still be carried out. */
export const COMMAND_MS = 500
/** For TCP and TLS; each step of the handshake has {@link COMMAND_MS}. */
const CONNECT_MS = 1_000
/** A hanging peer answers no FIN: the socket is destroyed after this time. */
const DISCONNECT_MS = 200
/** Exponential back-off of reconnection, with jitter, bounded so that a cluster is whole soon after Redis is. */
const RECONNECT_MS_MIN = 50
const RECONNECT_MS_MAX = 1_000

/**
 * A client that never queues a command while it is not connected and never repeats one: what was sent into a dying
 * connection has an unknown outcome. It connects when told to, and then reconnects by itself for ever.
 */
export function createRedis(options: RedisOptions, name: string): Redis {
  const all: RedisOptions = {
    ...options,
    connectionName: name,
    lazyConnect: true,
    commandTimeout: COMMAND_MS,
    sentinelCommandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: reconnectDelay,
    sentinelRetryStrategy: reconnectDelay,
    // A master that became a replica: Sentinel names its successor.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }
  return new Redis({ ...all, replyMapping: 'legacy' })
}

function reconnectDelay(times: number): number {
  const most = Math.min(RECONNECT_MS_MIN * 2 ** Math.min(times, 10), RECONNECT_MS_MAX)
  return most * (0.5 + Math.random() / 2)
}

/** What `doctor` asks: the version of the Redis behind an `MC_REDIS_URL`, or in words why it cannot be used. */
export async function examineRedis(options: RedisOptions): Promise<{ version: string } | { reason: string }> {
  const redis = createRedis(options, 'mission-control-doctor')
  redis.options.retryStrategy = () => null
  let reason = ''
  redis.on('error', (error) => {
    reason ||= error.message
  })
  try {
    await redis.connect()
    const info = await redis.info('server')
    return { version: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown' }
  } catch (error) {
    return { reason: reason || (error instanceof Error ? error.message : String(error)) }
  } finally {
    redis.disconnect()
  }
}
