let last_ms = 0
let counter = 0
/** `last_ms` as ids begin: many are made in one millisecond. */
let time = ''

/**
 * A UUIDv7 (RFC 9562 §6.2, method 1): milliseconds, a 12-bit counter that rises within one millisecond, 62 random bits.
 * Ids made by one process sort in the order they were made.
 */
export function newId(now_ms = Date.now()): string {
  if (now_ms > last_ms) {
    startMillisecond(now_ms)
    counter = randomCounter()
  } else if (++counter > 0xfff) {
    startMillisecond(last_ms + 1)
    counter = 0
  }
  const middle = (0x7000 | counter).toString(16)
  const at = randomAt(4)
  const variant = HEX[(random[at]! & 0x3fff) | 0x8000]
  return `${time}-${middle}-${variant}-${HEX[random[at + 1]!]}${HEX[random[at + 2]!]}${HEX[random[at + 3]!]}`
}

function startMillisecond(ms: number): void {
  last_ms = ms
  const hex = ms.toString(16).padStart(12, '0')
  time = `${hex.slice(0, 8)}-${hex.slice(8)}`
}

const HEX = Array.from({ length: 0x10000 }, (_, n) => n.toString(16).padStart(4, '0'))

/** Random numbers of 16 bits are drawn by the thousand: one draw for each id costs more than the rest of it. */
const random = new Uint16Array(4096)
let used = random.length

/** Where the next `count` unused random numbers begin. */
function randomAt(count: number): number {
  if (used + count > random.length) {
    crypto.getRandomValues(random)
    used = 0
  }
  used += count
  return used - count
}

/** Starts low, so that a busy millisecond rarely runs out of counter. */
function randomCounter(): number {
  return random[randomAt(1)]! & 0x7f
}
