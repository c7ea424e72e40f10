/** Slash commands of a mock gateway, and text that comes the same way. */
import type { House } from './methods.ts'

const FREE = ['/status', '/help', '/whoami', '/model', '/think', '/context', '/tasks', '/usage', '/compact']
const REFUSED = ['/new', '/reset', '/restart', '/config', '/exec', '/bash', '/update', '/elevated']

export function commandOutput(text: string, key: string, version: string): string | undefined {
  const [name = ''] = text.trim().split(/\s/)
  if (REFUSED.includes(name)) return `${name} needs operator.admin, which require operator.admin.`
  if (!FREE.includes(name)) return undefined
  return name === '/status'
    ? `🦞 OpenClaw ${version}\n🧠 Model: fake/fake-1\n🧵 Session: ${key}`
    : `Output of ${text.trim()}`
}

export function sayCommand(
  { transcript, turns }: House,
  key: string,
  run_id: string,
  text: string,
  output: string,
) {
  transcript.add(key, { role: 'user', key: `${run_id}:user`, run_id: null, text })
  transcript.add(key, { role: 'assistant', key: run_id, run_id: null, text: output })
  turns.say(key, run_id, output)
}

/** Text through `chat.send` while a turn runs: this run ends empty at once, and the answer comes under a foreign id. */
export function plainText({ turns }: House, key: string, run_id: string, text: string) {
  const busy = turns.isBusy(key)
  if (busy) turns.say(key, run_id, '')
  void turns.start({ session_key: key, run_id: busy ? crypto.randomUUID() : run_id, prompt: text })
}
