import { DEFAULTS } from '../../config/defaults.ts'
import { HealthAddressRefused, probeAddress } from '../../health/server.ts'

const TRIES = 50

/** The port for health: the usual one, or the next that is free, because Prometheus has the same. */
export function freeHealthPort(): number {
  for (let port: number = DEFAULTS.health_port; port < DEFAULTS.health_port + TRIES; port++) {
    try {
      probeAddress({ host: DEFAULTS.health_host, port })
      return port
    } catch (error) {
      if (!(error instanceof HealthAddressRefused)) throw error
    }
  }
  return DEFAULTS.health_port
}
