/** One pixel, in base64. */
export const GIF_1X1 = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'
export const PNG_1X1 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
/** Two by one. */
export const WEBP_2X1 = 'UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoCAAEAAgA0JaQAA3AA/vuUAAA='

export const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
export const GIF = bytesOf(GIF_1X1)
export const PNG = bytesOf(PNG_1X1)

/** The beginning of a JPEG up to its frame header, behind an APP0 segment. */
export function jpegOf(width: number, height: number): Uint8Array {
  const [w, h] = [width, height].map((side) => [side >> 8, side & 255])
  const app0 = [0xff, 0xe0, 0, 16, ...new TextEncoder().encode('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]
  return new Uint8Array([
    0xff,
    0xd8,
    ...app0,
    0xff,
    0xc0,
    0,
    17,
    8,
    ...(h ?? []),
    ...(w ?? []),
    3,
    1,
    0x22,
    0,
  ])
}
