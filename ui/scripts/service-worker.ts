import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Emits `sw.js`: the service worker with the list of files that a start without a connection needs. */
export function serviceWorker(): Plugin {
  let root = ''
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const files = Object.keys(bundle)
          .filter((name) => name.startsWith('assets/'))
          .sort()
        // Names contain a hash of their content; the page names the entry, so its content is covered by them.
        const template = readFileSync(join(root, 'service-worker.js'), 'utf8')
        const page = readFileSync(join(root, 'index.html'), 'utf8')
        const version = createHash('sha256')
          .update(template)
          .update(page)
          .update(files.join('\n'))
          .digest('hex')
        const listed = JSON.stringify(['', ...files])
        this.emitFile({
          type: 'asset',
          fileName: 'sw.js',
          source: template
            .replace("'__VERSION__'", JSON.stringify(version.slice(0, 16)))
            .replace("['__FILES__']", listed),
        })
      },
    },
  }
}
