import { PROJECT_STAGES, PROJECT_TYPES, type ProjectStage, type ProjectType } from '@contracts/vocabulary.ts'

/** Labels and glyphs of the vocabulary of projects. */

export const STAGE_WORDS: Record<ProjectStage, string> = {
  definition: 'Definition',
  poc: 'Proof of concept',
  development: 'Development',
  testing: 'Testing',
  adoption: 'Adoption',
  maintenance: 'Maintenance',
  'end-of-life': 'End of life',
}

export const PROJECT_TYPE_WORDS: Record<ProjectType, string> = {
  software: 'Software',
  docs: 'Docs',
  launch: 'Launch',
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
