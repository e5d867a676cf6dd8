/** Texts that are programs or addresses to somebody else (security.md D8, D9, D10, D13, D14, D15, E8): they are texts here. */
import { createServer } from 'node:http'
import t from 'tap'
import { document } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id } = await scene.cast()
const observation = (more: object) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${holder.id}` }, ...more })
const post = async (resource: object) => await scene.post(hospital.token, resource)

/** Whether some work took less than so many ms. */
async function isSoon (ms: number, work: () => Promise<unknown>): Promise<boolean> {
  const started = performance.now()
  await work()
  return performance.now() - started < ms
}

t.test('D8 a base64 text that is almost one is refused at once', async t => {
  const data = `${'AAAA    '.repeat(12)}!`
  t.ok(await isSoon(2000, async () => {
    const { status } = await post(document(holder.id, { content: [{ attachment: { contentType: 'text/plain', data } }] }))
    t.equal(status, 422)
  }))
})

t.test('D9 D10 an expression of a client is a path or nothing, a text to search for is a text', async t => {
  const own = (await post(observation({ note: Array.from({ length: 150 }, (_, index) => ({ text: String(index) })) }))).json.id
  for (const valueString of ['Observation.note.select(%context.note.select(%context.note)).count()', "Observation.note.where(text.matches('^(a+)+$'))", 'Observation.repeat(note)', 'Observation.note.trace(\'x\')', '%resource.note', 'Observation.note.aggregate($total + 1, 0)']) {
    const patch = { resourceType: 'Parameters', parameter: [{ name: 'operation', part: [{ name: 'type', valueCode: 'delete' }, { name: 'path', valueString }] }] }
    t.ok(await isSoon(2000, async () => { t.match(await scene.status(hospital.token, `/Observation/${own as string}`, 'PATCH', { body: patch }), /^4(?:00|22)$/, valueString) }), valueString)
  }
  await scene.make(scene.operator, { resourceType: 'Organization', name: 'a'.repeat(60) })
  const other = await scene.make(scene.operator, { resourceType: 'Organization', name: 'Clinique' })
  for (const expression of ['(a+)+$', '(a|a)*b', 'clin.*x']) {
    t.ok(await isSoon(5000, async () => { t.notOk((await scene.ids(physician.token, `/Organization?name:contains=${encodeURIComponent(expression)}`)).includes(other), expression) }), expression)
  }
})

t.test('D13 XML is not read, whatever is in it', async t => {
  for (const type of ['application/fhir+xml', 'application/xml', 'text/xml']) {
    const answer = await scene.request(hospital.token, 'POST', '/Observation', { body: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', headers: { 'content-type': type } })
    t.equal(answer.status, 415, type)
    t.notMatch(answer.text, /root:/)
  }
})

t.test('D14 a narrative that would run is refused, and no answer is taken for a page', async t => {
  for (const inside of ['<script>x</script>', '<p onclick="x">x</p>', '<a href="javascript:x">x</a>', '<img src="https://evil.example/x.png"/>', '<p style="background:url(https://evil.example)">x</p>']) {
    const { status, headers } = await post(observation({ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${inside}</div>` } }))
    t.equal(status, 422, inside)
    t.match(headers, { 'content-type': 'application/fhir+json; charset=utf-8', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'" })
  }
})

t.test('D15 an address in a resource is never asked', async t => {
  let calls = 0
  const elsewhere = createServer((_request, response) => { calls += 1; response.end('{}') })
  await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
  t.teardown(() => elsewhere.close())
  const url = `http://127.0.0.1:${(elsewhere.address() as { port: number }).port}/x`
  for (const address of [url, 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd', `${url}#http://127.0.0.1:8080/fhir`]) {
    const answers = [
      await post(document(holder.id, { content: [{ attachment: { contentType: 'text/plain', url: address } }] })),
      await post(observation({ meta: { profile: [address], source: address }, extension: [{ url: address, valueUrl: address }], instantiatesUri: address })),
      await post(observation({ performer: [{ reference: `${url}/Practitioner/1` }], derivedFrom: [{ reference: `${url}/DocumentReference/${id}` }] })),
      await scene.request(physician.token, 'GET', `/DocumentReference?_profile=${encodeURIComponent(address)}`),
      await scene.request(physician.token, 'GET', `/DocumentReference?type:in=${encodeURIComponent(address)}`)
    ]
    for (const { status, text } of answers) {
      t.ok(status < 500, `${status}`)
      t.notMatch(text, /root:/)
    }
  }
  t.equal(calls, 0)
})

t.test('E8 very many extensions are answered soon', async t => {
  const extension = Array.from({ length: 100_000 }, () => ({ url: 'urn:x', valueBoolean: true }))
  t.ok(await isSoon(10_000, async () => {
    const { status } = await post(observation({ extension }))
    t.ok([201, 422].includes(status), `${status}`)
  }))
})
