import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(?:js|css|html|svg|webmanifest|txt|json)$/
/** Smaller files fit into one packet either way. */
const BYTES_MIN = 1_024

/** Writes a brotli and a gzip copy beside every text file of the build: the server sends them as they are. */
export function precompress(): Plugin {
  let folder = ''
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir)
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
          if (!TEXT.test(name) || name.startsWith('.vite')) continue
          const file = join(folder, name)
          const bytes = readFileSync(file)
          if (bytes.byteLength < BYTES_MIN) continue
          const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
          writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: quality }))
          writeFileSync(`${file}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }))
        }
      },
    },
  }
}
