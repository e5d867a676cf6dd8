/** The terminology as one service: what a value set holds, listed or asked of one code, and what is missing to say it. */
import { readFileSync } from 'node:fs'
import type { CodeSystem, ValueSet, ValueSetComposeInclude } from '@medplum/fhirtypes'
import t from 'tap'
import { displayIn } from '../../../src/terminology/concept.js'
import { loadTerminology } from '../../../src/terminology/load.js'
import { createTerms } from '../../../src/terminology/terms.js'
import { isLack } from '../../../src/terminology/value-set.js'
import { ROOT, inProject } from '../../helper/root.js'
import { TREE } from '../../helper/terminology.js'

const part: CodeSystem = { resourceType: 'CodeSystem', url: 'urn:part', status: 'active', content: 'fragment', concept: [{ code: 'a', display: 'A' }, { code: 'b', display: 'B' }] }
const marked: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'urn:marked',
  version: '3',
  language: 'fr',
  status: 'active',
  content: 'complete',
  concept: [
    { code: 'old', display: 'Vieux', property: [{ code: 'status', valueCode: 'retired' }] },
    { code: 'head', display: 'Tête', property: [{ code: 'notSelectable', valueBoolean: true }, { code: 'colour', valueString: 'red' }] },
    { code: 'new', display: 'Nouveau', designation: [{ language: 'en-GB', value: 'New' }], property: [{ code: 'colour', valueString: 'blue' }] }
  ]
}
const sets = new Map<string, ValueSet>()
/** The canonical URL of a value set of these parts. */
function set (url: string, include: ValueSetComposeInclude[], more: Partial<NonNullable<ValueSet['compose']>> = {}): string {
  sets.set(url, { resourceType: 'ValueSet', url, status: 'active', compose: { include, ...more } })
  return url
}
const tree = (...filters: (readonly [string, string, string])[]): ValueSetComposeInclude =>
  ({ system: 'urn:tree', filter: filters.map(([property, op, value]) => ({ property, op: op as 'is-a', value })) })

set('whole', [{ system: 'urn:tree' }])
set('left', [tree(['concept', 'is-a', 'left'])])
set('under', [tree(['concept', 'descendent-of', 'root'])])
set('elsewhere', [tree(['concept', 'is-not-a', 'left'])])
set('upwards', [tree(['concept', 'generalizes', 'leaf'])])
set('parents', [tree(['parent', '=', 'root'])])
set('both', [tree(['concept', 'is-a', 'root'], ['code', 'in', 'leaf, right'])])
set('without', [{ system: 'urn:tree' }], { exclude: [{ valueSet: ['left'] }] })
set('nested', [{ valueSet: ['left', 'under'] }, { system: 'urn:nowhere', concept: [{ code: 'x', display: 'X' }] }])
set('within', [{ system: 'urn:tree', valueSet: ['left'] }])
set('red', [{ system: 'urn:marked', filter: [{ property: 'colour', op: '=', value: 'red' }] }])
set('coloured', [{ system: 'urn:marked', filter: [{ property: 'colour', op: 'exists', value: 'true' }] }])
set('active', [{ system: 'urn:marked' }], { inactive: false })
set('versioned', [{ system: 'urn:marked', version: '3' }])
set('of another version', [{ system: 'urn:marked', version: '4' }])
set('of a part', [{ system: 'urn:part' }])
set('of a stranger', [{ system: 'urn:nowhere' }])
set('of no set', [{ valueSet: ['nothing'] }, { system: 'urn:tree' }])
set('by expression', [tree(['code', 'regex', 'l.*'])])
set('itself', [{ valueSet: ['other'] }])
set('other', [{ valueSet: ['itself'] }])
set('but unknown', [{ system: 'urn:tree' }], { exclude: [{ system: 'urn:part' }] })

const terms = createTerms({ codeSystems: [TREE, part, marked], valueSets: [...sets.values()] })
const named = (url: string) => {
  const found = terms.valueSet(url)
  if (found === undefined) throw new Error(url)
  return found
}

const LISTED: Readonly<Record<string, readonly string[]>> = {
  whole: ['root', 'left', 'leaf', 'right'],
  left: ['left', 'leaf'],
  under: ['left', 'leaf', 'right'],
  elsewhere: ['root', 'right'],
  upwards: ['root', 'left', 'leaf'],
  parents: ['left', 'right'],
  both: ['leaf', 'right'],
  without: ['root', 'right'],
  nested: ['left', 'leaf', 'x'],
  within: ['left', 'leaf'],
  red: ['head'],
  coloured: ['head', 'new'],
  active: ['head', 'new'],
  versioned: ['old', 'head', 'new']
}

for (const [url, codes] of Object.entries(LISTED)) {
  t.test(`the value set ${url} is listed, in order, and holds what it lists and nothing else`, async t => {
    const listed = terms.list(named(url))
    t.strictSame(isLack(listed) ? listed : listed.members.map(({ code }) => code), codes)
    const tokens = terms.members(url)
    t.strictSame(tokens?.map(token => token.split('|')[1]), codes)
    for (const token of [...tokens ?? [], 'urn:tree|root', 'urn:tree|none', 'urn:part|a', 'urn:nowhere|y']) t.equal(terms.holds(named(url), token), tokens?.includes(token), token)
  })
}

const LACKING: Readonly<Record<string, object>> = {
  'of another version': { kind: 'code-system', name: 'urn:marked|4' },
  'of a part': { kind: 'code-system', name: 'urn:part' },
  'of a stranger': { kind: 'code-system', name: 'urn:nowhere' },
  'of no set': { kind: 'value-set', name: 'nothing' },
  'by expression': { kind: 'filter', name: 'code regex' },
  itself: { kind: 'circle', name: 'itself' },
  'but unknown': { kind: 'code-system', name: 'urn:part' }
}

for (const [url, lack] of Object.entries(LACKING)) {
  t.test(`the value set ${url} is not listed, and says what is missing`, async t => {
    t.strictSame(terms.list(named(url)), lack)
    t.equal(terms.members(url), undefined)
  })
}

t.test('of a value set that is not listed, what does not hang on what is missing is said', async t => {
  const holds = (url: string, token: string) => terms.holds(named(url), token)
  t.equal(holds('of a part', 'urn:part|a'), true, 'a code of the part that is here')
  t.strictSame(holds('of a part', 'urn:part|c'), LACKING['of a part'])
  t.equal(holds('of a part', 'urn:tree|root'), false, 'another system')
  t.equal(holds('of no set', 'urn:tree|root'), true, 'it is in the other part')
  t.strictSame(holds('of no set', 'urn:tree|none'), LACKING['of no set'])
  t.equal(holds('but unknown', 'urn:tree|root'), true)
  t.equal(holds('but unknown', 'urn:part|a'), false)
  t.strictSame(holds('itself', 'urn:tree|root'), { kind: 'circle', name: 'itself' })
})

t.test('a definition is named by its URL, and its version too', async t => {
  t.equal(terms.codeSystem('urn:marked')?.url, 'urn:marked')
  t.equal(terms.codeSystem('urn:marked|3')?.url, 'urn:marked')
  t.equal(terms.codeSystem('urn:marked|4'), undefined)
})

t.test('a concept tells its place, and what it is called in a language', async t => {
  const leaf = terms.concept('urn:tree|leaf')
  t.same([leaf?.parent, leaf?.above, terms.concept('urn:tree|root')?.children], ['left', ['urn:tree|leaf', 'urn:tree|left', 'urn:tree|root'], ['left', 'right']])
  const concept = terms.concept('urn:marked|new')
  if (concept === undefined) throw new Error('not there')
  t.same([undefined, 'fr-FR', 'en', 'de'].map(language => displayIn(concept, language)), ['Nouveau', 'Nouveau', 'New', 'Nouveau'])
  t.same([terms.concept('urn:marked|old')?.isInactive, terms.concept('urn:marked|head')?.isAbstract], [true, true])
})

const project = await loadTerminology(inProject('terminology'))
const published = JSON.parse(readFileSync(new URL('dist/definitions/terminology.json', ROOT), 'utf8')) as (CodeSystem | ValueSet)[]
const all = createTerms({ ...project, published })
const HL7 = 'http://hl7.org/fhir/'

t.test('R4’s own value sets that are bound as required are listed, but for those of outside systems', async t => {
  t.same(all.members(`${HL7}ValueSet/administrative-gender|4.0.1`), ['male', 'female', 'other', 'unknown'].map(code => `${HL7}administrative-gender|${code}`))
  t.equal(all.concept(`${HL7}observation-status|final`)?.display, 'Final')
  t.same(all.below(`${HL7}observation-status|amended`), [`${HL7}observation-status|amended`, `${HL7}observation-status|corrected`])
  const lacking = published.filter(each => each.resourceType === 'ValueSet').filter(({ url = '' }) => all.members(url) === undefined).map(({ name }) => name)
  t.same(lacking.sort(), ['Currencies', 'Mime Types', 'UCUMCodes'])
})

t.test('texts of records are filed by our own displays alone, whatever R4 calls its codes', async t => {
  t.same([all.display('http://loinc.org|34112-3'), all.display(`${HL7}observation-status|final`)], ['CR hospitalier (séjour)', undefined])
  t.same([...all.displays()], [...createTerms(project).displays()])
})

t.test('every definition has an id of its own', async t => {
  const ids = all.definitions.map(({ resourceType, id }) => `${resourceType}/${id ?? ''}`)
  t.equal(new Set(ids).size, ids.length)
  t.notOk(ids.some(id => !/^[A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.test(id)))
})

t.test('JDV_J07 is what the record knows, the style sheet and the ASTM document', async t => {
  const own = all.members('https://fhir.espace-sante.example/ValueSet/document-type') ?? []
  const whole = all.members('https://mos.esante.gouv.fr/NOS/JDV_J07-XdsTypeCode-CISIS/FHIR/JDV-J07-XdsTypeCode-CISIS') ?? []
  t.same(whole.filter(token => !own.includes(token)).map(token => token.split('|')[1]), ['FEUILLE-DE-STYLE', 'E1762'])
  t.equal(whole.length, own.length + 2)
})
