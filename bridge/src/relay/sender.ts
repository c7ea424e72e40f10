import type { SenderType } from '../../../src/contracts/vocabulary.ts'
import { cleanName } from './clean.ts'

const KINDS: Record<SenderType, string> = {
  human: 'human',
  agent: 'agent',
  sub_agent: 'sub-agent',
  system: 'system',
}

/** Who speaks, e.g. `Jane (human)`. The name cannot bring brackets of its own, so the kind is never the sender's to choose. */
export function senderText({ type, display_name }: { type: SenderType; display_name: string }): string {
  return `${cleanName(display_name)} (${KINDS[type]})`
}
