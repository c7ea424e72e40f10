import type { Channel } from '@contracts/resources.ts'
import { useThrottleFn } from '@vueuse/core'
import { computed, onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue'
import { usePageFocus } from '../../composables/focus.ts'
import { useRealtime } from '../../composables/realtime.ts'
import { toast, toastFailure } from '../../composables/toast.ts'
import { t } from '../../i18n/index.ts'
import { lastSeq, type MessageLog } from '../../realtime/message-log.ts'
import { useConnection } from '../../stores/connection.ts'
import type { UnreadFrom } from './log-items.ts'
import { readUpTo, unshown } from './shown.ts'

/** A scroll moves the marker with every row; it is sent at most this often. */
const MARK_EVERY_MS = 250

/**
 * The unread line of a channel, and its read marker: the marker moves over messages that were in view while the reader
 * looked at the page. The line keeps its place until the reader leaves, or returns to new messages.
 */
export function useUnread(options: {
  channel: () => Channel
  log: Ref<MessageLog | undefined>
  /** Seqs of the messages in view, ascending. */
  in_view: Ref<readonly number[]>
  /** Something lies over the log. */
  covered: Ref<boolean>
  me_id: string
}) {
  const { channel, log, in_view, covered, me_id } = options
  const realtime = useRealtime()
  const connection = useConnection()
  const focused = usePageFocus()
  const looking = computed(() => focused.value && !covered.value)

  /** Those after the marker; at most the loaded messages. */
  const shown = new Set<number>()
  const unread = shallowRef<UnreadFrom | undefined>(unreadNow())
  function unreadNow(): UnreadFrom | undefined {
    const { read_seq, unread_count } = channel()
    return unread_count > 0 ? { read_seq, count: unread_count, me_id } : undefined
  }
  watch(focused, (value) => {
    if (value && channel().unread_count > 0) unread.value = unreadNow()
  })
  /** The reader marked messages as unread, here or elsewhere: what is in view stays so until the reader leaves. */
  const held = ref(false)
  watch(
    () => channel().rewinds,
    () => {
      held.value = true
      shown.clear()
      unread.value = unreadNow()
    },
    { flush: 'sync' },
  )
  watch(
    () => held.value && channel().unread_count,
    (count) => {
      if (count && unread.value) unread.value = unreadNow()
    },
  )

  function mark() {
    const { id, read_seq } = channel()
    if (held.value || !connection.live || !log.value) return
    const seq = readUpTo(read_seq, log.value, shown, me_id)
    if (seq > read_seq) realtime.value?.markers.read(id, seq)
    for (const known of shown) if (known <= channel().read_seq) shown.delete(known)
  }
  const markSoon = useThrottleFn(mark, MARK_EVERY_MS, true)
  watch(
    [in_view, looking, () => connection.live, () => log.value && lastSeq(log.value)],
    () => {
      if (looking.value) for (const seq of in_view.value) if (seq > channel().read_seq) shown.add(seq)
      void markSoon()
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(mark)

  const places = computed(() => {
    const last = in_view.value.at(-1)
    return log.value && last !== undefined ? unshown(channel(), log.value, last, me_id) : undefined
  })
  const new_below = computed(() => Math.min(channel().unread_count, places.value?.below ?? 0))
  /** Unread messages before the view, with the first of them. */
  const new_above = computed(() => {
    const [top, place] = [in_view.value[0], places.value]
    const count = channel().unread_count - new_below.value
    return place && top !== undefined && place.first_seq < top && count > 0
      ? { count, first_seq: place.first_seq }
      : undefined
  })

  /** Marks everything as read because the reader says so. */
  function markAll() {
    held.value = false
    realtime.value?.markers.read(channel().id, channel().last_seq)
    unread.value = undefined
  }
  async function markUnread(seq: number) {
    try {
      await realtime.value?.markers.unread(channel().id, seq)
      if (channel().unread_count === 0) toast(t('chat.talk.unread_own_only'))
    } catch (error) {
      toastFailure(t('chat.talk.not_marked'), error)
    }
  }
  return { unread, held, new_below, new_above, markAll, markUnread }
}
