import type { AgentConfig, Config, WakeRule } from '../../config/config.ts'
import { Trouble } from '../../proof/step.ts'
import type { Dialog } from './dialog.ts'

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** Name in the configuration. Throws `Trouble` when nobody can be asked again. */
export async function askName(dialog: Dialog, proposed: string): Promise<string> {
  return await dialog.retry(async () => {
    const label = 'Name of the agent in your configuration'
    const name = await dialog.text({ label, fallback: nameFor(proposed), otherwise: '' })
    if (NAME.test(name)) return name
    throw new Trouble(
      `${JSON.stringify(name)} cannot be a name here.`,
      'Use small letters, digits, - or _, and begin with a letter or digit.',
    )
  })
}

/** A username as a name of the configuration. */
export function nameFor(username: string): string {
  const name = username.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')
  return name.replace(/^[^a-z0-9]+/, '').slice(0, 64) || 'agent'
}

/** Name of the credential, e.g. `MC_KEY_RELEASE_SCRIBE`. */
export const credentialFor = (name: string): string =>
  `MC_KEY_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`

/** Which agent of the gateway does the work. One that serves another agent of the organization is no choice. */
export async function askGatewayAgent(
  dialog: Dialog,
  names: readonly string[],
  agent: { name: string; org_slug: string },
  config: Config | undefined,
): Promise<string> {
  const others = (config?.agents ?? []).filter(
    ({ name, org_slug }) => name !== agent.name && org_slug === agent.org_slug,
  )
  const free = names.filter((name) => !others.some(({ gateway_agent }) => gateway_agent === name))
  const before = config?.agents.find(({ name }) => name === agent.name)?.gateway_agent
  const [first] = free
  if (first === undefined)
    throw new Trouble(
      'Every agent of the gateway serves another agent of this organization already.',
      'Add one to the gateway: openclaw agents add <name>',
    )
  const fallback = [before, agent.name, 'main'].find((name) => name && free.includes(name)) ?? first
  if (free.length === 1) {
    dialog.ok(`Its agent ${first} does the work.`)
    return first
  }
  const choices = free.map((value) => ({ value, about: '' }))
  return await dialog.choose('Which agent of the gateway does the work?', choices, {
    fallback,
    otherwise: '',
  })
}

const WAKES: readonly { value: WakeRule; about: string }[] = [
  { value: 'mention', about: 'messages that mention it, assign it, or reply to it' },
  { value: 'project', about: 'also all messages of people in its projects' },
  { value: 'all', about: 'all messages of people that it can read' },
]

export async function askWake(dialog: Dialog, before: AgentConfig | undefined): Promise<WakeRule> {
  const fallback = before?.wake ?? 'mention'
  return await dialog.choose('Which messages start a turn?', WAKES, { fallback, otherwise: '' })
}
