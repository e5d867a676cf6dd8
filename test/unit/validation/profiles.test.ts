import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { loadProfiles } from '../../../src/validation/profiles.js'
import { inProject } from '../../helper/root.js'

t.test('the definitions of the project are whole', async t => {
  const { urls, searchParameters } = await loadProfiles(inProject('profiles'))
  for (const name of ['account-status', 'decision', 'disclosed']) {
    t.ok(urls.has(`https://fhir.espace-sante.example/StructureDefinition/${name}`), name)
  }
  for (const name of ['why', 'simulate-consent']) t.ok(urls.has(`https://fhir.espace-sante.example/OperationDefinition/${name}`), name)
  t.ok(searchParameters.length > 10)
  const published = /^https:\/\/(?:interop\.esante\.gouv\.fr\/ig\/fhir\/(?:pdsm|gap)|profiles\.ihe\.net\/ITI\/MHD|fhir\.espace-sante\.example)\/SearchParameter\//
  t.same(searchParameters.filter(({ url = '' }) => !published.test(url)), [], 'each is of a guide, or of our own')
})

t.test('a file that is no definition stops the start by its name', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'profiles-'))
  await writeFile(path.join(folder, 'a.json'), '{"resourceType":"Patient","url":"urn:x","status":"active"}')
  await t.rejects(loadProfiles(folder), { message: /profiles\/a\.json/ })
  await writeFile(path.join(folder, 'a.json'), '{')
  await t.rejects(loadProfiles(folder), { message: /profiles\/a\.json is not JSON/ })
  await writeFile(path.join(folder, 'a.json'), '{"resourceType":"SearchParameter","url":"urn:x","status":"active","name":"X","description":"x","code":"x","base":["List"],"type":"token"}')
  await t.rejects(loadProfiles(folder), { message: /profiles\/a\.json is a SearchParameter without expression/ })
  const definition = '{"resourceType":"OperationDefinition","url":"urn:x","status":"active"}'
  await writeFile(path.join(folder, 'a.json'), definition)
  await writeFile(path.join(folder, 'b.json'), definition)
  await t.rejects(loadProfiles(folder), { message: /profiles\/b\.json: another file/ })
})
