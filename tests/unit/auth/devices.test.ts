import { describe, expect, test } from 'bun:test'
import { Devices } from '../../../src/auth/devices.ts'

const devices = (byte: number, secure = false) =>
  new Devices(new Uint8Array(32).fill(byte), { secure, installation: 'abcd1234', base_path: '' })
const sent = (set_cookie: string) => set_cookie.split(';')[0] ?? ''

describe('a device', () => {
  test('U14 knows the accounts that it has signed in to, the last eight of them', () => {
    const own = devices(1)
    let device = own.of(sent(own.cookie(undefined, 'account-0')))
    const id = device?.id
    for (let i = 1; i < 9; i++) device = own.of(sent(own.cookie(device, `account-${i}`)))
    expect(device?.id).toBe(id ?? '')
    expect(device?.account_ids).toEqual([8, 7, 6, 5, 4, 3, 2, 1].map((i) => `account-${i}`))
  })

  test('U14 is not taken from another server, changed or invented', () => {
    const cookie = sent(devices(1).cookie(undefined, 'account'))
    expect(devices(1).of(cookie)).toBeDefined()
    expect(devices(2).of(cookie)).toBeUndefined()
    const [name, value = ''] = cookie.split('=')
    const added = value.replace('.', '.AAAAAAAAAAAAAAAA.')
    for (const forged of [value.slice(1), value.slice(0, -1), added, '', '..'])
      expect(devices(1).of(`${name}=${forged}`)).toBeUndefined()
    expect(devices(1).of(null)).toBeUndefined()
  })

  test('U14 is hidden from scripts, and bound to the host over https', () => {
    expect(devices(1).cookie(undefined, 'a')).toMatch(/^mc_device_abcd1234=.*; HttpOnly$/)
    expect(devices(1, true).cookie(undefined, 'a')).toMatch(/^__Host-mc_device=.*; Secure; HttpOnly$/)
  })
})
