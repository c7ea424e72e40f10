import { Elysia } from 'elysia'
import { AgentCommands, ClientReport } from '../../contracts/requests.ts'
import { AgentClient } from '../../contracts/resources.ts'
import type { Deps } from '../deps.ts'
import { endpoints } from '../endpoint.ts'

/** What an agent says of itself to its org. */
export function agentRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Users and keys'
  return new Elysia({ name: 'agents', prefix: '/api/v1/orgs/:org_slug' })
    .put(
      '/users/me/commands',
      ...at.org(
        {
          tag,
          action: 'user.set_commands',
          body: AgentCommands,
          summary: 'The commands that the calling agent takes',
          description:
            'Replaces those it registered before. In the channels that the agent reads they are completed, and taken as commands without a question.',
          ok: { status: 200, schema: AgentCommands },
          errors: ['FORBIDDEN'],
        },
        async (call) => {
          const { result } = await call.command('user.set_commands', {
            user_id: call.principal.id ?? '',
            commands: call.body,
          })
          return { body: result }
        },
      ),
    )

    .put(
      '/users/me/client',
      ...at.org(
        {
          tag,
          action: 'user.set_client',
          body: ClientReport,
          summary: 'The program that connects the calling agent',
          description:
            'Its name and version, which messages wake the agent, and whether it is able to take them. Shown with the agent as `client`. The same report again changes nothing, `reported_at` neither.',
          ok: { status: 200, schema: AgentClient },
          errors: ['FORBIDDEN'],
        },
        async (call) => {
          const { result } = await call.command('user.set_client', {
            user_id: call.principal.id ?? '',
            client: call.body,
          })
          return { body: result }
        },
      ),
    )
}
