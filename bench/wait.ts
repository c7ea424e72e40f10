const STEP_MS = 10
const SAY_AFTER_MS = 10_000

/**
 * Waits until `holds`, however long a slow machine needs, and says every 10 s that it waits. A peer that is gone makes
 * `holds` throw, so that the wait ends.
 */
export async function waitFor(what: string, holds: () => boolean): Promise<void> {
  let said_at = performance.now()
  while (!holds()) {
    await Bun.sleep(STEP_MS)
    if (performance.now() - said_at < SAY_AFTER_MS) continue
    said_at = performance.now()
    console.log(`  … waiting for ${what}`)
  }
}
