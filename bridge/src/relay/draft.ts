import type { Message } from '../../../src/contracts/resources.ts'

export function sessionKey(session: string, generation: number): string {
  return generation > 0 ? `${session}:g${generation}` : session
}

export function primingText(messages: Message[], me: string): string {
  return messages
    .map((m) => `> ${m.sender.id === me ? 'you' : m.sender.display_name}: ${m.content}`)
    .join('\n')
}

export function wakes(
  message: Message,
  who: { me: string; wake: string; assigned: boolean; repliesToMe: boolean },
): boolean {
  if (message.kind !== 'text' || message.sender.id === who.me || message.sender.type === 'system')
    return false
  if (message.ignored_mentions.includes(who.me)) return false
  if (message.mentions.includes(who.me) || who.repliesToMe) return true
  if (message.sender.type !== 'human') return false
  return who.wake === 'all' || (who.wake === 'project' && who.assigned)
}

export function split(text: string): string[] {
  const parts: string[] = []
  for (let rest = text.trim(); rest !== ''; rest = rest.slice(10_000)) parts.push(rest.slice(0, 10_000))
  return parts
}

export function systemPrompt(channel: string): string {
  return `You are in the Mission Control channel ${channel}. Reply in plain Markdown.`
}

export function ownsKey(config: { gateway_agent: string; org_slug: string }, key: string): boolean {
  return key.startsWith(`agent:${config.gateway_agent}:mc:${config.org_slug}:`.toLowerCase())
}
