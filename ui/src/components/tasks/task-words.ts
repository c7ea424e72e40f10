import {
  EVIDENCE_TYPES,
  type EvidenceType,
  PRIORITIES,
  type Priority,
  TASK_STATUSES,
  TASK_TYPES,
  type TaskStatus,
  type TaskType,
} from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'

/** Labels and glyphs of the vocabulary of tasks. */

export const STATUS_WORDS: Record<TaskStatus, string> = {
  backlog: t('tasks.status.backlog'),
  'in-progress': t('tasks.status.in-progress'),
  'in-review': t('tasks.status.in-review'),
  complete: t('tasks.status.complete'),
}

/** Names of a glyph of the sprite and of its class. */
export const STATUS_GLYPHS: Record<TaskStatus, string> = {
  backlog: 'backlog',
  'in-progress': 'active',
  'in-review': 'review',
  complete: 'complete',
}

export const PRIORITY_WORDS: Record<Priority, string> = {
  low: t('tasks.priority.low'),
  medium: t('tasks.priority.medium'),
  high: t('tasks.priority.high'),
  critical: t('tasks.priority.critical'),
}

export const TYPE_WORDS: Record<TaskType, string> = {
  bug: t('tasks.type.bug'),
  feature: t('tasks.type.feature'),
  chore: t('tasks.type.chore'),
}

export const EVIDENCE_WORDS: Record<EvidenceType, string> = {
  pr_link: t('tasks.evidence.pr_link'),
  test_results: t('tasks.evidence.test_results'),
  doc_url: t('tasks.evidence.doc_url'),
}

function options<T extends string>(values: readonly T[], words: Record<T, string>) {
  return values.map((value) => ({ value, label: words[value] }))
}
export const STATUS_OPTIONS = options(TASK_STATUSES, STATUS_WORDS)
export const PRIORITY_OPTIONS = options(PRIORITIES, PRIORITY_WORDS)
export const TYPE_OPTIONS = options(TASK_TYPES, TYPE_WORDS)
export const EVIDENCE_OPTIONS = options(EVIDENCE_TYPES, EVIDENCE_WORDS)
