import typescript from '@typescript-eslint/parser'
import vue from 'eslint-plugin-vue'

/** Folders whose texts are all in message files. */
const TRANSLATED = ['board', 'chat', 'markdown', 'projects', 'tasks']
/** Signs and key caps, the same in every language. */
const SIGNS = ['(', ')', ',', '.', ':', '/', '+', '→', '←', '↑', '↓', '…', 'Esc', 'Tab', 'C']
/** Attributes, and properties of components, that are read. */
const WORDED = ['title', 'label', 'hint', 'alt', 'placeholder', 'aria-label', 'aria-valuetext']

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
      'vue/no-bare-strings-in-template': ['error', { allowlist: SIGNS, attributes: { '/.+/': WORDED } }],
    },
  },
]
