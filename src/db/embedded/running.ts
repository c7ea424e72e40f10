import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from '../connection.ts'
import { DATABASE } from './database.ts'
import { isLocked, LOCK_FILE } from './lock.ts'

/**
 * How to reach, as the server's role, the embedded PostgreSQL of a server that runs; undefined when none runs on this
 * folder. For commands that work beside the server.
 */
export function runningEmbedded(data_dir: string): ConnectionOptions | undefined {
  if (!isLocked(join(data_dir, LOCK_FILE))) return undefined
  const file = (...parts: string[]) => readFileSync(join(data_dir, 'postgres', ...parts), 'utf8')
  try {
    // Lines of postmaster.pid: the fourth is the port, the fifth the folder of the socket.
    const [, , , port, socket = ''] = file('data', 'postmaster.pid').split('\n')
    const { app } = JSON.parse(file('role-passwords.json')) as { app: string }
    const host = socket.trim() || '127.0.0.1'
    return { host, port: Number(port), database: DATABASE, user: 'mc_app', password: app }
  } catch {
    // Written while it starts: without them there is nothing to connect to yet.
    throw new Error('The server on this data folder is starting or stopping. Try again in a moment.')
  }
}
