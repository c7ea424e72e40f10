import type { Channel, Message } from '@contracts/resources.ts'
import { computed, type Ref } from 'vue'
import type { People } from '../../composables/people.ts'
import { mayRead } from './completion.ts'
import { leaveOutOf, wakesOf } from './wakes.ts'

/** The agents that the text of a composer wakes. */
export function useWakes(options: {
  channel: Readonly<Ref<Channel>>
  people: People
  content: Readonly<Ref<string>>
  /** The message that the text replies to, if it is loaded. */
  source: Readonly<Ref<Message | undefined>>
  leave_out: Readonly<Ref<readonly string[]>>
}) {
  const { channel, people, content, source, leave_out } = options
  const agents = computed(() =>
    (people.members.value ?? []).filter(
      (user) => user.type === 'agent' && user.status !== 'deactivated' && mayRead(user, channel.value),
    ),
  )
  const wakes = computed(() =>
    wakesOf(
      {
        content: content.value,
        reply_author_id: source.value?.sender.id ?? null,
        leave_out: leave_out.value,
      },
      {
        channel: channel.value,
        agents: agents.value,
        byUsername: people.byUsername.value,
        mayRead: (user) => mayRead(user, channel.value),
      },
    ),
  )
  /** Whether the channel has agents at all. */
  const possible = computed(() => agents.value.length > 0)
  return { wakes, possible, leftOut: () => leaveOutOf(wakes.value) }
}
