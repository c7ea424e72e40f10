import { Trouble } from './step.ts'

/** Whether the gateway has an agent of this name. Throws `Trouble` with the names that it has. */
export function findGatewayAgent(names: readonly string[], wanted: string): string {
  const name = names.find((one) => one.toLowerCase() === wanted.toLowerCase())
  if (name !== undefined) return `The gateway has the agent ${name}.`
  throw new Trouble(
    `The gateway has no agent "${wanted}".`,
    names.length === 0
      ? 'It has none at all: openclaw agents add'
      : `It has ${names.join(', ')}: set gateway_agent to one of them, or add it: openclaw agents add ${wanted}`,
  )
}
