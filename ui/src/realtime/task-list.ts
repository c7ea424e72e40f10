import type { Project, Task, TaskRef } from '@contracts/resources.ts'

/** Rules for the lists of tasks and projects in the cache: pure and idempotent, older versions change nothing. */

/** The list with this task in its newest version, and the references to it in the tasks around it. */
export function withTask(tasks: Task[], task: Task): Task[] {
  const at = tasks.findIndex(({ id }) => id === task.id)
  const known = tasks[at]
  if (known && known.version > task.version) return tasks
  // Without a known version any task may refer to this one.
  const around = known && new Set([known, task].flatMap(neighbours))
  const linked = tasks.map((other) =>
    other === known || around?.has(other.id) === false ? other : linkedTo(other, task),
  )
  if (task.archived_at !== null) return linked.filter(({ id }) => id !== task.id)
  if (!known) return [...linked, task]
  linked[at] = task
  return linked
}

const neighbours = ({ blocks, blocked_by }: Task) => [...blocks, ...blocked_by].map(({ id }) => id)

/** The list of archived tasks with this one, if it is archived. */
export function withArchivedTask(tasks: Task[], task: Task): Task[] {
  const known = tasks.find(({ id }) => id === task.id)
  if ((task.archived_at === null && !known) || (known && known.version > task.version)) return tasks
  const others = tasks.filter((other) => other !== known)
  return task.archived_at === null ? others : [...others, task]
}

/** `other` with references that agree with the dependencies of `task`; the same object if they do already. */
function linkedTo(other: Task, task: Task): Task {
  const blocked_by = agreed(other.blocked_by, task, lists(task.blocks, other.id))
  const blocks = agreed(other.blocks, task, lists(task.blocked_by, other.id))
  if (blocked_by === other.blocked_by && blocks === other.blocks) return other
  return { ...other, blocked_by, blocks, is_blocked: blocked_by.some(({ status }) => status !== 'complete') }
}

const lists = (references: readonly TaskRef[], id: string) => references.some((one) => one.id === id)

function agreed(references: TaskRef[], { id, title, status }: Task, linked: boolean): TaskRef[] {
  const known = references.find((one) => one.id === id)
  if (!linked) return known ? references.filter((one) => one !== known) : references
  if (!known) return [...references, { id, title, status }]
  if (known.title === title && known.status === status) return references
  return references.map((one) => (one === known ? { id, title, status } : one))
}

/** The list with this project in its newest version; a project at its end of life is in no list. */
export function withProject(projects: Project[], project: Project): Project[] {
  const known = projects.find(({ id }) => id === project.id)
  if (known && known.version > project.version) return projects
  if (project.stage === 'end-of-life') return projects.filter(({ id }) => id !== project.id)
  return known ? projects.map((other) => (other.id === project.id ? project : other)) : [...projects, project]
}

/** The list of ended projects with this one, if it is at its end of life. */
export function withEndedProject(projects: Project[], project: Project): Project[] {
  if (project.stage !== 'end-of-life') return projects
  const known = projects.find(({ id }) => id === project.id)
  if (known && known.version > project.version) return projects
  return known ? projects.map((other) => (other === known ? project : other)) : [...projects, project]
}

/** The list without a member in a project, as after the answer to an own request; its event carries the whole project. */
export function withoutAssigned(projects: readonly Project[], id: string, user_id: string): Project[] {
  return projects.map((project) =>
    project.id === id
      ? { ...project, assigned_user_ids: project.assigned_user_ids.filter((one) => one !== user_id) }
      : project,
  )
}
