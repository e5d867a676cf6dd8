import type { CodeSystem } from '@medplum/fhirtypes'
import t from 'tap'
import { ACCOUNT_STATUS } from '../../../src/terminology/canonical.js'
import { conceptsOf, createVocabulary } from '../../../src/terminology/code-system.js'
import { loadTerminology } from '../../../src/terminology/load.js'
import { inProject } from '../../helper/root.js'

const NOS = 'https://mos.esante.gouv.fr/NOS'
const G15 = `${NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante`
const { vocabulary, codeSystems } = await loadTerminology(inProject('terminology'))

t.test('tells the display of a code, and of no other', async t => {
  t.equal(vocabulary.display(`${G15}|10`), 'Médecin')
  t.equal(vocabulary.display('http://loinc.org|34112-3'), 'CR hospitalier (séjour)')
  t.equal(vocabulary.display(`${G15}|11`), undefined)
  t.equal(vocabulary.display('10'), undefined)
})

t.test('tells an invalid code from one that a fragment cannot decide', async t => {
  t.equal(vocabulary.standing(`${G15}|10`), 'known')
  t.equal(vocabulary.standing(`${G15}|11`), 'undecided')
  t.equal(vocabulary.standing(`${ACCOUNT_STATUS}|ajar`), 'invalid')
  t.equal(vocabulary.standing('http://snomed.info/sct|10'), 'foreign')
  t.equal(vocabulary.standing('10'), 'foreign')
  t.equal(vocabulary.standing(''), 'foreign')
  t.notOk(vocabulary.isKnown(`${NOS}/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument|masque_ps`), 'case counts')
})

t.test('finds a system by its OID, with and without urn:oid:, and by its url', async t => {
  t.equal(vocabulary.systemOf('1.2.250.1.71.1.2.7'), G15)
  t.equal(vocabulary.systemOf('urn:oid:1.2.250.1.71.1.2.7'), G15)
  t.equal(vocabulary.systemOf(G15), G15)
  t.equal(vocabulary.systemOf('1.2.250.1.71.1.2'), undefined)
  t.equal(vocabulary.oidOf(G15), '1.2.250.1.71.1.2.7')
  t.equal(vocabulary.oidOf(ACCOUNT_STATUS), undefined)
  const [claimed, oid = ''] = '10^1.2.250.1.71.1.2.7'.split('^')
  t.equal(vocabulary.display(`${vocabulary.systemOf(oid)}|${claimed}`), 'Médecin', 'as in the claims of Pro Santé Connect')
})

t.test('knows concepts below others, and takes identifiers that are no OID', async t => {
  const system: CodeSystem = {
    resourceType: 'CodeSystem',
    url: 'https://example.org/a',
    status: 'active',
    content: 'complete',
    identifier: [{ value: 'a' }, {}],
    concept: [{ code: 'x', display: 'X', concept: [{ code: 'y', display: 'Y' }] }]
  }
  const own = createVocabulary([system])
  t.equal(own.display('https://example.org/a|y'), 'Y')
  t.equal(own.systemOf('a'), undefined)
  t.strictSame(conceptsOf(system.concept).map(({ code }) => code), ['x', 'y'])
})

t.test('refuses two systems under one OID', async t => {
  const claim = (url: string): CodeSystem =>
    ({ resourceType: 'CodeSystem', url, status: 'active', content: 'fragment', identifier: [{ value: 'urn:oid:1.2.3' }] })
  t.throws(() => createVocabulary([claim('https://example.org/a'), claim('https://example.org/b')]), /urn:oid:1\.2\.3 identifies both/)
})

t.test('marks what is not ours as a fragment and what is ours as complete', async t => {
  for (const { url = '', content } of codeSystems) {
    t.equal(content, url.startsWith('https://fhir.espace-sante.example/') ? 'complete' : 'fragment', url)
  }
})

t.test('holds the 24 active professions and the states of an account', async t => {
  const codes = (url: string) => conceptsOf(codeSystems.find(system => system.url === url)?.concept).map(({ code }) => code)
  t.strictSame(codes(G15), ['10', '21', '26', '28', '31', '32', '40', '50', '60', '69', '70', '80', '81', '82', '83', '84', '85', '86', '91', '92', '94', '95', '96', '98'])
  t.strictSame(codes(ACCOUNT_STATUS), ['notified', 'opposed', 'open', 'active', 'suspended', 'closed', 'deleted'])
})
