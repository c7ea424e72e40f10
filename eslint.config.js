import typescript from '@typescript-eslint/parser'
import vue from 'eslint-plugin-vue'

/** Folders whose texts all stand in ui/src/i18n. */
const TRANSLATED = ['agents', 'connect', 'events', 'members', 'settings', 'sub-agents']
/** Signs, files, commands and names of the wire, the same in every language. */
const SAME = [
  ...['@', '+', '…', '.env', 'mc-bridge', 'mc-bridge init', 'mc-bridge check', 'mc_ak_live_'],
  ...['openclaw devices list', 'openclaw devices approve <id>', 'message.created', 'mentions'],
]
/** Attributes and properties that are read. */
const WORDED = ['title', 'label', 'hint', 'unit', 'alt', 'placeholder', 'aria-label', 'aria-valuetext']

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
    },
  },
  {
    files: TRANSLATED.map((folder) => `ui/src/components/${folder}/**/*.vue`),
    rules: {
      'vue/no-bare-strings-in-template': ['error', { allowlist: SAME, attributes: { '/.+/': WORDED } }],
    },
  },
]
