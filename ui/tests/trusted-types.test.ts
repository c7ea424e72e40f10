import { expect, test } from 'bun:test'
import { plainMarkup, workerAddress } from '../src/trusted-types.ts'

const PAGE = 'https://mc.example/o/fieldnote/channels'

test('a script may be started from the addresses of the two workers only', () => {
  for (const address of ['/sw.js', 'https://mc.example/sw.js', '/assets/lock-worker-Bx_1-a.js'])
    expect(workerAddress(address, PAGE)).toBe(new URL(address, PAGE).href)
  for (const address of [
    'https://evil.example/sw.js',
    '//evil.example/sw.js',
    'data:text/javascript,alert(1)',
    'blob:https://mc.example/1',
    'javascript:alert(1)',
    '/assets/index-12345678.js',
    '/assets/lock-worker-/../../api/v1/x.js',
    '/sw.js?x=1',
    '/api/v1/orgs/acme/exports/1/download',
    'sw.js',
  ])
    expect(() => workerAddress(address, PAGE)).toThrow(TypeError)
})

test('markup of text and plain elements passes, anything that could run, load or lead does not', () => {
  const plain = [
    '',
    'text &amp; more',
    '<section class="picker" aria-label="Emoji" data-ref="root"><div  ><label class="sr-only" for="search"> </label></div></section>',
    '<input id="search" type="search" autocomplete="off" spellcheck="true"><button data-on-click="onClick">😀</button>',
  ]
  for (const markup of plain) expect(plainMarkup(markup)).toBe(markup)
  for (const markup of [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<div onclick="alert(1)"></div>',
    '<div class="a" onclick="alert(1)"></div>',
    '<div class="a"onclick="alert(1)"></div>',
    '<div class="a>"></div>',
    '<div class=a></div>',
    '<a href="javascript:alert(1)">x</a>',
    '<button formaction="javascript:alert(1)">x</button>',
    '<svg><style><img src=x></style></svg>',
    '<div <script>alert(1)</script>></div>',
    '<<div>script>alert(1)<</div>/script>',
    '<div\u0000onclick="x"></div>',
    '<!-- <div> -->',
    'a > b',
  ])
    expect(() => plainMarkup(markup), markup).toThrow(TypeError)
})
