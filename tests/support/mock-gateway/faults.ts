/** What is wrong with a mock gateway; changed while it runs. */
export interface Faults {
  /** Reported in `hello-ok`. */
  version: string
  protocol: number
  tick_ms: number
  /** `connect` is refused as during start-up. */
  starting: boolean
  /** Work is refused as before a restart; what is queued is refused when its turn comes. */
  draining: boolean
  /** Methods that get no answer. */
  mute: string[]
  /** No ticks. */
  silent: boolean
  /** The shared token counts as sent from another host: scopes need an approved device. */
  remote: boolean
  /** Every turn fails. */
  provider_down: boolean
  /** Milliseconds of every turn, besides what its prompt asks for. */
  model_ms: number
  /** Turns start and never end. */
  hang: boolean
  /** `final` is sent twice. */
  final_twice: boolean
  /** A settled turn is followed by another `final` of the same text under a foreign run id. */
  foreign_final: boolean
  /** The `final` event is lost; only the second answer tells the outcome. */
  lost_final: boolean
  /** The second answer is lost. */
  lost_second_answer: boolean
  /** The second answer comes before the `final` event. */
  out_of_order: boolean
  /** Progress events per turn, besides the pieces. */
  flood: number
  /** Events of foreign sessions, of tasks and of health per turn. */
  noise: number
  /** Text that is no frame is sent before each event. */
  garbage: boolean
  /** Milliseconds from the start until interrupted turns are resumed. */
  recovery_ms: number
}

export const NO_FAULTS: Faults = {
  version: '2026.9.6',
  protocol: 4,
  tick_ms: 30_000,
  starting: false,
  draining: false,
  mute: [],
  silent: false,
  remote: false,
  provider_down: false,
  model_ms: 5,
  hang: false,
  final_twice: false,
  foreign_final: false,
  lost_final: false,
  lost_second_answer: false,
  out_of_order: false,
  flood: 0,
  noise: 1,
  garbage: false,
  recovery_ms: 200,
}
