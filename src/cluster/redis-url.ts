import type { RedisOptions } from 'ioredis'

const PORT = 6379
const SENTINEL_PORT = 26_379

/**
 * Connection options of an `MC_REDIS_URL`: `redis://[user:password@]host[:port][/db]`, with `rediss:` over TLS. By Sentinel:
 * `redis+sentinel://[user:password@]host[:port],host[:port]/name[/db]`, the credentials being those of Redis itself and
 * `?sentinel_password=` that of the Sentinels. Throws one sentence about a URL of another form.
 */
export function redisOptions(text: string): RedisOptions {
  const parts =
    /^(rediss?)(\+sentinel)?:\/\/(?:([^\s:@/]*)(?::([^\s@/]*))?@)?([^\s/?#]+)((?:\/[^?#]*)?)(\?[^#]*)?$/.exec(
      text,
    )
  if (!parts) throw new Error('MC_REDIS_URL is not a URL of Redis.')
  const [, scheme, sentinel, user = '', password = '', hosts = '', path = '', query = ''] = parts
  const tls = scheme === 'rediss' ? {} : undefined
  const common: RedisOptions = {
    ...(user === '' ? {} : { username: decoded(user) }),
    ...(password === '' ? {} : { password: decoded(password) }),
    ...(tls === undefined ? {} : { tls }),
  }
  const [first = '', second = ''] = path.split('/').slice(1)
  if (sentinel === undefined) {
    const address = addressOf(hosts, PORT)
    // The certificate of an address by name is checked for that name.
    return {
      ...common,
      ...address,
      ...(tls === undefined ? {} : { tls: { servername: address.host } }),
      db: dbOf(first),
    }
  }
  if (first === '') throw new Error('MC_REDIS_URL with Sentinels needs the name of the master as its path.')
  const sentinel_password = new URLSearchParams(query).get('sentinel_password')
  return {
    ...common,
    sentinels: hosts.split(',').map((host) => addressOf(host, SENTINEL_PORT)),
    name: decoded(first),
    db: dbOf(second),
    ...(sentinel_password === null ? {} : { sentinelPassword: sentinel_password }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  }
}

function addressOf(text: string, default_port: number): { host: string; port: number } {
  const [, name, ipv6, port] = /^(?:([^:[\]]+)|\[([^\]]+)\])(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = name ?? ipv6
  if (host === undefined) throw new Error('MC_REDIS_URL names a host that is none.')
  return { host, port: port === undefined ? default_port : Number(port) }
}

function dbOf(text: string): number {
  if (text === '') return 0
  if (!/^\d{1,4}$/.test(text)) throw new Error('The database in MC_REDIS_URL must be a number.')
  return Number(text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that encodes nothing is part of the text.
    return text
  }
}
