/** What is shown when the choices cannot be read: nothing (`consent.md` 1 *Never wider by failure*). */
import t from 'tap'
import { document } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const db = scene.mongo.db(scene.database)
const { holder, physician, hospital, id } = await scene.cast()
const url = (await scene.request(physician.token, 'GET', `/DocumentReference/${id}`)).json.content[0].attachment.url as string

/** Runs `work` while every reading of the choices is an error of MongoDB. */
async function withoutChoices (work: () => Promise<void>): Promise<void> {
  await db.collection('Rules').rename('RulesKept')
  await db.createCollection('Rules', { viewOn: 'RulesKept', pipeline: [{ $addFields: { never: { $divide: [1, 0] } } }] })
  try {
    await work()
  } finally {
    await db.collection('Rules').drop()
    await db.collection('RulesKept').rename('Rules')
  }
}

t.test('P30 while the choices cannot be read every answer about a record is 503 and says nothing', async t => {
  await withoutChoices(async () => {
    for (const [who, token] of [['physician', physician.token], ['holder', holder.token], ['hospital', hospital.token]] as const) {
      for (const path of [`/DocumentReference/${id}`, `/DocumentReference/${id}/_history`, `/DocumentReference?patient=${holder.id}`, `/DocumentReference?patient=${holder.id}&_summary=count`, `/DocumentReference?_id=${id}`, `/${url}`, `/Patient/${holder.id}`, `/Consent?patient=${holder.id}`, `/AuditEvent?patient=${holder.id}`, '/DocumentReference/_history']) {
        const answer = await scene.request(token, 'GET', path, { headers: { accept: '*/*' } })
        t.equal(answer.status, 503, `${who} ${path}`)
        t.notMatch(answer.text, id)
        t.notMatch(answer.text, 'Compte rendu')
      }
    }
    t.equal((await scene.post(hospital.token, document(holder.id))).status, 503, 'nor is anything deposited')
  })
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 200, 'and when they can, all goes on')
  t.equal((await scene.ids(hospital.token, `/DocumentReference?patient=${holder.id}`)).length, 1)
})
