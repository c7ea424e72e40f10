/** Twice the largest avatar on a dense screen, with room for larger ones. */
const SIDE = 256
/** A browser that has to decode more than this hangs. */
const FILE_BYTES_MAX = 20 * 1024 * 1024

/**
 * The middle square of a picture, scaled down and encoded anew: the place where a photograph was taken does not leave the
 * device. Undefined when the browser cannot read the file.
 */
export async function scaledPicture(file: Blob): Promise<Blob | undefined> {
  if (file.size > FILE_BYTES_MAX) return undefined
  const bitmap = await createImageBitmap(file).catch(() => undefined)
  if (!bitmap) return undefined
  const side = Math.min(bitmap.width, bitmap.height)
  const canvas = document.createElement('canvas')
  canvas.width = SIDE
  canvas.height = SIDE
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2]
  canvas.getContext('2d')?.drawImage(bitmap, left, top, side, side, 0, 0, SIDE, SIDE)
  bitmap.close()
  // A browser without WebP answers PNG.
  return await new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/webp', 0.9)
  })
}

/** The bytes in base64. */
export async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
