/** Version of the HTTP API, sent with every response as `X-MC-API-Version`. */
export const API_VERSION = '2026.1'

/** Version of this program, the same number as in package.json (a test compares them). */
export const SERVER_VERSION = '0.1.0'

/** Oldest bridge that speaks this API. */
export const MIN_BRIDGE_VERSION = '0.1.0'
