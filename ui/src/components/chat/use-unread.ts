import type { Channel } from '@contracts/resources.ts'
import { computed, type Ref, shallowRef, watch } from 'vue'
import { usePageFocus } from '../../composables/focus.ts'
import { useRealtime } from '../../composables/realtime.ts'
import { lastSeq, type MessageLog } from '../../realtime/message-log.ts'
import { useConnection } from '../../stores/connection.ts'
import type { UnreadFrom } from './log-items.ts'

/**
 * The unread line of a channel, and its read marker: the marker moves to the last message while the reader looks at the
 * end of the log. The line keeps its place until the reader leaves, or returns to new messages.
 */
export function useUnread(
  channel: () => Channel,
  log: Ref<MessageLog | undefined>,
  at_end: Ref<boolean>,
  me_id: string,
) {
  const realtime = useRealtime()
  const connection = useConnection()
  const focused = usePageFocus()

  const unread = shallowRef<UnreadFrom | undefined>(unreadNow())
  function unreadNow(): UnreadFrom | undefined {
    const { read_seq, unread_count } = channel()
    return unread_count > 0 ? { read_seq, count: unread_count, me_id } : undefined
  }
  watch(focused, (value) => {
    if (value && channel().unread_count > 0) unread.value = unreadNow()
  })

  watch(
    [() => log.value && lastSeq(log.value), at_end, focused, () => connection.live],
    ([seq, end, looking, live]) => {
      if (seq !== undefined && end && looking && live && log.value?.has_newer === false)
        realtime.value?.read(channel().id, seq)
    },
    { immediate: true, flush: 'post' },
  )

  const new_below = computed(() => (at_end.value ? 0 : channel().unread_count))
  return { unread, new_below }
}
