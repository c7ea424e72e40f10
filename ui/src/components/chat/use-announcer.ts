import type { Message } from '@contracts/resources.ts'
import { useTimeoutFn } from '@vueuse/core'
import { ref, watch } from 'vue'
import { t } from '../../i18n/index.ts'
import { isolate } from '../base/isolate.ts'
import { contentOf } from './content.ts'
import { excerpt } from './excerpt.ts'

/** Debounce: in a busy channel every message would otherwise interrupt the screen reader. */
const BATCH_MS = 1_200

/**
 * Text for a polite live region: live messages of other senders, batched. The log itself cannot be a live region, because
 * its virtual rows mount and unmount while the user scrolls.
 */
export function useAnnouncer(messages: () => readonly Message[] | undefined, me_id: string) {
  const announcement = ref('')
  let pending: string[] = []
  const batch = useTimeoutFn(
    () => {
      announcement.value =
        pending.length > 3 ? t('chat.talk.new_messages', { count: pending.length }) : pending.join('. ')
      pending = []
    },
    BATCH_MS,
    { immediate: false },
  )
  watch(messages, (current, previous) => {
    const last = previous?.at(-1)
    // A channel that was just opened, or a jump: history, not new messages.
    if (!current || !last || !current.includes(last)) return
    for (const message of current.slice(current.indexOf(last) + 1))
      if (message.sender.id !== me_id)
        pending.push(`${isolate(message.sender.display_name)}: ${excerpt(contentOf(message), 160)}`)
    if (pending.length > 0 && !batch.isPending.value) batch.start()
  })
  return announcement
}
