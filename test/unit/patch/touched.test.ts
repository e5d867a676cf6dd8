import t from 'tap'
import { parseJson } from '../../../src/json/parse.js'
import { touchedElements } from '../../../src/patch/touched.js'

const ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'
const document = {
  resourceType: 'DocumentReference',
  id: 'x',
  meta: { versionId: '1', security: [{ code: 'N' }] },
  extension: [{ url: ARCHIVED, valueBoolean: false }, { url: 'http://example.org/a', valueString: 'a' }],
  status: 'current',
  securityLabel: [{ coding: [{ code: 'N' }] }],
  content: [{ attachment: { title: 'a' } }]
}
const parse = (text: string) => parseJson(new TextEncoder().encode(text)) as object

t.test('two versions that are the same touch nothing', async t => {
  t.same(touchedElements(document, structuredClone(document)), [])
  t.same(touchedElements(document, Object.fromEntries(Object.entries(document).toReversed())), [], 'whatever the order of members')
  t.same(touchedElements(document, { ...document, extension: document.extension.toReversed() }), [], 'nor that of extensions')
})

t.test('each element that differs is told, meta by its part and extensions by their url', async t => {
  const { status, meta, ...rest } = document
  for (const [after, touched] of [
    [{ ...document, status: 'superseded' }, [{ element: 'status' }]],
    [{ ...rest, meta }, [{ element: 'status' }]],
    [{ ...document, _status: { id: 'a' } }, [{ element: 'status' }]],
    [{ ...document, status: 'superseded', _status: { id: 'a' } }, [{ element: 'status' }]],
    [{ ...document, description: 'a', content: [] }, [{ element: 'content' }, { element: 'description' }]],
    [{ ...document, meta: { ...meta, security: [] } }, [{ element: 'meta.security' }]],
    [{ ...document, meta: { ...meta, tag: [{ code: 'a' }], versionId: '2' } }, [{ element: 'meta.versionId' }, { element: 'meta.tag' }]],
    [{ ...document, meta: { ...meta, extension: [{ url: 'u' }] } }, [{ element: 'meta.extension', url: 'u' }]],
    [{ ...rest, status }, [{ element: 'meta.versionId' }, { element: 'meta.security' }]],
    [{ ...document, meta: 'x' }, [{ element: 'meta' }]],
    [{ ...document, extension: [{ url: ARCHIVED, valueBoolean: true }, document.extension[1]] }, [{ element: 'extension', url: ARCHIVED }]],
    [{ ...document, extension: [document.extension[0]] }, [{ element: 'extension', url: 'http://example.org/a' }]],
    [{ ...document, extension: [...document.extension, { url: ARCHIVED, valueBoolean: true }] }, [{ element: 'extension', url: ARCHIVED }]],
    [{ ...document, extension: [...document.extension, {}] }, [{ element: 'extension' }]],
    [{ ...document, extension: 1 }, [{ element: 'extension' }]],
    [{ ...document, modifierExtension: [{ url: ARCHIVED, valueBoolean: true }] }, [{ element: 'modifierExtension', url: ARCHIVED }]],
    [{ ...document, contained: [] }, [{ element: 'contained' }]],
    [{ ...document, description: null }, [{ element: 'description' }]]
  ] as const) {
    t.same(touchedElements(document, after), touched)
    t.same(touchedElements(after, document).map(({ element }) => element).toSorted(), touched.map(({ element }) => element).toSorted(), 'the other way round')
  }
  t.same(touchedElements({}, { extension: [] }), [{ element: 'extension' }], 'an empty list is not nothing')
  t.same(touchedElements({}, { meta: {} }), [{ element: 'meta' }], 'nor is an empty meta')
})

t.test('digits count', async t => {
  t.same(touchedElements(parse('{"factorOverride":1.0}'), parse('{"factorOverride":1.00}')), [{ element: 'factorOverride' }])
  t.same(touchedElements(parse('{"extension":[{"url":"u","valueDecimal":1.0}]}'), parse('{"extension":[{"url":"u","valueDecimal":1.00}]}')), [{ element: 'extension', url: 'u' }])
})
