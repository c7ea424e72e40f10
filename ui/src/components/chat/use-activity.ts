import { computed, type Ref } from 'vue'
import type { People } from '../../composables/people.ts'
import { t } from '../../i18n/index.ts'
import type { MessageLog } from '../../realtime/message-log.ts'
import { isolate } from '../base/isolate.ts'
import type { TaskSummary } from '../projects/project-rules.ts'
import { workingAgents } from './working.ts'

/** What goes on in a channel, as one line: "probe working, 4 in progress, 3 in review". Empty if nothing does. */
export function useActivity(
  log: Readonly<Ref<MessageLog | undefined>>,
  people: People,
  summary: Readonly<Ref<TaskSummary | undefined>>,
) {
  return computed(() => {
    const agents = log.value ? workingAgents(log.value) : []
    const names = agents.flatMap(({ agent_id }) => people.byId.value.get(agent_id)?.display_name ?? [])
    const counts = summary.value?.counts
    const tasks = [
      [counts?.['in-progress'] ?? 0, 'in_progress'],
      [counts?.['in-review'] ?? 0, 'in_review'],
    ] as const
    return [
      ...names.map((name) => t('chat.activity.working', { name: isolate(name) })),
      ...tasks.filter(([count]) => count > 0).map(([count, where]) => t(`chat.activity.${where}`, { count })),
    ].join(', ')
  })
}
