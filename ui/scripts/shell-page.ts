import type { Plugin } from 'vite'

/**
 * What the server's headers say of its page (src/http/reply.ts), for a page that no server sends. Its server is not known yet;
 * plain http only reaches this device.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  `connect-src 'self' https: wss: ${['localhost', '127.0.0.1'].map((host) => `http://${host}:* ws://${host}:*`).join(' ')}`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types vue default',
].join('; ')

/** Makes the page that of the wrapped app: its own entry, a content policy, and nothing of an installable page. */
export function shellPage(): Plugin {
  return {
    name: 'shell-page',
    transformIndexHtml: {
      order: 'pre',
      handler: (page) =>
        page
          .replace('/src/main.ts', '/src/shell.ts')
          .replace(/\s*<link rel="(?:manifest|apple-touch-icon)"[^>]*>/g, '')
          .replace('<head>', `<head>\n    <meta http-equiv="Content-Security-Policy" content="${POLICY}">`),
    },
  }
}
