import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['dist', 'node_modules', '.tap', '.data'] }),
  {
    rules: {
      complexity: ['error', 20],
      'max-params': ['error', 5],
      'no-restricted-syntax': ['error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'TSEnumDeclaration', message: 'A union of literals instead.' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error'
    }
  },
  { files: ['eslint.config.js'], rules: { 'no-restricted-syntax': 'off' } }
]
