import { setDefaultTimeout } from 'bun:test'

/** For a file that is run by itself; the test runner gives the same limit to all. bun's five seconds fail on a slow machine. */
setDefaultTimeout(300_000)
