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

/** Labels and glyphs of the vocabulary of tasks. */

export const STATUS_WORDS: Record<TaskStatus, string> = {
  backlog: 'Backlog',
  'in-progress': 'In progress',
  'in-review': 'In review',
  complete: 'Complete',
}

/** Names of a glyph of the sprite and of its class. */
export const STATUS_GLYPHS: Record<TaskStatus, string> = {
  backlog: 'backlog',
  'in-progress': 'active',
  'in-review': 'review',
  complete: 'complete',
}

export const PRIORITY_WORDS: Record<Priority, string> = {
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
}

export const TYPE_WORDS: Record<TaskType, string> = { bug: 'Bug', feature: 'Feature', chore: 'Chore' }

export const EVIDENCE_WORDS: Record<EvidenceType, string> = {
  pr_link: 'Pull request',
  test_results: 'Test results',
  doc_url: 'Document',
}

function options<T extends string>(values: readonly T[], words: Record<T, string>) {
  return values.map((value) => ({ value, label: words[value] }))
}
export const STATUS_OPTIONS = options(TASK_STATUSES, STATUS_WORDS)
export const PRIORITY_OPTIONS = options(PRIORITIES, PRIORITY_WORDS)
export const TYPE_OPTIONS = options(TASK_TYPES, TYPE_WORDS)
export const EVIDENCE_OPTIONS = options(EVIDENCE_TYPES, EVIDENCE_WORDS)
