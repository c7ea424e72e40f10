import { PROJECT_STAGES, PROJECT_TYPES, type ProjectStage, type ProjectType } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'

/** Labels and glyphs of the vocabulary of projects. */

export const STAGE_WORDS: Record<ProjectStage, string> = {
  definition: t('projects.stage.definition'),
  poc: t('projects.stage.poc'),
  development: t('projects.stage.development'),
  testing: t('projects.stage.testing'),
  adoption: t('projects.stage.adoption'),
  maintenance: t('projects.stage.maintenance'),
  'end-of-life': t('projects.stage.end-of-life'),
}

export const PROJECT_TYPE_WORDS: Record<ProjectType, string> = {
  software: t('projects.type.software'),
  docs: t('projects.type.docs'),
  launch: t('projects.type.launch'),
}

/** Icons of the sprite. */
export const PROJECT_TYPE_ICONS: Record<ProjectType, string> = {
  software: 'code',
  docs: 'doc',
  launch: 'zap',
}

/** Stages that a project moves through; only an end of life leads out of them. */
export const LIVE_STAGES: readonly ProjectStage[] = PROJECT_STAGES.filter((stage) => stage !== 'end-of-life')

export const PROJECT_TYPE_OPTIONS = PROJECT_TYPES.map((value) => ({
  value,
  label: PROJECT_TYPE_WORDS[value],
}))
