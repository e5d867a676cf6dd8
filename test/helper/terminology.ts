import type { CodeSystem } from '@medplum/fhirtypes'

/** A small code system with a hierarchy, for tests of what asks the terminology. */
export const TREE: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'urn:tree',
  status: 'active',
  content: 'complete',
  concept: [{ code: 'root', display: 'Root of all', concept: [{ code: 'left', display: 'Left', concept: [{ code: 'leaf', display: 'Leaf' }] }, { code: 'right', display: 'Right' }] }]
}
