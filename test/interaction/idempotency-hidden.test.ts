/** A retry under an Idempotency-Key says of what others wrote no more than a read would by now. */
import t from 'tap'
import { access, block, document, label, person, structure } from '../helper/resource.js'
import { GP, LAB, openScene } from './scene.js'

const scene = await openScene(t)
const { gp, lab, made, open, put, request } = scene

async function matching (key: string) {
  const { id, holder } = await open()
  await made(holder, access(id, GP))
  const known = await made(lab, document(id))
  const { system, value } = known.masterIdentifier
  const own = document(id)
  const body = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { resource: document(id), request: { method: 'POST', url: 'DocumentReference', ifNoneExist: `patient=${id}&identifier=${system}|${value}` } },
      { resource: own, request: { method: 'POST', url: 'DocumentReference' } }
    ]
  }
  const ask = async () => await request(gp, 'POST', '', { body, headers: { 'idempotency-key': `"${key}"` } })
  const first = await ask()
  t.equal(first.status, 200, first.text)
  t.match(first.json.entry[0].response, { status: '200', location: new RegExp(known.id) }, 'what is there is told')
  t.strictSame((await ask()).json, first.json, 'and told again')
  return { id, holder, known, first, ask }
}

t.test('a match that is masked by now is not named by a retry', async t => {
  const { holder, known, first, ask } = await matching('masked')
  t.equal((await put(holder, { ...known, securityLabel: [label('MASQUE_PS')] })).status, 200)
  const again = await ask()
  t.equal(again.status, 200)
  t.strictSame(again.json.entry[0], { response: { status: '200' } })
  t.equal(again.json.entry[1].response.location, first.json.entry[1].response.location, 'one\'s own is')
  t.notMatch(again.text, known.id)
})

t.test('nor to somebody who is shut out by now', async t => {
  const { id, holder, known, ask } = await matching('blocked')
  await made(holder, block(id, person(GP)))
  const again = await ask()
  t.strictSame(again.json.entry[0], { response: { status: '200' } })
  t.notMatch(again.text, known.id)
})

t.test('nor does a retry tell whether what was created and is hidden by now is still as it was, whatever is preferred', async t => {
  const { id, holder } = await open()
  const [one, other] = [document(id), document(id)]
  const ask = async (body: object, key: string, prefer: string) => await request(lab, 'POST', '/DocumentReference', { body, headers: { 'idempotency-key': `"${key}"`, prefer } })
  const kept = await ask(one, 'kept', 'return=OperationOutcome')
  const changed = await ask(other, 'changed', 'return=OperationOutcome')
  t.strictSame([kept.status, kept.json.resourceType], [201, 'OperationOutcome'])
  t.match((await ask(one, 'kept', 'return=OperationOutcome')).json, { resourceType: 'OperationOutcome' }, 'as long as it is seen')
  const written = (await scene.get(holder, `/DocumentReference/${/DocumentReference\/([^/]+)/.exec(changed.headers['location'] ?? '')?.[1] ?? ''}`)).json
  t.equal((await put(holder, { ...written, securityLabel: [label('MASQUE_PS')] })).status, 200)
  await made(holder, block(id, structure(LAB)))
  for (const prefer of ['return=OperationOutcome', 'return=representation', 'return=minimal']) {
    const [again, also] = [await ask(one, 'kept', prefer), await ask(other, 'changed', prefer)]
    t.strictSame([again.status, again.text, again.headers['warning']], [also.status, also.text, also.headers['warning']], prefer)
    t.strictSame([again.status, again.text], [201, ''], prefer)
  }
})
