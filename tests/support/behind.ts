import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BareNodes, launchNodes } from './nodes.ts'
import type { PROXIES } from './proxies.ts'
import type { TestProxy } from './proxy.ts'
import { freePort } from './server.ts'

/** Nodes on one database and one Redis behind a real proxy with TLS, with the product's own configuration of it. */
export interface NodesBehind extends BareNodes {
  proxy: TestProxy
  /** Folder that the nodes share, as several nodes need one: any of them answers a download. */
  folder: string
}

interface Options {
  /** Where the proxy listens; a free port when left out. */
  port?: number
  env?: Record<string, string>
}

/**
 * Two nodes without sticky sessions: each request and each reconnect may go to the other one. This process trusts every
 * authority from then on, because that of the proxy is nobody's; programs that it starts may check it by `proxy.authority`.
 */
export async function startBehind(
  start: (typeof PROXIES)[number]['start'],
  { port = freePort(), env }: Options = {},
): Promise<NodesBehind> {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  const folder = mkdtempSync(join(tmpdir(), 'mc-behind-'))
  const bare = await launchNodes(2, {
    env: {
      MC_PUBLIC_URL: `https://localhost:${port}`,
      MC_TRUSTED_PROXIES: '127.0.0.1/32',
      MC_EXPORT_DIR: join(folder, 'exports'),
      MC_BACKUP_DIR: join(folder, 'backups'),
      MC_ARCHIVE_DIR: join(folder, 'archive'),
      ...env,
    },
  })
  const stopAll = async () => {
    await bare.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const proxy = await start({ upstreams: bare.nodes.map((node) => node.port), port })
    const stop = async () => {
      await proxy.stop()
      await stopAll()
    }
    return { ...bare, proxy, folder, stop }
  } catch (error) {
    await stopAll()
    throw error
  }
}
