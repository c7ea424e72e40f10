import { describe, expect, test } from 'bun:test'
import { pictureType } from '../../../src/domain/picture.ts'
import { bytesOf, GIF, GIF_1X1, jpegOf, PNG, WEBP_2X1 } from '../../support/images.ts'

const text = (value: string) => new TextEncoder().encode(value)

/** A copy with other bytes at a place. */
function altered(bytes: Uint8Array, at: number, ...others: number[]): Uint8Array {
  const copy = bytes.slice()
  copy.set(others, at)
  return copy
}

/** A WebP whose first chunk is of this kind. */
function webp(kind: string, chunk: readonly number[]): Uint8Array {
  return new Uint8Array([...text('RIFF'), 0, 0, 0, 0, ...text('WEBP'), ...text(kind), 0, 0, 0, 0, ...chunk])
}

describe('a picture is known by its bytes', () => {
  test('PNG, JPEG, WebP and GIF', () => {
    expect(pictureType(PNG)).toBe('image/png')
    expect(pictureType(jpegOf(640, 480))).toBe('image/jpeg')
    expect(pictureType(bytesOf(WEBP_2X1))).toBe('image/webp')
    expect(pictureType(webp('VP8L', [0x2f, 0x01, 0x40, 0, 0, 0, 0, 0, 0, 0]))).toBe('image/webp')
    expect(pictureType(webp('VP8X', [0, 0, 0, 0, 9, 0, 0, 9, 0, 0]))).toBe('image/webp')
    expect(pictureType(GIF)).toBe('image/gif')
  })

  test('anything else is none, whatever it is called', () => {
    for (const other of [
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      '<?xml version="1.0"?><svg/>',
      '<!doctype html><script>alert(1)</script>',
      'GIF87b<script>',
      'BM',
      '%PDF-1.7',
      '',
    ])
      expect(pictureType(text(other)), other).toBeUndefined()
    for (let length = 0; length < 24; length++) expect(pictureType(PNG.slice(0, length))).toBeUndefined()
    for (let length = 0; length < 10; length++) expect(pictureType(GIF.slice(0, length))).toBeUndefined()
    for (let length = 0; length < 30; length++)
      expect(pictureType(bytesOf(WEBP_2X1).slice(0, length))).toBeUndefined()
    // Without a frame header, and with one that is cut.
    expect(pictureType(new Uint8Array([0xff, 0xd8, 0xff, 0xda, 0, 8, 0, 0, 0, 0, 0, 0]))).toBeUndefined()
    expect(pictureType(jpegOf(640, 480).slice(0, 26))).toBeUndefined()
    // Segments of no length lead nowhere.
    expect(pictureType(new Uint8Array([0xff, 0xd8, ...Array<number>(4_000).fill(0xff)]))).toBeUndefined()
    expect(
      pictureType(new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 0, ...Array<number>(40).fill(0)])),
    ).toBeUndefined()
  })

  test('few bytes that stand for very many pixels are refused', () => {
    expect(pictureType(jpegOf(2_048, 2_048))).toBe('image/jpeg')
    expect(pictureType(jpegOf(2_049, 1))).toBeUndefined()
    expect(pictureType(jpegOf(1, 65_535))).toBeUndefined()
    expect(pictureType(altered(PNG, 16, 0x7f, 0xff, 0xff, 0xff))).toBeUndefined()
    expect(pictureType(altered(PNG, 16, 0, 0, 0, 0))).toBeUndefined()
    expect(pictureType(altered(bytesOf(GIF_1X1), 6, 0xff, 0xff))).toBeUndefined()
    expect(pictureType(webp('VP8X', [0, 0, 0, 0, 0xff, 0xff, 0xff, 9, 0, 0]))).toBeUndefined()
    expect(pictureType(webp('VP8L', [0x2f, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0]))).toBeUndefined()
  })
})
