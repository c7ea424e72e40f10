import { hasCaddy, startCaddy } from './caddy.ts'
import { hasNginx, startNginx } from './nginx.ts'

/** The real proxies that the product has a configuration for; one suite runs against all of them. */
export const PROXIES = [
  { name: 'Caddy', present: hasCaddy, start: startCaddy },
  { name: 'nginx', present: hasNginx, start: startNginx },
] as const
