let last_ms = 0
let counter = 0

/**
 * A UUIDv7 (RFC 9562 §6.2, method 1): milliseconds, a 12-bit counter that rises within one millisecond, 62 random bits.
 * Ids made by one process sort in the order they were made.
 */
export function newId(now_ms = Date.now()): string {
  if (now_ms > last_ms) {
    last_ms = now_ms
    counter = randomCounter()
  } else if (++counter > 0xfff) {
    last_ms++
    counter = 0
  }
  const time = last_ms.toString(16).padStart(12, '0')
  const random = crypto.getRandomValues(new Uint8Array(8))
  random[0] = (random[0]! & 0x3f) | 0x80
  let tail = ''
  for (const byte of random) tail += byte.toString(16).padStart(2, '0')
  const middle = (0x7000 | counter).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-${middle}-${tail.slice(0, 4)}-${tail.slice(4)}`
}

/** Starts low, so that a busy millisecond rarely runs out of counter. */
function randomCounter(): number {
  return crypto.getRandomValues(new Uint8Array(1))[0]! & 0x7f
}
