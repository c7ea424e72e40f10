import { expect, test } from 'bun:test'
import { clientIp, isForwarded, isLoopback, TrustedProxies } from '../../../src/http/client-ip.ts'

const from = (forwarded: string | null, peer: string, ...trusted: string[]) =>
  clientIp(
    new Request('http://x', forwarded === null ? {} : { headers: { 'X-Forwarded-For': forwarded } }),
    peer,
    new TrustedProxies(trusted),
  )

test('an address is the peer’s, unless the peer is a trusted proxy', () => {
  expect(from('203.0.113.9', '198.51.100.7')).toBe('198.51.100.7')
  expect(from('203.0.113.9', '198.51.100.7', '10.0.0.1')).toBe('198.51.100.7')
  expect(from('203.0.113.9', '10.0.0.1', '10.0.0.1')).toBe('203.0.113.9')
  expect(from(null, '10.0.0.1', '10.0.0.1')).toBe('10.0.0.1')
  expect(from(null, '::ffff:127.0.0.1')).toBe('127.0.0.1')
})

test('the last forwarded address that is no proxy counts, those before it may be invented', () => {
  expect(from('6.6.6.6, 203.0.113.9, 10.0.0.2', '10.0.0.1', '10.0.0.1', '10.0.0.2')).toBe('203.0.113.9')
  expect(from('6.6.6.6, 203.0.113.9, 172.20.0.5', '172.18.0.3', '172.16.0.0/12')).toBe('203.0.113.9')
  expect(from('203.0.113.9', '172.32.0.1', '172.16.0.0/12')).toBe('172.32.0.1')
})

test('proxies and clients may be IPv6, also IPv4 written as IPv6, with ports', () => {
  expect(from('2001:DB8::9', 'fd00::1', 'fd00::/8')).toBe('2001:db8::9')
  expect(from('203.0.113.9', '::ffff:172.18.0.3', '172.16.0.0/12')).toBe('203.0.113.9')
  expect(from('::ffff:203.0.113.9', '10.0.0.1', '::ffff:10.0.0.1')).toBe('203.0.113.9')
  expect(from('[2001:db8::9]:4711, 10.0.0.2:80', '10.0.0.1', '10.0.0.0/8')).toBe('2001:db8::9')
})

test('an unreadable hop ends the search at the proxy that sent it', () => {
  for (const hop of ['unknown', '', '1.2.3', '0x7f.0.0.1', 'x'.repeat(10_000)])
    expect([hop.slice(0, 10), from(`6.6.6.6, ${hop}`, '10.0.0.1', '10.0.0.1')]).toEqual([
      hop.slice(0, 10),
      '10.0.0.1',
    ])
})

test('loopback and forwarding are recognized', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    expect([address, isLoopback(address)]).toEqual([address, true])
  for (const address of ['128.0.0.1', '::2', '127.evil.example', ''])
    expect([address, isLoopback(address)]).toEqual([address, false])
  expect(isForwarded(new Request('http://x', { headers: { Forwarded: 'for=1.2.3.4' } }))).toBe(true)
  expect(isForwarded(new Request('http://x'))).toBe(false)
})
