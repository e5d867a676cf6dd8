/**
 * A small synthetic record set for a first look, written through the server's own interactions when there is none:
 * two structures, three professionals, two patients with test INS. No documents: depositing one is the tour.
 */
import type { Organization, Patient, Practitioner, Resource } from '@medplum/fhirtypes'
import type { App } from './app.js'
import { all } from './filter/filter.js'
import { create } from './interaction/create.js'
import { ID_NAT_PS, ID_NAT_ST } from './security/identity.js'
import type { Principal } from './security/principal.js'

const INS = 'urn:oid:1.2.250.1.213.1.4.10'
const operator: Principal = Object.freeze({
  kind: 'operator', subject: 'operator:sample', scopes: [{ type: '*', permissions: 'cruds' }], mode: 'normal', isSecret: false, expires: 0
})

const organization = (value: string, name: string): Organization => ({
  resourceType: 'Organization', active: true, identifier: [{ system: ID_NAT_ST, value }], name
})
const practitioner = (value: string, family: string, given: string): Practitioner => ({
  resourceType: 'Practitioner', active: true, identifier: [{ system: ID_NAT_PS, value }], name: [{ family, given: [given] }]
})
const patient = (value: string, family: string, given: string, birthDate: string, gender: 'male' | 'female'): Patient => ({
  resourceType: 'Patient',
  active: true,
  identifier: [{ use: 'official', system: INS, value }],
  name: [{ use: 'official', family, given: [given] }],
  birthDate,
  gender
})

const SAMPLE: readonly Resource[] = [
  organization('1750712184', 'Centre hospitalier de démonstration'),
  organization('1690000012', 'Laboratoire de démonstration'),
  practitioner('899700218896', 'MARTIN', 'Claire'),
  practitioner('899700366240', 'DUBOIS', 'Paul'),
  practitioner('899700000017', 'LEROY', 'Anne'),
  patient('180126978912536', 'DUPONT', 'Jean', '1980-12-01', 'male'),
  patient('290067512345678', 'DURAND', 'Louise', '1990-06-15', 'female')
]

export async function loadSample ({ context, sightOf }: App): Promise<void> {
  if (await context.store.count('Patient', all) > 0) return
  for (const resource of SAMPLE) {
    const sight = await sightOf(operator, Date.now())
    await create(context, { sight, type: resource.resourceType, resource, prefer: 'minimal' })
  }
}
