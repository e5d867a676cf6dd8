/** A retry under an Idempotency-Key says of what others wrote no more than a read would by now. */
import t from 'tap'
import { access, block, document, label, person } from '../helper/resource.js'
import { GP, openScene } from './scene.js'

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
