import typescript from '@typescript-eslint/parser'
import vue from 'eslint-plugin-vue'

/** Key caps, numbers of steps, and marks. */
const SIGNS = [
  '(',
  ')',
  ',',
  '.',
  ':',
  ';',
  '·',
  '…',
  '/',
  '?',
  '[',
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
  'K',
  '1',
  '2',
  '3',
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
    },
  },
  {
    // Texts stand in ui/src/i18n; what is the same in every language may stand in a template.
    files: [
      'ui/src/App.vue',
      'ui/src/components/{account,base,notifications,orgs,palette,search,shell}/**/*.vue',
      'ui/src/layouts/**/*.vue',
      'ui/src/pages/**/*.vue',
    ],
    rules: {
      'vue/no-bare-strings-in-template': [
        'error',
        {
          allowlist: [...SIGNS, 'Mission Control'],
          attributes: {
            '/.+/': ['title', 'label', 'alt', 'hint', 'placeholder', 'aria-label', 'aria-description'],
          },
        },
      ],
    },
  },
]
