import { API_VERSION } from '../../src/contracts/version.ts'

/** Version of this program, the same number as in bridge/package.json (a test compares them). */
export const BRIDGE_VERSION = '0.1.0'

/** Version of the server's API that this program was built for. */
export const BRIDGE_API_VERSION: string = API_VERSION

/** One line for `mc-bridge version` and for reports of faults. */
export const versionLine = (): string =>
  `mc-bridge ${BRIDGE_VERSION} (API ${BRIDGE_API_VERSION}, Bun ${Bun.version}, ${process.platform} ${process.arch})`
