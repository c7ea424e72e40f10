import type { Channel } from '@contracts/resources.ts'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { keys } from '../api/keys.ts'
import { api } from '../api/org.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import type { LastMessage } from '../realtime/last-message.ts'
import type { MessageLog } from '../realtime/message-log.ts'

/**
 * The last message of a channel. Asked for one line at a time, as it comes into view, unless the log of the channel was
 * read on this device; from then on events keep it current.
 */
export function useLastMessage(slug: () => string, channel: () => Channel) {
  const client = useQueryClient()
  const { data } = useQuery({
    queryKey: computed(() => keys.lastMessage(slug(), channel().id)),
    queryFn: () => {
      const { id } = channel()
      return readCurrent<LastMessage>(
        client,
        slug(),
        async () => {
          const log = client.getQueryData<MessageLog>(keys.messages(slug(), id))
          const newest = log && !log.has_newer ? log.messages.at(-1) : undefined
          return newest && newest.seq >= channel().last_seq ? newest : await api.lastMessage(slug(), id)
        },
        (last, update) =>
          update.at === 'last_message' && update.channel_id === id ? update.change(last) : last,
        (update) => asksFor(update, 'everything'),
      )
    },
    enabled: computed(() => channel().last_seq > 0),
  })
  return data
}
