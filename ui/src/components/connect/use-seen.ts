import type { User } from '@contracts/resources.ts'
import { useIntervalFn } from '@vueuse/core'
import { computed, type Ref, watch } from 'vue'
import { useNow } from '../../composables/now.ts'
import { useStanding } from '../../composables/presence.ts'
import { ago } from '../../composables/times.ts'
import { t } from '../../i18n/index.ts'
import { useTalk } from '../../stores/talk.ts'
import { useAgentKeys } from '../agents/use-agent-keys.ts'
import type { Seen, TestResult } from './connect-steps.ts'

/** Presence comes by the socket; without one the keys of the agent say that it was here. */
const ASK_EVERY_MS = 5_000

/** What is seen of an agent, live. */
export function useSeen(slug: () => string, agent: () => User, test: Readonly<Ref<TestResult>>) {
  const now = useNow(5_000)
  const talk = useTalk()
  const standing = useStanding()
  const { data: found, refetch } = useAgentKeys(
    slug,
    () => agent().id,
    () => true,
  )
  const presence = computed(() => standing.value(agent()))
  const here = computed(() => {
    if (presence.value === undefined) return undefined
    return presence.value === 'on' || presence.value === 'work'
  })
  const calls = computed(() => Object.values(talk.calling).some((ids) => ids.includes(agent().id)))
  const used_at = computed(() => {
    const times = [
      agent().last_active_at,
      ...(found.value?.data ?? []).map(({ last_used_at }) => last_used_at),
    ]
    return times
      .filter((time) => time !== null)
      .sort()
      .at(-1)
  })
  const key_used = computed(() => {
    if (here.value) return t('agents.step.key.connected')
    return used_at.value === undefined
      ? undefined
      : t('agents.step.key.last', { time: ago(used_at.value, now.value) })
  })
  watch([here, () => agent().last_active_at], () => void refetch())
  useIntervalFn(() => key_used.value === undefined && void refetch(), ASK_EVERY_MS)

  const seen = computed<Seen>(() => ({
    here: here.value,
    key_used: key_used.value,
    streaming: here.value === true && !calls.value,
    client: agent().client,
    test: test.value,
  }))
  return { seen, presence, keys: computed(() => found.value?.data) }
}
