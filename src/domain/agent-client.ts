import type { ClientReport } from '../contracts/requests.ts'

/** Whether two reports of an agent's client say the same, whenever they were made. */
export function sameReport(one: ClientReport, other: ClientReport): boolean {
  return (
    one.name === other.name &&
    one.version === other.version &&
    one.wake === other.wake &&
    one.state === other.state &&
    one.detail === other.detail &&
    one.instance === other.instance &&
    sameGateway(one.gateway, other.gateway)
  )
}

function sameGateway(one: ClientReport['gateway'], other: ClientReport['gateway']): boolean {
  if (one === null || other === null) return one === other
  return one.version === other.version && one.connected === other.connected
}
