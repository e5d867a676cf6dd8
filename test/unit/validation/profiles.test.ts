import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { loadProfiles } from '../../../src/validation/profiles.js'

t.test('the definitions of the project are whole', async t => {
  const urls = await loadProfiles(new URL('../../../profiles', import.meta.url).pathname)
  for (const name of ['account-status', 'decision', 'disclosed']) {
    t.ok(urls.has(`https://fhir.espace-sante.example/StructureDefinition/${name}`), name)
  }
})

t.test('a file that is no definition stops the start by its name', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'profiles-'))
  await writeFile(path.join(folder, 'a.json'), '{"resourceType":"Patient","url":"urn:x","status":"active"}')
  await t.rejects(loadProfiles(folder), { message: /profiles\/a\.json/ })
  await writeFile(path.join(folder, 'a.json'), '{')
  await t.rejects(loadProfiles(folder), { message: /profiles\/a\.json is not JSON/ })
  const definition = '{"resourceType":"SearchParameter","url":"urn:x","status":"active"}'
  await writeFile(path.join(folder, 'a.json'), definition)
  await writeFile(path.join(folder, 'b.json'), definition)
  await t.rejects(loadProfiles(folder), { message: /profiles\/b\.json: another file/ })
})
