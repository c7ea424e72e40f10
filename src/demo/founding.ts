import { generateApiKey, hashKey } from '../auth/api-keys.ts'
import { Passwords } from '../auth/passwords.ts'
import { createOrg } from '../commands/org-create.ts'
import type { CommandCall, ReplyTo } from '../contracts/calls.ts'
import type { CommandName, Inputs, Results } from '../contracts/commands.ts'
import { newId } from '../contracts/ids.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { Database } from '../db/client.ts'

/** What seeding needs of a node. */
export interface FoundingPorts {
  database: Database
  command<N extends CommandName>(org_id: string, call: CommandCall<N>): Promise<ReplyTo<N>>
  pepper: Uint8Array
  /** Of all people. */
  password: string
}

/** Runs a command in the org, by its founder unless another caller is given. */
export type Run = <N extends CommandName>(
  command: N,
  input: Inputs[N],
  caller?: AuthenticatedPrincipal,
) => Promise<Results[N]>

export interface PersonLogin {
  name: string
  email: string
  password: string
}

export interface SeededAgent<Name extends string> {
  identifier: Name
  /** In clear: it is printed once and stored as hashes only. */
  api_key: string
  caller: AuthenticatedPrincipal
}

/** Creates an org with its first administrator. Throws an `ApiError` when slug or address are taken. */
export async function foundOrg(
  ports: FoundingPorts,
  { name, slug, founder, email }: { name: string; slug: string; founder: string; email: string },
) {
  const { database, password, pepper } = ports
  const user_id = newId()
  const { org, channel } = await createOrg(database, {
    name,
    slug,
    founder: { user_id, display_name: founder },
    new_account: { email, password_hash: await new Passwords(pepper).hash(email, password) },
  })
  const administrator: AuthenticatedPrincipal = {
    kind: 'human',
    id: user_id,
    display_name: founder,
    org_id: null,
    role: 'administrator',
  }
  const run: Run = async (command, input, caller = administrator) =>
    (await ports.command(org.id, { command_id: newId(), command, input, principal: caller })).result
  const login: PersonLogin = { name: founder, email, password }
  return { org, channel, administrator, run, login }
}

/** Adds an agent with a key. */
export async function addAgent<Name extends string>(
  { pepper }: Pick<FoundingPorts, 'pepper'>,
  run: Run,
  identifier: Name,
  display_name: string = identifier,
): Promise<SeededAgent<Name>> {
  const { key, key_id, prefix } = generateApiKey('live')
  const hashes = await hashKey(key, pepper)
  const user_id = newId()
  await run('user.create_agent', {
    identifier,
    display_name,
    role: 'contributor',
    user_id,
    key: { id: newId(), key_id, prefix, ...hashes },
  })
  return {
    identifier,
    api_key: key,
    caller: { kind: 'agent', id: user_id, display_name, org_id: null, role: 'contributor' },
  }
}
