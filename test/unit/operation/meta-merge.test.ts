/** Profiles, tags and labels are sets; whatever else a `meta` holds is left alone. */
import type { DocumentReference, Resource } from '@medplum/fhirtypes'
import t from 'tap'
import { addMeta, deleteMeta } from '../../../src/operation/meta-merge.js'

const label = (code: string, system = 'urn:s', more: object = {}) => ({ system, code, ...more })
const observation = (meta?: Resource['meta']) => ({ resourceType: 'Observation', ...meta === undefined ? {} : { meta } }) as Resource

t.test('adds what is not there, and each of it once', async t => {
  const meta = { versionId: '1', source: 'urn:a', profile: ['urn:p'], security: [label('A', 'urn:s', { version: '1', display: 'Old' })] }
  t.strictSame(addMeta(observation(meta), { versionId: '9', source: 'urn:b', profile: ['urn:q', 'urn:p', 'urn:q'], security: [label('A', 'urn:s', { version: '2' }), label('B'), label('B', 'urn:t')], tag: [label('T'), label('T')] }),
    { meta: { ...meta, profile: ['urn:p', 'urn:q'], tag: [label('T')], security: [...meta.security, label('B'), label('B', 'urn:t')] } })
  t.strictSame(addMeta(observation(), {}), { meta: {} })
})

t.test('deletes what is there, by system and code', async t => {
  const meta = { versionId: '1', profile: ['urn:p', 'urn:q'], tag: [label('T')], security: [label('A'), label('A', 'urn:t')] }
  t.strictSame(deleteMeta(observation(meta), { profile: ['urn:p', 'urn:never'], tag: [label('T', 'urn:s', { display: 'x' })], security: [label('A')] }),
    { meta: { versionId: '1', profile: ['urn:q'], security: [label('A', 'urn:t')] } })
})

t.test('of a document a label goes from both places where labels stand', async t => {
  const document = { resourceType: 'DocumentReference', meta: { security: [label('A')] }, securityLabel: [{ coding: [label('A'), label('B')] }, { coding: [label('A')], text: 'A' }, { text: 'of no coding' }] } as DocumentReference
  t.strictSame(deleteMeta(document, { security: [label('A')] }), { meta: {}, securityLabel: [{ coding: [label('B')] }, { text: 'of no coding' }] })
  t.strictSame(deleteMeta(document, { tag: [label('A')] }), { meta: document.meta, securityLabel: document.securityLabel })
  t.strictSame(Object.keys(addMeta(document, { security: [label('C')] })), ['meta'])
})
