import type { User } from '@contracts/resources.ts'
import { computed } from 'vue'
import { useStanding } from '../../composables/presence.ts'
import { useMembers, useOrg } from '../../composables/queries.ts'
import { useTasks } from '../../composables/task-queries.ts'
import { useTalk } from '../../stores/talk.ts'
import { type Connection, openTasksByAssignee } from './agent-rules.ts'

/** The agents of an org with what is known of their work; all of it follows events and presence. */
export function useAgents(slug: () => string) {
  const talk = useTalk()
  const { data: members, error } = useMembers(slug)
  const { data: tasks } = useTasks(slug)
  const { data: org } = useOrg(slug)
  const standing = useStanding()

  const agents = computed(() => members.value?.filter(({ type }) => type === 'agent'))
  const tasks_of = computed(() => openTasksByAssignee(tasks.value ?? []))
  const calling = computed(() => new Set(Object.values(talk.calling).flat()))

  function connectionOf(agent: User): Connection {
    switch (standing.value(agent)) {
      case undefined:
        return 'unknown'
      case 'off':
      case 'wait':
      case 'fail':
        return 'none'
      case 'on':
      case 'work':
        return calling.value.has(agent.id) ? 'calls' : 'stream'
    }
  }

  const works = computed(() =>
    Object.entries(talk.working).flatMap(([channel_id, list]) =>
      list.map((work) => ({ ...work, channel_id })),
    ),
  )
  const works_of = computed(() => Map.groupBy(works.value, ({ agent_id }) => agent_id))
  /** Messages that an agent works on, in channels of the reader. */
  const worksOn = (agent: User) => works_of.value.get(agent.id) ?? []

  return { agents, error, tasks_of, standing, connectionOf, worksOn, org }
}
