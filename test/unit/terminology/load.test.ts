import t from 'tap'
import { loadTerminology } from '../../../src/terminology/load.js'
import { inProject } from '../../helper/root.js'

const folder = inProject('terminology')

const system = {
  resourceType: 'CodeSystem',
  url: 'https://example.org/CodeSystem/a',
  status: 'active',
  content: 'complete',
  concept: [{ code: 'x', display: 'X' }]
}
const valueSet = {
  resourceType: 'ValueSet',
  url: 'https://example.org/ValueSet/a',
  status: 'active',
  compose: { include: [{ system: system.url, concept: [{ code: 'x' }] }] }
}
const map = {
  resourceType: 'ConceptMap',
  url: 'https://example.org/ConceptMap/a',
  version: '1',
  status: 'active',
  group: [{ source: system.url, target: 'https://example.org/elsewhere', element: [{ code: 'x', target: [{ code: 'y', equivalence: 'relatedto' }] }] }]
}

function withGroup (change: object): object {
  return { ...map, group: [{ ...map.group[0], ...change }] }
}

t.test('reads the terminology of the project, deeply frozen', async t => {
  const terminology = await loadTerminology(folder)
  t.equal(terminology.codeSystems.length, 13)
  t.equal(terminology.valueSets.length, 14)
  t.equal(terminology.conceptMaps.length, 3)
  t.ok(Object.isFrozen(terminology) && Object.isFrozen(terminology.conceptMaps))
  const [concept] = terminology.codeSystems[0]?.concept ?? []
  t.ok(concept !== undefined && Object.isFrozen(concept))
})

t.test('leaves alone what is no JSON and what stands in a folder below', async t => {
  const path = t.testdir({ 'a.json': JSON.stringify(system), 'notes.txt': 'no JSON', examples: { 'b.json': 'broken' } })
  t.equal((await loadTerminology(path)).codeSystems.length, 1)
})

t.test('takes several versions of one map', async t => {
  const path = t.testdir({ 'a.json': JSON.stringify(system), 'm1.json': JSON.stringify(map), 'm2.json': JSON.stringify({ ...map, version: '2' }) })
  t.equal((await loadTerminology(path)).conceptMaps.length, 2)
})

t.test('refuses a broken file by its name', async t => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['what is no JSON', undefined, /JSON/],
    ['what is no object', 1, /no resource/],
    ['another resource type', { ...system, resourceType: 'Patient' }, /neither a CodeSystem/],
    ['no url', { ...system, url: undefined }, /no canonical url/],
    ['a relative url', { ...system, url: 'CodeSystem/a' }, /no canonical url/],
    ['a url with a version', { ...system, url: `${system.url}|1` }, /no canonical url/],
    ['no status', { ...system, status: undefined }, /no status/],
    ['an invented status', { ...system, status: 'final' }, /no status/],
    ['a system that is neither complete nor fragment', { ...system, content: 'not-present' }, /content/],
    ['a system without concepts', { ...system, concept: [] }, /no concept/],
    ['a concept without display', { ...system, concept: [{ code: 'x' }] }, /without code or display/],
    ['a code that is there twice', { ...system, concept: [...system.concept, ...system.concept] }, /x is there twice/],
    ['a code that is there again below', { ...system, concept: [{ ...system.concept[0], concept: system.concept }] }, /x is there twice/],
    ['a value set of nothing', { ...valueSet, compose: {} }, /nothing is included/],
    ['an include without system and value set', { ...valueSet, compose: { include: [{}] } }, /without system or value set/],
    ['a value set of an unlisted code', { ...valueSet, compose: { include: [{ system: system.url, concept: [{ code: 'z' }] }] } }, /a\|z is not a code/],
    ['a map without version', { ...map, version: undefined }, /no version/],
    ['a map without group', { ...map, group: [] }, /no group/],
    ['a group without target', withGroup({ target: undefined }), /without source or target/],
    ['an element without code', withGroup({ element: [{}] }), /element without code/],
    ['a cell without equivalence', withGroup({ element: [{ code: 'x', target: [{ code: 'y' }] }] }), /target of x/],
    ['a cell without code', withGroup({ element: [{ code: 'x', target: [{ equivalence: 'disjoint' }] }] }), /target of x/],
    ['a map from an unlisted code', withGroup({ element: [{ code: 'z' }] }), /a\|z is not a code/],
    ['a url that another file has', system, /is that of .*0-good\.json too/]
  ]
  for (const [name, content, sentence] of cases) {
    await t.test(name, async t => {
      const path = t.testdir({ '0-good.json': JSON.stringify(system), 'bad.json': content === undefined ? '{' : JSON.stringify(another(content)) })
      await t.rejects(loadTerminology(path), { message: /bad\.json: / })
      await t.rejects(loadTerminology(path), { message: sentence })
    })
  }
})

/** The same under a url of its own, so that only the fault of the case is there. */
function another (content: unknown): unknown {
  if (content === system || typeof content !== 'object' || content === null) return content
  return 'url' in content && content.url === system.url ? { ...content, url: 'https://example.org/CodeSystem/b' } : content
}
