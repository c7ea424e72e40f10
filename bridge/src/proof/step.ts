/** What one step of a proof found, for people and for programs. */
export interface Step {
  step: StepName
  /** The agent of the configuration that it is about; null for the bridge as a whole. */
  agent: string | null
  /** `skip`: an earlier step failed, so this one could not be tried. */
  state: StepState
  /** One sentence. Never holds a credential. */
  detail: string
  /** What a person does next; null when there is nothing to do. */
  todo: string | null
}

export type StepState = 'ok' | 'warn' | 'fail' | 'skip'

export const STEP_NAMES = [
  'configuration',
  'credentials',
  'server',
  'key',
  'gateway',
  'gateway agent',
  'state',
  'health',
  'turn',
  'post',
] as const
export type StepName = (typeof STEP_NAMES)[number]

/** Something does not work, and a person can do something about it. The message is one sentence for people. */
export class Trouble extends Error {
  override name = 'Trouble'
  /** What to do; null when the message says it all. */
  readonly todo: string | null

  constructor(message: string, todo: string | null = null, cause?: unknown) {
    super(message, { cause })
    this.todo = todo
  }
}

type About = Pick<Step, 'step' | 'agent'>

/** A step whose work resolves with what it found. `Trouble` becomes a failed step; every other error is rejected. */
export async function stepOf(
  about: About,
  work: () => Promise<Found | string> | Found | string,
): Promise<Step> {
  try {
    const found = await work()
    if (typeof found === 'string') return { ...about, state: 'ok', detail: found, todo: null }
    return { ...about, state: 'warn', ...found }
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    return { ...about, state: 'fail', detail: error.message, todo: error.todo }
  }
}

/** Works, but a person should know something. */
export interface Found {
  detail: string
  todo: string | null
}

export const skipped = (about: About, detail: string): Step => ({
  ...about,
  state: 'skip',
  detail,
  todo: null,
})
