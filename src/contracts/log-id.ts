/** Short, random, readable in a cursor: distinguishes one incarnation of a log from another. */
export function newLogId(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789'
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => letters[byte % 32]).join('')
}
