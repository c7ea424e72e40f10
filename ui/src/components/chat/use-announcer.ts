import type { Message } from '@contracts/resources.ts'
import { ref, watch } from 'vue'
import { excerpt } from './excerpt.ts'

/** Long enough that a screen reader is not cut off by every message of a busy channel. */
const GATHER_MS = 1_200

/**
 * Speaks messages of others that arrive live, gathered, through one polite region. The drawn log cannot do it: its rows
 * come and go while one scrolls.
 */
export function useAnnouncer(messages: () => readonly Message[] | undefined, me_id: string) {
  const spoken = ref('')
  let waiting: string[] = []
  let gathering = false
  watch(messages, (now, former) => {
    const last = former?.at(-1)
    // A channel that was just opened, or a jump elsewhere: history, not news.
    if (!now || !last || !now.includes(last)) return
    for (const message of now.slice(now.indexOf(last) + 1))
      if (message.sender.id !== me_id)
        waiting.push(`${message.sender.display_name}: ${excerpt(message.content, 160)}`)
    if (waiting.length === 0) return
    if (gathering) return
    gathering = true
    setTimeout(() => {
      spoken.value = waiting.length > 3 ? `${waiting.length} new messages` : waiting.join('. ')
      waiting = []
      gathering = false
    }, GATHER_MS)
  })
  return spoken
}
