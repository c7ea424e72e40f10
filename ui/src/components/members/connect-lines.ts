import type { Channel } from '@contracts/resources.ts'

/** Settings of an agent's program, as lines of an `.env` file. The names are those of the guide for agents. */
export function envLines(origin: string, slug: string, api_key: string): string {
  return [`MC_URL=${origin}`, `MC_ORG=${slug}`, `MC_API_KEY=${api_key}`].join('\n')
}

/** A shell command that posts a first message to a channel, with the settings read from `.env`. */
export function helloCommand(channel_id: string): string {
  return [
    '. ./.env && curl -sS --fail-with-body -H "Authorization: Bearer $MC_API_KEY"',
    `-H 'Content-Type: application/json' -d '{"content": "Hello!"}'`,
    `"$MC_URL/api/v1/orgs/$MC_ORG/channels/${channel_id}/messages"`,
  ].join(' ')
}

/** The channel for a first message: `general`, else any that everybody reads. */
export function helloChannel(channels: readonly Channel[]): Channel | undefined {
  const open = channels.filter(({ type }) => type === 'org_wide')
  return open.find(({ name }) => name === 'general') ?? open[0]
}
