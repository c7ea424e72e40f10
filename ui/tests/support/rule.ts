/** A promise of a port: its title, and a check that every implementation of the port must pass. */
export type Rule<Made> = [title: string, holds: (make: () => Promise<Made>) => Promise<void>]

/** Runs `run` in a task of its own, as a browser does with what comes from outside the page. */
export function task(run: () => void): void {
  setTimeout(run, 0)
}

/** Lets pending tasks run. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => task(resolve))
}

/** Waits for a condition; the runner's limit ends a wait for one that never holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise<void>((resolve) => setTimeout(resolve, 5))
}
