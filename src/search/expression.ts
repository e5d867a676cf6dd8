/**
 * Reads the part of FHIRPath in which R4 writes its SearchParameter expressions: member paths, unions, `as`,
 * `where(element = 'text')`, `where(resolve() is Type)`, and `X.exists() and X != false`.
 */
export type Step =
  | { readonly kind: 'member', readonly name: string }
  | { readonly kind: 'as', readonly type: string }
  | { readonly kind: 'equals', readonly name: string, readonly text: string }
  | { readonly kind: 'resolves', readonly type: string }

export interface Branch {
  readonly steps: readonly Step[]
  /** The branch asks whether there is a value other than `false`. */
  readonly isPresence: boolean
}

/** @returns the branches of the union; null when `expression` is outside this part of the language */
export function readExpression (expression: string): readonly Branch[] | null {
  const tokens = expression.match(/[A-Za-z_]\w*|'[^'\\]*'|!=|[().|=]|\S/g) ?? []
  const reader = new Reader(tokens)
  const branches: Branch[] = []
  do {
    const branch = reader.branch()
    if (branch === null) return null
    branches.push(branch)
  } while (reader.take('|'))
  return reader.isDone() ? branches : null
}

/** A position in the tokens; `branch` gives null where the language is another. */
class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor (tokens: readonly string[]) {
    this.#tokens = tokens
  }

  isDone (): boolean {
    return this.#at === this.#tokens.length
  }

  /** Passes over `tokens` when they come next. */
  take (...tokens: readonly string[]): boolean {
    if (tokens.some((token, index) => this.#tokens[this.#at + index] !== token)) return false
    this.#at += tokens.length
    return true
  }

  branch (): Branch | null {
    const start = this.#at
    const steps = this.#path()
    if (steps === null) return null
    const subject = this.#tokens.slice(start, this.#at)
    if (!this.take('.', 'exists', '(', ')')) return { steps, isPresence: false }
    return this.take('and', ...subject, '!=', 'false') ? { steps, isPresence: true } : null
  }

  #path (): readonly Step[] | null {
    const steps: Step[] = []
    if (this.take('(')) {
      const inner = this.#path()
      if (inner === null) return null
      steps.push(...inner)
      if (this.take('as')) steps.push({ kind: 'as', type: this.#name() })
      if (!this.take(')')) return null
    } else steps.push({ kind: 'member', name: this.#name() })
    while (this.#tokens[this.#at] === '.' && this.#tokens[this.#at + 1] !== 'exists') {
      this.#at++
      const step = this.#step()
      if (step === null) return null
      steps.push(step)
    }
    return steps
  }

  #step (): Step | null {
    const name = this.#name()
    if (!this.take('(')) return { kind: 'member', name }
    let step: Step | null = null
    if (name === 'as' || name === 'ofType') step = { kind: 'as', type: this.#name() }
    else if (name === 'where' && this.take('resolve', '(', ')', 'is')) step = { kind: 'resolves', type: this.#name() }
    else if (name === 'where') step = this.#equality()
    return this.take(')') ? step : null
  }

  #equality (): Step | null {
    const name = this.#name()
    if (!this.take('=')) return null
    const text = this.#tokens[this.#at++] ?? ''
    return /^'.*'$/.test(text) ? { kind: 'equals', name, text: text.slice(1, -1) } : null
  }

  #name (): string {
    const name = this.#tokens[this.#at++] ?? ''
    return /^[A-Za-z_]/.test(name) ? name : ''
  }
}
