const STEP_MS = 10
const SAY_AFTER_MS = 10_000

/**
 * Waits until `holds`, without a time limit, because machines may be slow, and reports every 10 s. `holds` throws when
 * its peer is gone, which ends the wait.
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
