/**
 * Named places at which a test kills the bridge, right before and right after each write of the delivery:
 * `<row kind>:<step>:before|after`, and `<row kind>:part:before|after` for parts of an answer.
 */
export type CrashPoint = (place: string) => void

export const NO_CRASH: CrashPoint = () => undefined

/** Kills this process with SIGKILL at the place `die`. */
export function dieAt(die: string): CrashPoint {
  return (place) => {
    if (place === die) process.kill(process.pid, 'SIGKILL')
  }
}
