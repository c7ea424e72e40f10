import type { Project, User } from '@contracts/resources.ts'
import { compareNames } from '@contracts/text-order.ts'
import { t } from '../../i18n/index.ts'
import { type Choice, type Filtered, ME, NONE } from './task-filter.ts'
import { PRIORITY_OPTIONS, STATUS_OPTIONS, TYPE_OPTIONS } from './task-words.ts'

export interface Option {
  value: string
  label: string
  count?: number
}
export const CHOICE_LABELS: Record<Choice, string> = {
  project: t('tasks.filters.choice.project'),
  assignee: t('tasks.filters.choice.assignee'),
  priority: t('tasks.filters.choice.priority'),
  type: t('tasks.filters.choice.type'),
  status: t('tasks.filters.choice.status'),
}

/** Values of each filter with the number of tasks behind them; names in the order of lists. */
export function filterOptions(
  projects: Iterable<Project>,
  people: Iterable<User>,
  me_id: string,
  counts: Filtered['counts'] | undefined,
): Record<Choice, Option[]> {
  const byName = (options: Option[]) => options.sort((a, b) => compareNames(a.label, b.label))
  const counted = (choice: Choice, options: readonly Option[]) =>
    options.map(({ value, label }) => ({
      value,
      label,
      ...(counts ? { count: counts[choice].get(value) ?? 0 } : {}),
    }))
  const others = [...people].filter(({ id }) => id !== me_id)
  return {
    project: counted('project', [
      ...byName([...projects].map(({ id, name }) => ({ value: id, label: name }))),
      { value: NONE, label: t('tasks.filters.no_project') },
    ]),
    assignee: counted('assignee', [
      { value: ME, label: t('tasks.filters.me') },
      ...byName(others.map(({ id, display_name }) => ({ value: id, label: display_name }))),
      { value: NONE, label: t('tasks.filters.unassigned') },
    ]),
    priority: counted('priority', [...PRIORITY_OPTIONS].reverse()),
    type: counted('type', TYPE_OPTIONS),
    status: counted('status', STATUS_OPTIONS),
  }
}
