/**
 * No decision outlives its facts (`consent.md` 1): what was acknowledged applies to every request that starts after that,
 * whichever of several servers on the same data it asks. Here they are servers of one process, which share no memory but
 * the database's.
 */
import t from 'tap'
import type { Ask } from '../helper/app.js'
import { actor, block, consent, document, label, person } from '../helper/resource.js'
import { openScene } from './scene.js'
import type { Cast, Scene } from './scene.js'

const CLIENTS = 50
const scene = await openScene(t)
const servers: readonly Ask[] = [scene.request, await scene.beside(), await scene.beside()]

interface Stage extends Cast { readonly seen: string }
type Way = readonly [name: string, stage: (scene: Scene) => Promise<Stage>, revoke: (stage: Stage) => Promise<{ readonly status: number }>]

/** A physician who sees by this choice alone. */
async function seeing (provision: (physician: string) => Promise<object> | object, kind?: string): Promise<Stage & { readonly choice: string }> {
  const [holder, physician, hospital] = [await scene.holder(), await scene.physician(), await scene.hospital()]
  const resource = document(holder.id)
  const seen = await scene.make(hospital.token, resource)
  const choice = await scene.make(holder.token, consent(holder.id, kind, await provision(physician.person)))
  return { holder, physician, hospital, resource, id: seen, seen, choice }
}

const cast = async (): Promise<Stage> => {
  const whole = await scene.cast()
  return { ...whole, seen: whole.id }
}
const last = new WeakMap<Stage, string>()

const WAYS: readonly Way[] = [
  ['the choice is withdrawn', async () => {
    const stage = await seeing(physician => ({ type: 'permit', actor: actor(person(physician)) }), 'acces-ps')
    last.set(stage, `/Consent/${stage.choice}`)
    return stage
  }, async stage => await scene.change(stage.holder.token, last.get(stage) ?? '', { status: 'inactive' })],
  ['the physician is blocked', cast, async ({ holder, physician }) => await scene.post(holder.token, block(holder.id, person(physician.person)))],
  ['the document is masked', cast, async ({ holder, seen }) => await scene.change(holder.token, `/DocumentReference/${seen}`, { securityLabel: [label('MASQUE_PS')] })],
  ['the physician is struck off the operator\'s list', async () => {
    let list = ''
    const stage = await seeing(async physician => {
      list = await scene.make(scene.operator, { resourceType: 'Group', type: 'practitioner', actual: true, member: [{ entity: person(physician) }] })
      return { type: 'permit', actor: actor({ reference: `Group/${list}` }) }
    })
    last.set(stage, `/Group/${list}`)
    return stage
  }, async stage => await scene.change(scene.operator, last.get(stage) ?? '', { member: undefined })],
  ['the team is no more', async () => {
    const [holder, physician, hospital] = [await scene.holder(), await scene.physician(), await scene.hospital()]
    const resource = document(holder.id)
    const seen = await scene.make(hospital.token, resource)
    const team = await scene.make(holder.token, { resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${holder.id}` }, participant: [{ member: person(physician.person) }] })
    await scene.make(holder.token, consent(holder.id, 'equipe-soins', { type: 'permit', actor: actor({ reference: `CareTeam/${team}` }) }))
    const stage = { holder, physician, hospital, resource, id: seen, seen }
    last.set(stage, `/CareTeam/${team}`)
    return stage
  }, async stage => await scene.change(stage.holder.token, last.get(stage) ?? '', { status: 'inactive' })],
  ['the account is closed', cast, async ({ holder }) => await scene.change(scene.operator, `/Patient/${holder.id}`, { extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: 'closed' }] })]
]

for (const [name, make, revoke] of WAYS) {
  t.test(`C1 P22 ${name}: nothing is disclosed by a request that starts after, on any server`, async t => {
    const stage = await make(scene)
    const { holder, physician, seen } = stage
    const urls = [`/DocumentReference/${seen}`, `/DocumentReference?patient=${holder.id}`, `/DocumentReference?patient=${holder.id}&_summary=count`, `/DocumentReference/${seen}/_history`, `/DocumentReference?_id=${seen}`]
    const shows = ({ status, text }: { readonly status: number, readonly text: string }) => status === 200 && (text.includes(`"id":"${seen}"`) || /"total":[1-9]/.test(text))
    let isAcknowledged = false
    let [before, after] = [0, 0]
    const disclosed: string[] = []
    const client = async (index: number) => {
      const [server, url] = [servers[index % servers.length], urls[index % urls.length] ?? '']
      if (server === undefined) throw new Error('no server')
      if (shows(await server(physician.token, 'GET', url))) before++
      for (let late = 0; late < 1;) {
        const isLate = isAcknowledged
        const answer = await server(physician.token, 'GET', url)
        if (!isLate) continue
        late++
        after++
        if (shows(answer)) disclosed.push(`server ${index % servers.length}: ${url}`)
      }
    }
    const clients = Array.from({ length: CLIENTS }, async (_, index) => await client(index))
    const { status } = await revoke(stage)
    isAcknowledged = true
    await Promise.all(clients)
    t.ok(status === 200 || status === 201, `acknowledged: ${status}`)
    t.ok(before > 0, `${before} of ${CLIENTS} saw it before`)
    t.equal(after, CLIENTS)
    t.same(disclosed, [])
  })
}
