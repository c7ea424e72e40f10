import { ROW_KINDS, STEPS } from '../state/port.ts'
import { OUTCOMES, type StepRule, TABLE } from './step-table.ts'

/** The table of steps as Markdown, one section per kind of row. The documents print it. */
export function stepsText(): string {
  return ROW_KINDS.map((kind) => {
    const rows = STEPS.flatMap((step) => {
      const rule = TABLE[kind][step]
      return rule
        ? [line([`\`${step}\``, rule.does, rule.idempotent_by, rule.reports ?? '–', moves(rule)])]
        : []
    })
    return [`### \`${kind}\``, '', HEAD, ...rows].join('\n')
  }).join('\n\n')
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const HEAD = [
  line(['step', 'what is done', 'why a repetition is harmless', 'server is told', 'moves']),
  line(['---', '---', '---', '---', '---']),
].join('\n')

/** Outcomes with the same target in one group, e.g. "`failed`, `stopped` → posted". */
function moves(rule: StepRule): string {
  const groups = STEPS.map((to) => ({ to, from: OUTCOMES.filter((outcome) => rule.moves[outcome] === to) }))
  const texts = groups
    .filter(({ from }) => from.length > 0)
    .map(({ to, from }) => `${from.map((outcome) => `\`${outcome}\``).join(', ')} → ${to}`)
  return texts.length === 0 ? '–' : texts.join('; ')
}
