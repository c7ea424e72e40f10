import { expect, test } from 'bun:test'
import { clientIp, isForwarded, isLoopback, networkOf, TrustedProxies } from '../../../src/http/client-ip.ts'

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

const forwarded = (headers: Record<string, string>, ...trusted: string[]) =>
  clientIp(new Request('http://x', { headers }), '10.0.0.1', new TrustedProxies(trusted))

test('Forwarded of RFC 7239 is read in the same way, its examples included', () => {
  for (const [header, client] of [
    ['for=203.0.113.9', '203.0.113.9'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
    ['for=6.6.6.6, for=198.51.100.17', '198.51.100.17'],
    ['for=6.6.6.6, for=203.0.113.9;host="a, for=1.1.1.1", for=10.0.0.2', '203.0.113.9'],
    ['by=1.1.1.1;host="x;for=6.6.6.6;y" ; for = 203.0.113.9', '10.0.0.1'],
    ['for="203.0.113.9:80";by=_secret', '203.0.113.9'],
  ])
    expect([header, forwarded({ Forwarded: header! }, '10.0.0.0/8')]).toEqual([header, client!])
})

test('an element of Forwarded that names no address, or two, ends the search', () => {
  for (const header of [
    'for=unknown',
    'for=_hidden',
    'for=6.6.6.6, proto=https',
    'for=1.1.1.1;for=2.2.2.2',
    'for="1.1.1.1',
    'for="\\1.1.1.1"',
    'for=6.6.6.6, ',
    '"'.repeat(9_999),
  ])
    expect([header, forwarded({ Forwarded: header }, '10.0.0.1')]).toEqual([header, '10.0.0.1'])
})

test('of two headers that disagree one is invented: the address is that of the proxy', () => {
  const both = (one: string, other: string) =>
    forwarded({ 'X-Forwarded-For': one, Forwarded: `for=${other}` }, '10.0.0.0/8')
  expect(both('203.0.113.9', '203.0.113.9')).toBe('203.0.113.9')
  expect(both('203.0.113.9', '6.6.6.6')).toBe('10.0.0.1')
  expect(both('6.6.6.6', 'unknown')).toBe('10.0.0.1')
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

test('of IPv6 the network counts, in one spelling; anything else counts as it is', () => {
  for (const [ip, network] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '::ffff:203.0.113.9'],
    ['', ''],
    ['a:b', 'a:b'],
  ])
    expect(networkOf(ip ?? '')).toBe(network ?? '')
  expect(networkOf(networkOf('2001:db8::1'))).toBe(networkOf('2001:db8::1'))
})
