import type { Actor, EventEnvelope } from '@contracts/events.ts'

/** A transition of a project or a task, for the mark that its card wears for a while. */
export interface Move {
  /** Id of the project or the task. */
  id: string
  sequence: number
  actor: Actor
}

/** Moves kept: more than a screen of cards. */
const MOVES_MAX = 100

export function moveOf(event: EventEnvelope): Move | undefined {
  const { sequence, actor } = event
  if (event.type === 'project.transitioned') return { id: event.payload.project.id, sequence, actor }
  if (event.type === 'task.transitioned') return { id: event.payload.task.id, sequence, actor }
  return undefined
}

/** In the order of the log; the same move again changes nothing. */
export function withMove(moves: readonly Move[], move: Move): Move[] {
  if (moves.some(({ sequence }) => sequence >= move.sequence)) return [...moves]
  return [...moves.slice(1 - MOVES_MAX), move]
}
