import type { User } from '../../../src/contracts/resources.ts'
import type { Answer, Person } from '../../support/client.ts'
import { type EvilProvider, startEvilProvider } from '../../support/openid/evil-provider.ts'
import { clientOf } from '../../support/openid/real-provider.ts'
import { startServer, type TestServer } from '../../support/server.ts'

/** A server, and the provider at which its people sign in, which does what a test says. */
export interface World {
  server: TestServer
  provider: EvilProvider
  stop(): Promise<void>
}

export async function startWorld(env: Record<string, string> = {}): Promise<World> {
  const provider = await startEvilProvider()
  const server = await startServer({ env: { ...clientOf(provider), ...env } })
  return {
    server,
    provider,
    async stop() {
      await server.stop()
      await provider.stop()
    },
  }
}

export type Invited = User & { invite_url: string }

export const invite = (
  by: Person,
  email: string,
  display_name = `Member ${email.split('@')[0]}`,
): Promise<Answer<Invited>> =>
  by.in<Invited>('POST', '/users', { type: 'human', email, display_name, role: 'contributor' })

export const tokenOf = ({ body }: { body: { invite_url: string } }) => body.invite_url.split('/').at(-1) ?? ''
