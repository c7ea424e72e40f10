import { newId } from '@contracts/ids.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { type Ref, ref, watch } from 'vue'
import { api } from '../../api/org.ts'
import type { People } from '../../composables/people.ts'
import { toastFailure } from '../../composables/toast.ts'
import { t } from '../../i18n/index.ts'
import { messageUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { deliveryOf, type MessageLog, withDelivery } from '../../realtime/message-log.ts'
import type { DeliveryActs } from './delivery-acts.ts'

const keyOf = (seq: number, agent_id: string) => `${seq}.${agent_id}`

/** Retry and stop for the deliveries of one channel. They outlive the rows of the virtual list, hence one for the channel. */
export function useDeliveryActs(options: {
  slug: string
  channel_id: string
  /** The reader as a member. */
  me_id: string
  people: People
  log: Readonly<Ref<MessageLog | undefined>>
  read_only: Readonly<Ref<boolean>>
}): DeliveryActs {
  const { slug, channel_id, people, log } = options
  const client = useQueryClient()
  const retrying = ref<ReadonlySet<string>>(new Set())
  const stopping = ref<ReadonlySet<string>>(new Set())

  const isWorking = (key: string) => {
    const [seq = '', agent_id = ''] = key.split('.')
    return log.value !== undefined && deliveryOf(log.value, Number(seq), agent_id)?.state === 'working'
  }
  // A later turn on the same message can be stopped again.
  watch(log, () => {
    if (![...stopping.value].every(isWorking)) stopping.value = new Set([...stopping.value].filter(isWorking))
  })

  async function retry(seq: number, agent_id: string) {
    const key = keyOf(seq, agent_id)
    if (retrying.value.has(key)) return
    retrying.value = withKey(retrying.value, key)
    try {
      await api.retryDelivery(slug, channel_id, seq, agent_id)
      // Without a socket no frame says it; with one, the agent may be further already.
      const queued = {
        agent_id,
        state: 'queued',
        detail: null,
        updated_at: new Date().toISOString(),
      } as const
      const change = (current: MessageLog) =>
        deliveryOf(current, seq, agent_id)?.state === 'failed' ? withDelivery(current, seq, queued) : current
      writeUpdates(client, slug, [{ at: 'messages', channel_id, change }])
    } catch (error) {
      toastFailure(t('chat.delivery.not_asked'), error)
    } finally {
      retrying.value = withoutKey(retrying.value, key)
    }
  }

  async function stop(seq: number, agent_id: string) {
    const key = keyOf(seq, agent_id)
    const agent = people.byId.value.get(agent_id)
    if (!agent || stopping.value.has(key)) return
    stopping.value = withKey(stopping.value, key)
    try {
      // Not by the outbox: a stop that leaves after the connection is back would end a later turn.
      const message = await api.post(slug, channel_id, {
        content: `/stop @${agent.username}`,
        kind: 'command',
        client_id: newId(),
      })
      writeUpdates(client, slug, messageUpdates(message, { slug, user_id: options.me_id }))
    } catch (error) {
      stopping.value = withoutKey(stopping.value, key)
      toastFailure(t('chat.delivery.not_stopped'), error)
    }
  }

  return {
    offered: () => !options.read_only.value,
    isRetrying: (seq, agent_id) => retrying.value.has(keyOf(seq, agent_id)),
    retry,
    isStopping: (seq, agent_id) => stopping.value.has(keyOf(seq, agent_id)),
    stop,
  }
}

const withKey = (keys: ReadonlySet<string>, key: string) => new Set([...keys, key])
const withoutKey = (keys: ReadonlySet<string>, key: string) => new Set([...keys].filter((one) => one !== key))
