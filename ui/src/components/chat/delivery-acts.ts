import type { InjectionKey } from 'vue'

/** What a person can do about the delivery of a message to an agent. Keyed by the message's `seq` and the agent's id. */
export interface DeliveryActs {
  /** False while nothing can be written in the org. */
  offered(): boolean
  isRetrying(seq: number, agent_id: string): boolean
  /** Asks for a failed delivery again; resolves when the server has answered. */
  retry(seq: number, agent_id: string): Promise<void>
  /** From the command on until the turn ends. */
  isStopping(seq: number, agent_id: string): boolean
  /** Posts `/stop` for the agent that works on the message. */
  stop(seq: number, agent_id: string): Promise<void>
}

export const deliveryActsKey: InjectionKey<DeliveryActs> = Symbol('delivery acts')
