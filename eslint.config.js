import typescript from '@typescript-eslint/parser'
import vue from 'eslint-plugin-vue'

/** Signs, key caps and names that are the same in every language. */
const SAME = [
  ...[
    '(',
    ')',
    '[',
    ']',
    ',',
    '.',
    ':',
    ';',
    '·',
    '…',
    '/',
    '?',
    '@',
    '#',
    '+',
    '-',
    '–',
    '×',
    '→',
    '←',
    '↑',
    '↓',
  ],
  ...['C', 'K', '1', '2', '3', 'Esc', 'Tab', 'ID', 'SCIM', 'mc_ak_live_…', 'Mission Control'],
  // Files, commands and names of the wire.
  ...['.env', 'mc-bridge', 'mc-bridge init', 'mc-bridge check', 'mc_ak_live_', 'message.created', 'mentions'],
  ...['openclaw devices list', 'openclaw devices approve <id>'],
]
/** Attributes, and properties of components, that are read. */
const WORDED = [
  ...['title', 'label', 'hint', 'unit', 'alt', 'placeholder'],
  ...['aria-label', 'aria-description', 'aria-valuetext'],
]

/** Only what Biome does not know: mistakes in Vue templates. Layout is the formatter's, missing returns are TypeScript's. */
export default [
  ...vue.configs['flat/essential'],
  {
    files: ['ui/**/*.vue'],
    languageOptions: { parserOptions: { parser: typescript, sourceType: 'module' } },
    rules: {
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      'vue/return-in-computed-property': 'off',
      // Texts stand in ui/src/i18n.
      'vue/no-bare-strings-in-template': ['error', { allowlist: SAME, attributes: { '/.+/': WORDED } }],
    },
  },
]
