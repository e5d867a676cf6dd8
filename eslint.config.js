import neostandard, { plugins } from 'neostandard'

const named = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'TSEnumDeclaration', message: 'A union of literals instead.' }
]

export default [
  ...neostandard({ ts: true, ignores: ['dist', 'node_modules', '.tap', '.data'] }),
  { rules: { complexity: ['error', 25], 'max-params': ['error', 5] } },
  { files: ['src/**', 'test/**', 'scripts/**'], rules: { 'no-restricted-syntax': ['error', ...named] } },
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': plugins['typescript-eslint'].plugin },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error'
    }
  }
]
