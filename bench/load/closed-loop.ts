/** Calls `run` from so many clients at once, each again when it has its answer; gives calls per second. */
export async function closedLoop(
  clients: number,
  seconds: number,
  run: () => Promise<unknown>,
): Promise<number> {
  await Promise.all(Array.from({ length: clients }, run))
  let done = 0
  const started_at = performance.now()
  const until = started_at + seconds * 1000
  const client = async () => {
    while (performance.now() < until) {
      await run()
      done++
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return done / ((performance.now() - started_at) / 1000)
}
