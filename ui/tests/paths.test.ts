import { describe, expect, test } from 'bun:test'
import { absolute, localPath, paths } from '../src/paths.ts'

describe('path builder', () => {
  test('escapes what comes from outside', () => {
    expect(paths.channel('a/b', '../x', 7)).toBe('/o/a%2Fb/channels/..%2Fx?seq=7')
    expect(paths.login('/o/x?seq=1')).toBe('/login?return_to=%2Fo%2Fx%3Fseq%3D1')
  })

  test('leaves out a way back that is the home page', () => {
    expect(paths.login('/')).toBe('/login')
    expect(paths.login()).toBe('/login')
  })

  test('makes a link that can be shared', () => {
    expect(absolute(paths.channel('fieldnote', 'c', 3), 'https://mission.example')).toBe(
      'https://mission.example/o/fieldnote/channels/c?seq=3',
    )
  })
})

describe('return_to', () => {
  test('keeps a local path with its query and fragment', () => {
    expect(localPath('/o/fieldnote/channels/1?seq=4#x')).toBe('/o/fieldnote/channels/1?seq=4#x')
  })

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '',
    undefined,
    '/a\\..\\b',
  ])('answers the home page for %p', (value) => {
    expect(localPath(value)).toBe('/')
  })

  test('answers the home page for a parameter that is there twice', () => {
    expect(localPath(['/a', '/b'])).toBe('/')
  })
})
