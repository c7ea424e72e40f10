/** DER, as much as a certificate needs (X.690): tag, length, content. */
function der(tag: number, ...contents: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return new Uint8Array([tag, ...size, ...content])
}
const sequence = (...contents: Uint8Array[]) => der(0x30, ...contents)
const integer = (bytes: Uint8Array) =>
  der(0x02, bytes[0]! >= 128 ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const utf8 = (text: string) => der(0x0c, Buffer.from(text))
const time = (text: string) => der(0x18, Buffer.from(text))
const bits = (bytes: Uint8Array) => der(0x03, Uint8Array.of(0), bytes)

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))
const COMMON_NAME = oid('550403')
const ALTERNATIVE_NAMES = oid('551d11')

/** A certificate for localhost that nobody vouches for, with its key, both PEM (RFC 5280). New each time: no key lies in a file. */
export async function selfSigned(): Promise<{ key: string; cert: string }> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const name = sequence(der(0x31, sequence(COMMON_NAME, utf8('localhost'))))
  const names = sequence(der(0x82, Buffer.from('localhost')))
  const certificate = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(Uint8Array.of(1)),
    ECDSA_SHA256,
    name,
    sequence(time('20200101000000Z'), time('29991231235959Z')),
    name,
    new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
    der(0xa3, sequence(sequence(ALTERNATIVE_NAMES, der(0x04, names)))),
  )
  const signed = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, certificate)
  const [r, s] = [new Uint8Array(signed, 0, 32), new Uint8Array(signed, 32)]
  const signature = bits(sequence(integer(withoutZeros(r)), integer(withoutZeros(s))))
  return {
    key: pem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))),
    cert: pem('CERTIFICATE', sequence(certificate, ECDSA_SHA256, signature)),
  }
}

/** DER writes whole numbers without leading zeros. */
function withoutZeros(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0))
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
