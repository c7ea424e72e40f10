import type { Project, Task, TaskCounts } from '@contracts/resources.ts'
import { PROJECT_STAGES, PROJECT_TYPES, type ProjectStage, type ProjectType } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'
import { LIVE_STAGES, STAGE_WORDS } from './project-words.ts'

/** Filters of the board, as the address of the page carries them. */
export interface ProjectFilter {
  q: string
  owner_id: string
  type: ProjectType | ''
  mine: boolean
  /** Also the projects at their end of life. */
  archived: boolean
}

export type Query = Record<string, string>

const one = (value: unknown) => (typeof value === 'string' ? value : '')

/** The filter of an address; unknown values are no filter. The names are those of the API. */
export function filterOf(query: Readonly<Record<string, unknown>>): ProjectFilter {
  return {
    q: one(query.q),
    owner_id: one(query.owner_id),
    type: PROJECT_TYPES.find((type) => type === query.type) ?? '',
    mine: query.assigned_to === 'me',
    archived: query.include_archived === 'true',
  }
}

/** The address of a filter, without what is not filtered. */
export function queryOf({ q, owner_id, type, mine, archived }: ProjectFilter): Query {
  return {
    ...(q ? { q } : {}),
    ...(owner_id ? { owner_id } : {}),
    ...(type ? { type } : {}),
    ...(mine ? { assigned_to: 'me' } : {}),
    ...(archived ? { include_archived: 'true' } : {}),
  }
}

/** Whether a filter leaves projects out; the archived ones come on top. */
export function narrows({ archived: _archived, ...rest }: ProjectFilter): boolean {
  return Object.values(rest).some(Boolean)
}

const folded = (text: string) => text.normalize('NFKC').toLowerCase()

/** Whether a person owns a project or is assigned to it. */
export function concerns({ owner_id, assigned_user_ids }: Project, user_id: string): boolean {
  return owner_id === user_id || assigned_user_ids.includes(user_id)
}

export function inFilter(project: Project, filter: ProjectFilter, me_id: string): boolean {
  const text = folded([project.name, project.description].join('\n'))
  return (
    (filter.archived || project.stage !== 'end-of-life') &&
    (filter.owner_id === '' || project.owner_id === filter.owner_id) &&
    (filter.type === '' || project.type === filter.type) &&
    (!filter.mine || concerns(project, me_id)) &&
    folded(filter.q)
      .split(/\s+/)
      .every((word) => text.includes(word))
  )
}

/** Order inside a column: oldest first. */
export function compareProjects(a: Project, b: Project): number {
  return a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1
}

/** The stage that follows; undefined at the last one. */
export function nextStage(stage: ProjectStage): ProjectStage | undefined {
  return stage === 'end-of-life' ? undefined : LIVE_STAGES[LIVE_STAGES.indexOf(stage) + 1]
}

/** The reason why a project may not go to a stage; undefined if it may. */
export function refusal({ stage }: Pick<Project, 'stage'>, to: ProjectStage): string | undefined {
  if (stage === 'end-of-life') return t('projects.rules.ended')
  if (to === 'end-of-life') return t('projects.rules.administrators_end')
  const next = nextStage(stage)
  if (next === undefined || PROJECT_STAGES.indexOf(to) <= PROJECT_STAGES.indexOf(next)) return undefined
  return t('projects.rules.one_stage', { stage: STAGE_WORDS[next] })
}

/** Tasks of a project as its card and its panel show them. */
export interface TaskSummary {
  counts: TaskCounts
  /** Open tasks that wait for another one. */
  blocked: number
}

const NO_TASKS: TaskCounts = { backlog: 0, 'in-progress': 0, 'in-review': 0, complete: 0 }

/**
 * Summaries by project. Counted from the list of tasks: a project in the cache carries the counts of its last event, and
 * events of tasks carry no project.
 */
export function summariesOf(tasks: readonly Task[]): Map<string, TaskSummary> {
  const summaries = new Map<string, TaskSummary>()
  for (const { project_ids, status, is_blocked } of tasks)
    for (const id of project_ids) {
      const summary = summaries.get(id) ?? { counts: { ...NO_TASKS }, blocked: 0 }
      summary.counts[status]++
      if (is_blocked && status !== 'complete') summary.blocked++
      summaries.set(id, summary)
    }
  return summaries
}

/** The summary of a project; before the tasks are there, by the counts of the server. */
export function summaryOf(
  project: Project,
  summaries: ReadonlyMap<string, TaskSummary> | undefined,
): TaskSummary {
  if (!summaries) return { counts: project.task_counts, blocked: 0 }
  return summaries.get(project.id) ?? { counts: NO_TASKS, blocked: 0 }
}

/** Complete tasks, and all of them. */
export function progressOf(counts: TaskCounts): { done: number; total: number } {
  return { done: counts.complete, total: Object.values(counts).reduce((sum, count) => sum + count, 0) }
}

export const URL_BEGIN = 'https://'

/** The reason why an address is no link of a project; undefined if it is one. */
export function linkProblem(url: string): string | undefined {
  const typed = url.trim()
  return /^https:\/\/[^\s/]/i.test(typed) && URL.canParse(typed)
    ? undefined
    : t('projects.links.problem', { begin: URL_BEGIN })
}

/** The label of a link: what was typed, else the host of its address. */
export function labelOf({ label, url }: { label: string; url: string }): string {
  const typed = label.trim()
  if (typed !== '' || linkProblem(url) !== undefined) return typed
  return new URL(url.trim()).host
}
