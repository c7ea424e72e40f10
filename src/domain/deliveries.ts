import { DELIVERY_STATES, type DeliveryState } from '../contracts/vocabulary.ts'

/** Forward only, the same again is harmless; `answered` and `failed` are ends. */
export function mayMoveDelivery(from: DeliveryState, to: DeliveryState): boolean {
  if (from === to) return true
  if (from === 'answered' || from === 'failed') return false
  return DELIVERY_STATES.indexOf(to) > DELIVERY_STATES.indexOf(from)
}
