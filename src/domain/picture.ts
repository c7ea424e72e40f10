/** Types of picture that are shown: none of them can hold a script, as SVG can. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const
export type PictureType = (typeof PICTURE_TYPES)[number]

/** More than any avatar; few bytes may stand for far more pixels, which every browser would have to hold. */
const SIDE_MAX = 2_048

interface Picture {
  type: PictureType
  width: number
  height: number
}

/** The type of a picture that can be shown, by its bytes: what a name or a header says of them proves nothing. */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  const picture = png(bytes) ?? jpeg(bytes) ?? webp(bytes) ?? gif(bytes)
  if (!picture) return undefined
  const { type, width, height } = picture
  return width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX ? type : undefined
}

/** PNG §11.2.1: the first chunk has the size. */
function png(bytes: Uint8Array): Picture | undefined {
  if (!begins(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return undefined
  if (bytes.length < 24 || text(bytes, 12, 4) !== 'IHDR') return undefined
  const view = viewOf(bytes)
  return { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20) }
}

/** GIF89a §18. */
function gif(bytes: Uint8Array): Picture | undefined {
  if (bytes.length < 10 || !/^GIF8[79]a$/.test(text(bytes, 0, 6))) return undefined
  const view = viewOf(bytes)
  return { type: 'image/gif', width: view.getUint16(6, true), height: view.getUint16(8, true) }
}

/** RFC 9649 §2.5 to §2.7: the first chunk has the size, in a form of its own for each kind. */
function webp(bytes: Uint8Array): Picture | undefined {
  if (bytes.length < 30 || text(bytes, 0, 4) !== 'RIFF' || text(bytes, 8, 4) !== 'WEBP') return undefined
  const view = viewOf(bytes)
  const type = 'image/webp'
  switch (text(bytes, 12, 4)) {
    case 'VP8 ': {
      if (view.getUint8(23) !== 0x9d || view.getUint16(24) !== 0x012a) return undefined
      return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    }
    case 'VP8L': {
      if (view.getUint8(20) !== 0x2f) return undefined
      const bits = view.getUint32(21, true)
      return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X': {
      const three = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
      return { type, width: three(24) + 1, height: three(27) + 1 }
    }
    default:
      return undefined
  }
}

/** ITU T.81 Annex B: segments up to the frame header, which has the size. */
function jpeg(bytes: Uint8Array): Picture | undefined {
  if (!begins(bytes, [0xff, 0xd8, 0xff])) return undefined
  const view = viewOf(bytes)
  let at = 2
  while (at + 9 <= bytes.length && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at += 1
      continue
    }
    const is_frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (is_frame) return { type: 'image/jpeg', width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    // The image itself begins without a frame header, or markers without a length: no file begins so.
    if (marker === 0xda || marker === 0xd9 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7))
      return undefined
    at += 2 + Math.max(2, view.getUint16(at + 2))
  }
  return undefined
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const begins = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, i) => bytes[i] === byte)

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}
