import { expect, test } from 'bun:test'
import { addressRange } from '../../../src/config/address-range.ts'

test('addresses and CIDR ranges are taken in canonical form', () => {
  for (const [text, canonical] of [
    ['10.0.0.2', '10.0.0.2'],
    ['172.16.0.0/12', '172.16.0.0/12'],
    ['172.18.5.4/12', '172.16.0.0/12'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['FD00:0::1/8', 'fd00::/8'],
    ['::1', '::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
  ] as const)
    expect([text, addressRange(text)]).toEqual([text, canonical])
})

test('everything else is refused', () => {
  for (const text of [
    '',
    'proxy',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0',
    '0x0a.0.0.1',
    '010.0.0.1',
    '::/129',
    '::ffff:10.0.0.0/104',
    'fe80::1%eth0',
  ])
    expect([text, addressRange(text)]).toEqual([text, undefined])
})
