import type { User } from '../../../src/contracts/resources.ts'
import { maskKey } from '../config/mask.ts'
import { type AgentServer, KeyRefused, ServerAway, ServerRefused } from '../server/port.ts'
import { Trouble } from './step.ts'

/** The key is fine, but the organization is not there for it. */
export class OtherOrg extends Trouble {
  override name = 'OtherOrg'
}

/** Whose key it is. Throws `Trouble`: a key that is refused, of another organization, or of a person. */
export async function knowAgent(
  server: Pick<AgentServer, 'me'>,
  { org_slug, api_key }: { org_slug: string; api_key: string },
): Promise<User> {
  const key = maskKey(api_key)
  const me = await asked(server, org_slug, key)
  if (me.type === 'human')
    throw new Trouble(
      `The key ${key} is of a person, ${me.display_name}. An agent needs a key of its own.`,
      MAKE_ONE,
    )
  if (me.status !== 'active')
    throw new Trouble(`The agent ${me.display_name} is not active.`, 'Ask an administrator to let it in.')
  return me
}

const MAKE_ONE = 'Make an agent in the app, Members → Add agent: its key is shown once.'

async function asked(server: Pick<AgentServer, 'me'>, org_slug: string, key: string): Promise<User> {
  try {
    return await server.me()
  } catch (error) {
    if (error instanceof KeyRefused)
      throw new Trouble(
        `The server does not accept the key ${key}: it is mistyped, or was replaced or revoked.`,
        'A new one is made in the app, Members → the agent → Keys.',
        error,
      )
    if (error instanceof ServerRefused && error.code === 'ORG_NOT_FOUND')
      throw new OtherOrg(
        `The key ${key} is valid, but not in an organization "${org_slug}".`,
        'Check the name as it stands in the address of the app, /o/<name>, and that the key is from there.',
        error,
      )
    if (error instanceof ServerRefused)
      throw new Trouble(
        `The server refuses to say whose key ${key} is (${error.status} ${error.code}).`,
        MAKE_ONE,
        error,
      )
    if (error instanceof ServerAway)
      throw new Trouble('The server did not answer when asked whose key it is.', 'Try again.', error)
    throw error
  }
}

/** E.g. `Scout (@scout) in acme, contributor`. */
export const whoText = ({ display_name, username, role }: User, org_slug: string): string =>
  `${display_name} (@${username}) in ${org_slug}, ${role}`
