import typescript from '@typescript-eslint/parser'
import vue from 'eslint-plugin-vue'

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
]
