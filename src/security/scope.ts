/** SMART App Launch 2.2 scopes (http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html): they narrow, never widen. */
export interface Scope {
  readonly type: string
  readonly permissions: string
}

export type Permission = 'c' | 'r' | 'u' | 'd' | 's'

const V1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' }
const GRAMMAR = /^(?:patient|user|system)\/([A-Z][A-Za-z]*|\*)\.(read|write|\*|c?r?u?d?s?)$/

/** The resource scopes of a space-separated list. A scope that cannot be read in full (a query, say) gives nothing. */
export function parseScopes (list: string): readonly Scope[] {
  return Object.freeze(list.split(' ').flatMap(text => {
    const match = GRAMMAR.exec(text)
    if (match === null) return []
    const [, type = '', permissions = ''] = match
    return [Object.freeze({ type, permissions: V1[permissions] ?? permissions })]
  }))
}

/** Whether some scope gives `permission` on `type`. */
export function allows (scopes: readonly Scope[], type: string, permission: Permission): boolean {
  return scopes.some(scope => (scope.type === '*' || scope.type === type) && scope.permissions.includes(permission))
}
