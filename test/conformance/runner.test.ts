/** The runner (`npm run conformance`) on our own server, over a record with documents; what else it sees is in `test/unit/conformance`. */
import t from 'tap'
import type { Send } from '../../scripts/conformance/client.js'
import { run } from '../../scripts/conformance/run.js'
import { ask } from '../helper/app.js'
import { document } from '../helper/resource.js'
import { openScene } from '../interaction/scene.js'

const { app, open, made, hospital } = await openScene(t)
const { id, holder } = await open()
for (const description of ['Compte rendu un', 'Compte rendu deux']) await made(hospital, document(id, { description }))

const send: Send = async (method, url, { headers = {}, body } = {}) => {
  const options = { headers: { accept: 'application/fhir+json', ...headers }, ...body === undefined ? {} : { body } }
  const { status, headers: answered, text } = await ask(app, holder, method, url === '' || url.startsWith('?') ? `/fhir${url}` : url, options)
  return { status, headers: answered, text }
}

t.test('our server does what it declares of documents, and refuses what it does not', async t => {
  const results = await run({ send, types: ['DocumentReference', 'OperationDefinition'] })
  t.same(results.filter(({ problems }) => problems.length > 0).map(({ group, name, problems }) => `${group}: ${name}: ${problems.join('; ')}`), [])
  const passed = results.filter(({ skipped }) => skipped === undefined).map(({ name }) => name)
  t.ok(passed.length > 80, `${passed.length} passed`)
  for (const name of ['search by type', 'search by type:not', 'search by date', 'search by identifier', 'search: pages lead to the end, and repeat nothing', 'search: _include=DocumentReference:patient', 'operation $why', 'a batch of reads answers each by itself']) t.ok(passed.includes(name), name)
})
