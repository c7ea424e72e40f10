import type { Platform } from './platform.ts'
import type { Wrapped } from './wrapped.ts'

const SERVER = 'server'
const SESSION = 'session'

/** What the device keeps of the wrapped app: its server, and the session there. */
export class WrappedApp implements Wrapped {
  readonly platform: Platform
  #server: string | undefined
  #token: string | undefined

  private constructor(platform: Platform) {
    this.platform = platform
  }

  /** Reads what the device keeps. */
  static async start(platform: Platform): Promise<WrappedApp> {
    const app = new WrappedApp(platform)
    app.#server = await platform.settings.read(SERVER)
    // A session without the server that gave it belongs to nobody: that of an earlier installation, or of another server.
    const session = tokenIn(await platform.secrets.read(SESSION).catch(() => undefined))
    if (session !== undefined && session.server === app.#server) app.#token = session.token
    return app
  }

  /** Address with the base path, without a slash at the end; undefined before one is chosen. */
  get server(): string | undefined {
    return this.#server
  }

  get token(): string | undefined {
    return this.#token
  }

  /** Chooses a server. The session at the former one is forgotten. */
  async choose(server: string): Promise<void> {
    await this.keep(undefined)
    this.#server = server
    await this.platform.settings.write(SERVER, server)
  }

  /** Keeps the token of the session; undefined forgets it. Requests have the new one at once. */
  async keep(token: string | undefined): Promise<void> {
    this.#token = token
    const text = token === undefined ? undefined : JSON.stringify({ server: this.#server, token })
    await this.platform.secrets.write(SESSION, text)
  }
}

function tokenIn(text: string | undefined): { server: string; token: string } | undefined {
  try {
    const { server, token } = JSON.parse(text ?? '{}')
    return typeof server === 'string' && typeof token === 'string' ? { server, token } : undefined
  } catch {
    // Not written by this app: the person signs in again.
    return undefined
  }
}
