import type { DocumentReference, Parameters } from '@medplum/fhirtypes'
import { isSame } from '../json/same.js'
import { versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import { needScope } from './context.js'
import type { Asked } from './entry.js'
import { shown, written } from './create.js'
import type { Overlay } from './overlay.js'
import type { Patch } from './patch.js'
import type { Step } from './transaction-target.js'
import { checkMatch } from './update.js'

/**
 * `consent.md` 5: beside a replacement in the same transaction, a PATCH of what is replaced to `superseded` resolves for
 * the author's structure even when blocked. The replacement did it already, and proved the right to it: nothing is left to
 * do, and a writer who may not read the document sees nothing of it.
 */
export function supersession (overlay: Overlay, { request, id }: Step, steps: readonly Step[], asked: Asked): Answer | undefined {
  const { sight, prefer } = asked
  const { type, patch, ifMatch } = request
  if (type !== 'DocumentReference' || id === undefined || patch === undefined || !isSuperseding(patch) || !isReplaced(id, steps)) return undefined
  const [base, version] = [overlay.base(type, id), overlay.final(type, id)]
  if (base === undefined || version === undefined) return undefined
  needScope(asked, type, 'u')
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

/** In either form, one operation that says this and no more: a patch that says more is another one. */
function isSuperseding ({ form, body }: Patch): boolean {
  if (form === 'json-patch') return isSame(body, [{ op: 'replace', path: '/status', value: 'superseded' }])
  const { parameter } = (body ?? {}) as Partial<Parameters>
  const [operation, ...others] = Array.isArray(parameter) ? parameter : []
  const { name, part = [] } = operation ?? {}
  if (!Array.isArray(part) || part.some(each => typeof each !== 'object' || each === null)) return false
  const said = Object.fromEntries(part.map(({ name, ...values }) => [name, Object.values(values)]))
  return others.length === 0 && name === 'operation' && part.length === 3 &&
    isSame(said, { type: ['replace'], path: ['DocumentReference.status'], value: ['superseded'] })
}

/** Whether a document that this Bundle creates says that it replaces this one. */
function isReplaced (id: string, steps: readonly Step[]): boolean {
  // What was answered by what is there was not written, nor was its body read.
  return steps.some(({ answer, request: { method, resource } }) => {
    const { resourceType, relatesTo = [] } = resource as Partial<DocumentReference> ?? {}
    return answer === undefined && method === 'POST' && resourceType === 'DocumentReference' &&
      relatesTo.some(({ code, target }) => code === 'replaces' && target.reference?.endsWith(`DocumentReference/${id}`) === true)
  })
}
