/** Starts without `requestIdleCallback` (Safari) begin this late. */
const LATER_MS = 2_000

/** Loads code in advance, once the browser has nothing else to do. Its user loads it again and reports a failure. */
export function whenIdle(loads: readonly (() => Promise<unknown>)[]): void {
  const run = () => {
    for (const load of loads)
      load().catch(() => {
        // Loaded again by its first use; a failure is reported then.
      })
  }
  if ('requestIdleCallback' in window) requestIdleCallback(run)
  else setTimeout(run, LATER_MS)
}
