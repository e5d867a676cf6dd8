/**
 * Reads the part of FHIRPath in which R4 and the guides write their SearchParameter expressions: member paths, unions,
 * `as`, `where(element = 'text')`, `where(resolve() is Type)`, `extension('url')`, `X.exists() and X != false`, and
 * `resolve().ofType(Type)`, which here goes to contained resources only.
 */
export type Step =
  | { readonly kind: 'member', readonly name: string }
  | { readonly kind: 'as', readonly type: string }
  | { readonly kind: 'equals', readonly name: string, readonly text: string }
  | { readonly kind: 'resolves', readonly type: string }
  | { readonly kind: 'contained', readonly type: string }

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
    } else {
      const first = this.#steps()
      if (first === null) return null
      steps.push(...first)
    }
    while (this.#tokens[this.#at] === '.' && this.#tokens[this.#at + 1] !== 'exists') {
      this.#at++
      const next = this.#steps()
      if (next === null) return null
      steps.push(...next)
    }
    return steps
  }

  /** A member, or what a function means in steps. */
  #steps (): readonly Step[] | null {
    const name = this.#name()
    if (!this.take('(')) return [{ kind: 'member', name }]
    const steps = this.#call(name)
    return steps !== null && this.take(')') ? steps : null
  }

  #call (name: string): readonly Step[] | null {
    switch (name) {
      case 'as': case 'ofType': return [{ kind: 'as', type: this.#name() }]
      case 'resolve': return this.take(')', '.', 'ofType', '(') ? [{ kind: 'contained', type: this.#name() }] : null
      case 'extension': return this.#text(url => [{ kind: 'member', name }, { kind: 'equals', name: 'url', text: url }])
      case 'where': {
        if (this.take('resolve', '(', ')', 'is')) return [{ kind: 'resolves', type: this.#name() }]
        const element = this.#name()
        return this.take('=') ? this.#text(text => [{ kind: 'equals', name: element, text }]) : null
      }
      default: return null
    }
  }

  #text (steps: (text: string) => readonly Step[]): readonly Step[] | null {
    const text = this.#tokens[this.#at++] ?? ''
    return /^'.*'$/.test(text) ? steps(text.slice(1, -1)) : null
  }

  #name (): string {
    const name = this.#tokens[this.#at++] ?? ''
    return /^[A-Za-z_]/.test(name) ? name : ''
  }
}
