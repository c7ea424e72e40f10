import type { ConnectionOptions } from './connection.ts'

/** Reads `postgres://user:password@host:port/database?sslmode=require`. Throws one sentence when a part is missing. */
export function connectionFromUrl(name: string, text: string): ConnectionOptions {
  const url = new URL(text)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (!database || !url.username)
    throw new Error(`${name} needs a user and a database: postgres://user:password@host/database`)
  const socket = url.searchParams.get('host')
  const ssl = ['require', 'verify-ca', 'verify-full'].includes(url.searchParams.get('sslmode') ?? '')
  return {
    host: socket ?? url.hostname,
    port: Number(url.port || 5432),
    database,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(ssl ? { ssl } : {}),
  }
}
