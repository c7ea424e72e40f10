import { newId } from '@contracts/ids.ts'
import type { Message, User } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch } from 'vue'
import { api } from '../../api/org.ts'
import { useMessages } from '../../composables/messages.ts'
import { useMembership } from '../../composables/queries.ts'
import { toastFailure } from '../../composables/toast.ts'
import { t } from '../../i18n/index.ts'
import { messageUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { answerTo } from './answer.ts'
import type { TestResult } from './connect-steps.ts'

/** A message that asks an agent for an answer, and the answer: both in the log of the channel, which events keep current. */
export function useTestMessage(slug: () => string, agent: () => User, channel_id: () => string) {
  const client = useQueryClient()
  const membership = useMembership(slug)
  const sent = shallowRef<Message>()
  const sending = ref(false)
  const of_channel = computed(() => sent.value?.channel_id ?? channel_id())
  const { query } = useMessages(slug, of_channel)

  watch(
    () => agent().id,
    () => {
      sent.value = undefined
    },
  )

  /** The message as it is now, with its deliveries. */
  const message = computed(
    () => query.data.value?.messages.find(({ id }) => id === sent.value?.id) ?? sent.value,
  )
  const answer = computed(
    () => sent.value && query.data.value && answerTo(query.data.value, sent.value, agent().id),
  )
  const result = computed<TestResult>(() => {
    if (!sent.value) return { is: 'unsent' }
    // Both times are the server's: the clock of this device may be wrong.
    if (answer.value)
      return {
        is: 'answered',
        took_ms: Date.parse(answer.value.created_at) - Date.parse(sent.value.created_at),
      }
    const delivery = message.value?.deliveries.find(({ agent_id }) => agent_id === agent().id)
    if (delivery?.state === 'failed')
      return { is: 'failed', reason: delivery.detail ?? t('agents.step.test.not_delivered') }
    return { is: 'waiting' }
  })

  async function send() {
    if (sending.value) return
    sending.value = true
    try {
      const made = await api.post(slug(), channel_id(), {
        content: t('agents.test.content', { username: agent().username }),
        client_id: newId(),
      })
      sent.value = made
      const user_id = membership.value?.user_id ?? ''
      writeUpdates(client, slug(), messageUpdates(made, { slug: slug(), user_id }))
    } catch (error) {
      toastFailure(t('agents.test.not_sent'), error)
    } finally {
      sending.value = false
    }
  }

  return { message, answer, result, sending, send }
}
