/** Traces as a table for people: RFC 4180, in the order of the page. What a cell begins with is no formula to a spreadsheet. */
import type { AuditEvent, AuditEventAgent, Extension } from '@medplum/fhirtypes'
import { stringify } from 'csv-stringify/sync'
import { DECISION, DISCLOSED } from '../audit/event.js'

export const CSV = 'text/csv; charset=utf-8; header=present'

const COLUMNS = ['date', 'acteur', 'identifiant', 'structure', 'profession', 'acte', 'objet', 'resultat', 'permis', 'regle', 'choix', 'motif'] as const
type Row = Readonly<Record<typeof COLUMNS[number], string>>

const ACTORS: Readonly<Record<string, string>> = {
  Practitioner: 'professionnel', Organization: 'structure', Device: 'application', Patient: 'titulaire', RelatedPerson: 'représentant ou aidant'
}
const RESULTS: Readonly<Record<string, string>> = { 0: 'fait', 4: 'refusé', 8: 'échoué' }

/** @param events AuditEvents as their reader may see them */
export function tableOf (events: readonly string[]): string {
  return stringify(events.map(text => rowOf(JSON.parse(text) as AuditEvent)), { header: true, columns: [...COLUMNS], record_delimiter: 'windows', escape_formulas: true })
}

function rowOf ({ recorded = '', agent = [], entity = [], extension = [], subtype = [], outcome }: AuditEvent): Row {
  return {
    date: recorded,
    ...actorOf(agent.find(({ requestor }) => requestor === true)),
    acte: subtype[0]?.code ?? '',
    objet: [...entity.flatMap(({ what }) => what?.reference ?? []), ...extension.filter(({ url }) => url === DISCLOSED).flatMap(referenceIn)].join(' '),
    resultat: RESULTS[outcome ?? ''] ?? '',
    ...decisionOf(extension)
  }
}

function actorOf (user: AuditEventAgent | undefined): Pick<Row, 'acteur' | 'identifiant' | 'structure' | 'profession' | 'motif'> {
  const { type = '', identifier, reference, display } = user?.who ?? {}
  return {
    acteur: display === 'operator' && identifier === undefined ? 'opérateur' : ACTORS[type] ?? '',
    identifiant: identifier?.value ?? reference ?? '',
    structure: user?.altId ?? '',
    profession: user?.role?.[0]?.coding?.[0]?.code ?? '',
    motif: user?.purposeOfUse?.[0]?.text ?? ''
  }
}

function decisionOf (extension: readonly Extension[]): Pick<Row, 'permis' | 'regle' | 'choix'> {
  const said = extension.find(({ url }) => url === DECISION)?.extension ?? []
  const of = (name: string) => said.filter(({ url }) => url === name)
  return {
    permis: of('permit').map(({ valueBoolean }) => valueBoolean === true ? 'oui' : 'non').join(),
    regle: of('rule').map(({ valueUnsignedInt }) => String(valueUnsignedInt ?? '')).join(),
    choix: of('choice').flatMap(referenceIn).join(' ')
  }
}

function referenceIn ({ valueReference }: Extension): readonly string[] {
  return valueReference?.reference === undefined ? [] : [valueReference.reference]
}
