/** A user error with a remedy: shown without a stack trace. */
export class Refusal extends Error {}

export function tail(output) {
  return output.trim().split('\n').slice(-20).join('\n')
}
