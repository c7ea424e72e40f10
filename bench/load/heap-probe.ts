import { heapStats } from 'bun:jsc'
import { writeFileSync } from 'node:fs'

/*
 * Preloaded into a measured server: SIGUSR2 collects all garbage and writes the bytes that are left to the file
 * `BENCH_HEAP_FILE`. The resident size alone rises and falls by tens of MiB with the collector.
 */
const file = process.env.BENCH_HEAP_FILE
if (file === undefined) throw new Error('BENCH_HEAP_FILE is not set')
process.on('SIGUSR2', () => {
  Bun.gc(true)
  const { heapSize, extraMemorySize } = heapStats()
  writeFileSync(file, `${heapSize + extraMemorySize}\n`)
})
