/** The total of a search is that of this instant, however often it was asked for before (decisions/0016). */
import t from 'tap'
import { access, block, document, label, person } from '../helper/resource.js'
import { GP, openScene } from './scene.js'

const scene = await openScene(t)
const { get, made, put, remove, request, gp, hospital } = scene
const { id: patientId, holder } = await scene.open()
await made(holder, access(patientId, GP))
const search = `/DocumentReference?patient=${patientId}&_count=1`

/** Asked twice: the second answer may come from what was remembered of the first. */
async function totals (token: string): Promise<readonly number[]> {
  const [first, again, sorted] = [await get(token, search), await get(token, search), await get(token, `${search}&_sort=-date`)]
  return [first.json.total, again.json.total, sorted.json.total]
}

const documents: { id: string }[] = []
t.test('a deposit is counted', async t => {
  for (const number of [1, 2, 3]) {
    documents.push(await made(hospital, document(patientId, { description: `${number}` })))
    t.strictSame([await totals(gp), await totals(holder)], [Array(3).fill(number), Array(3).fill(number)])
  }
})

t.test('what is masked is not counted for whom it is masked, and is again when the mask is lifted', async t => {
  const [masked] = documents
  const before = (await get(holder, `/DocumentReference/${masked?.id}`)).json
  t.equal((await put(holder, { ...before, securityLabel: [label('MASQUE_PS')] })).status, 200)
  t.strictSame([await totals(gp), await totals(holder)], [[2, 2, 2], [3, 3, 3]])
  t.equal((await put(holder, before)).status, 200)
  t.strictSame([await totals(gp), await totals(holder)], [[3, 3, 3], [3, 3, 3]])
})

t.test('a transaction that fails leaves no total of what it would have written', async t => {
  const entry = (method: string, url: string, resource?: object) => ({ ...resource === undefined ? {} : { resource }, request: { method, url } })
  const failing = await request(hospital, 'POST', '', {
    body: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        entry('POST', 'DocumentReference', document(patientId, { description: 'never' })),
        entry('GET', search.slice(1)),
        entry('GET', 'DocumentReference/absent')
      ]
    }
  })
  t.ok(failing.status >= 400)
  t.strictSame([await totals(hospital), await totals(holder)], [[3, 3, 3], [3, 3, 3]])
})

t.test('a deletion is counted, and a block', async t => {
  t.equal((await remove(hospital, `/DocumentReference/${documents[2]?.id}`)).status, 204)
  t.strictSame([await totals(gp), await totals(holder)], [[2, 2, 2], [2, 2, 2]])
  await made(holder, block(patientId, person(GP)))
  t.strictSame([await totals(gp), await totals(holder)], [[0, 0, 0], [2, 2, 2]])
})

t.test('beyond one record, more matches than are counted have no total, unless one is asked for', async t => {
  const few = await openScene(t, { MAX_TOTAL: '2' })
  const asked = { default: '', total: '&_total=accurate', counted: '&_summary=count', none: '&_total=none' }
  for (const [number, expected] of [[1, [1, 1, 1]], [2, [2, 2, 2]], [3, [undefined, 3, 3]]] as const) {
    await few.made(few.operator, { resourceType: 'Organization', name: `Clinique ${number}`, active: true, address: [{ city: 'Totalville' }] })
    const totals = await Promise.all(Object.values(asked).map(async how => (await few.get(few.operator, `/Organization?address-city=Totalville&_count=1${how}`)).json.total))
    t.strictSame(totals, [...expected, undefined], `${number} of them`)
  }
  const { id, holder: owner } = await few.open()
  for (let count = 0; count < 3; count += 1) await few.made(few.hospital, document(id))
  t.equal((await few.get(owner, '/DocumentReference?_count=1')).json.total, 3, 'a record of one\'s own is counted')
  t.equal((await few.get(few.hospital, `/DocumentReference?patient=${id}&_count=1`)).json.total, 3, 'and one that is named')
  t.notOk('total' in (await few.get(few.hospital, '/DocumentReference?_count=1')).json, 'all deposits are not')
})
