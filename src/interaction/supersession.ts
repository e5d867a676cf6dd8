import type { DocumentReference } from '@medplum/fhirtypes'
import { isSame } from '../json/same.js'
import { versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import type { Asked } from './entry.js'
import { shown, written } from './create.js'
import type { Overlay } from './overlay.js'
import type { Patch } from './patch.js'
import type { Step } from './transaction-target.js'
import { checkMatch } from './update.js'

/** The two forms in which the guides set a document to `superseded`, member by member: a patch that says more is another one. */
const PATCHES: readonly unknown[] = [
  [{ op: 'replace', path: '/status', value: 'superseded' }],
  ...['valueCode', 'valueString'].map(value => [{
    name: 'operation',
    part: [{ name: 'type', valueCode: 'replace' }, { name: 'path', valueString: 'DocumentReference.status' }, { name: 'value', [value]: 'superseded' }]
  }])
]

/**
 * `consent.md` 5: beside a replacement in the same transaction, a PATCH of what is replaced to `superseded` resolves for
 * the author's structure even when blocked. The replacement did it already, and proved the right to it: nothing is left to
 * do, and a writer who may not read the document sees nothing of it.
 */
export function supersession (overlay: Overlay, { request, id }: Step, steps: readonly Step[], { sight, prefer }: Asked): Answer | undefined {
  const { type, patch, ifMatch } = request
  if (type !== 'DocumentReference' || id === undefined || patch === undefined || !isSuperseding(patch) || !isReplaced(id, steps)) return undefined
  const [base, version] = [overlay.base(type, id), overlay.final(type, id)]
  if (base === undefined || version === undefined) return undefined
  const isSeen = sight.decide(version).permit
  if (isSeen) checkMatch(base, ifMatch)
  return {
    status: 200,
    headers: isSeen ? versionHeaders(version) : {},
    body: shown(sight, version, prefer === 'representation' && !isSeen ? 'minimal' : prefer),
    ...isSeen ? { version } : {},
    sight,
    accesses: [written(sight, type, 'patch', version)]
  }
}

function isSuperseding ({ form, body }: Patch): boolean {
  const said = form === 'json-patch' ? body : (body as { readonly parameter?: unknown } | null)?.parameter
  return PATCHES.some(patch => isSame(patch, said))
}

/** Whether a document that this Bundle creates says that it replaces this one. */
function isReplaced (id: string, steps: readonly Step[]): boolean {
  return steps.some(({ request: { method, resource } }) => {
    const { resourceType, relatesTo = [] } = resource as Partial<DocumentReference> ?? {}
    return method === 'POST' && resourceType === 'DocumentReference' &&
      relatesTo.some(({ code, target }) => code === 'replaces' && target.reference?.endsWith(`DocumentReference/${id}`) === true)
  })
}
