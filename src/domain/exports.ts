/** Attempts at an export that begin. The next one only says that the export failed. */
export const EXPORT_ATTEMPTS_MAX = 3

/** Reason of an export whose every attempt ended with its server. */
export const INTERRUPTED = `The server stopped ${EXPORT_ATTEMPTS_MAX} times while it made this export. Try again.`
/** Reason without internals: the log of the server has them. */
export const NOT_MADE = 'The file could not be written. The log of the server says why.'
