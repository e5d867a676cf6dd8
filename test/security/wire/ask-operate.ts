/** Operations: each that is declared, of what is seen and of what is hidden, with its own parameters and with wrong ones. */
import { consent, label } from '../../helper/resource.js'
import { manner } from './ask-search.js'
import { newDraft } from './ask-write.js'
import { DRAFTED } from './draft.js'
import { encoded, name, target, versionOf } from './drawing.js'
import type { Drawing } from './drawing.js'
import type { Ask } from './scenario.js'

/** What follows the kick-off of an export: `file ` and the type that it is of. */
export const FILE = 'file '

type Parameter = Readonly<Record<string, unknown>>

const DAYS = ['2020', '2026-01-10', '2026-03', '2099'] as const
const CODES = ['11488-4', '60591-5', 'http://loinc.org|11488-4', 'urn:own|left', 'left', 'no|such'] as const
/** What is exported, and read again when the job is done. */
const EXPORTED = ['DocumentReference', 'Observation', 'Patient', 'List', 'AuditEvent', 'Communication', 'Provenance'] as const

/** @param code `$` and the name @throws Error as `termsOf` */
export function operationOf (drawing: Drawing, type: string, code: string): Ask {
  const { one, chance, stage: { registry } } = drawing
  const patient = name(target(drawing, 'Patient'))
  const of = `/${type}/${name(target(drawing, type))}`
  const some = (odds: number, what: string, values: readonly string[]) => chance(odds) ? [`${what}=${encoded(one(values))}`] : []
  const types = () => [one(registry.types), ...chance(0.5) ? [one(EXPORTED)] : []].join(',')
  switch (code) {
    case '$why': return getOrPost(drawing, `${of}/${code}`, [...some(0.2, 'purpose', ['TREAT', 'BTG', 'no']), ...some(0.2, 'actor', ['urn:oid:1.2.250.1.71.4.2.1|{gp}', 'Organization/{Organization}'])])
    case '$meta': return getOrPost(drawing, `${of}${type !== 'Medication' && chance(0.2) ? `/_history/${versionOf(target(drawing, type))}` : ''}/${code}`, some(0.1, 'no', ['x']))
    case '$meta-add': case '$meta-delete': return post(`${of}/${code}`, [{ name: 'meta', valueMeta: one<object>([{ security: label(one(['MASQUE_PS', 'INVISIBLE_PATIENT'])).coding }, { tag: [{ system: 'urn:own', code: 'left' }] }, {}]) }])
    case '$simulate-consent': return post(`/Patient/${patient}/${code}`, [
      { name: 'purpose', valueCode: one(['TREAT', 'BTG']) },
      ...chance(0.5) ? [{ name: 'profession', valueCoding: { system: 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante', code: one(['10', '60', '86']) } }] : [],
      chance(0.7) ? { name: 'consent', resource: consent('{Patient}', one(['urgence-ps', 'partage', 'acces-ps']), { type: one(['permit', 'deny']) }) } : { name: 'end', valueReference: { reference: `Consent/${name(target(drawing, 'Consent'))}` } }
    ])
    case '$activity': return paged(getOrPost(drawing, `/Patient/${patient}/${code}`, [...some(0.3, 'start', DAYS), ...some(0.2, 'by', ['professional', 'holder', 'structure,application']), ...some(0.4, '_count', ['1', '2', '50']), ...some(0.1, '_format', ['csv'])]))
    case '$report-access': return post(`/Patient/${patient}/${code}`, [{ name: 'event', valueReference: { reference: `AuditEvent/${one(['{AuditEvent}', '{nothing}'])}` } }, { name: 'comment', valueString: 'who was it?' }])
    case '$everything': return paged(getOrPost(drawing, `/Patient/${patient}/${code}`, [...some(0.2, '_since', DAYS), ...chance(0.4) ? [`_type=${types()}`] : [], ...some(0.5, '_count', ['1', '5', '200'])]))
    case '$summary': return chance(0.8) ? getOrPost(drawing, `/Patient/${patient}/${code}`, some(0.1, 'no', ['x'])) : getOrPost(drawing, `/Patient/${code}`, [`identifier=${encoded(one(['urn:oid:1.2.250.1.213.1.4.10|{ins}', 'urn:oid:1.2.250.1.213.1.4.10|{elsewhere.ins}']))}`])
    case '$docref': return paged(getOrPost(drawing, `/${type}/${code}`, [`patient=${patient}`, ...some(0.5, 'type', CODES), ...some(0.4, 'start', DAYS), ...some(0.3, 'end', DAYS), ...some(0.4, '_count', ['1', '2', '50']), ...some(0.1, 'on-demand', ['true', 'false'])]))
    case '$lastn': return getOrPost(drawing, `/${type}/${code}`, [`${one(['patient', 'subject'])}=Patient/${patient}`, ...some(0.9, one(['code', 'category', 'code:text', 'combo-code']), [...CODES, 'left,right']), ...some(0.5, 'max', ['1', '2', '3', '0'])])
    case '$export': return exportOf(drawing)
    case '$validate': return validateOf(drawing, type, of)
    default: return termsOf(drawing, type, code)
  }
}

/** @throws Error for an operation that is declared and never asked */
function termsOf (drawing: Drawing, type: string, code: string): Ask {
  const { one, chance } = drawing
  const some = (what: string, values: readonly string[]) => chance(0.5) ? [`${what}=${one(values)}`] : []
  const valueSet = `url=${encoded('https://fhir.espace-sante.example/ValueSet/document-type')}`
  switch (code) {
    case '$lookup': case '$validate-code': return getOrPost(drawing, `/${type}/${code}`, [...type === 'ValueSet' ? [valueSet] : [], 'system=http://loinc.org', `code=${one(['11488-4', 'x'])}`])
    case '$subsumes': return getOrPost(drawing, `/${type}/${code}`, ['system=http://hl7.org/fhir/observation-status', 'codeA=amended', `codeB=${one(['corrected', 'final', 'x'])}`])
    case '$expand': return getOrPost(drawing, `/${type}/${code}`, [valueSet, ...some('filter', ['compte', 'x']), ...some('count', ['0', '2'])])
    case '$translate': return getOrPost(drawing, `/${type}/${code}`, ['system=http://loinc.org', `code=${one(['11488-4', 'x'])}`])
    default: throw new Error(`${type} ${code} is declared, and no request of it is drawn`)
  }
}

/** The parameters in the address; by POST too, where what an operation says of its body is told to who may read alone. */
function getOrPost (drawing: Drawing, url: string, pairs: readonly string[]): Ask {
  const shape = drawing.chance(0.1) ? manner(drawing, 'DocumentReference').filter(({ pair }) => /^_(?:summary|pretty|format)=/.test(pair)).map(({ pair }) => pair) : []
  const query = [...pairs, ...shape].join('&')
  const address = `${url}${query === '' ? '' : `?${query}`}`
  if (!drawing.chance(0.2)) return { cells: [], method: 'GET', url: address }
  return drawing.chance(0.7) ? { cells: [], method: 'POST', url: address } : post(url, [{ name: 'no', valueString: 'x' }])
}

function post (url: string, parameter: readonly Parameter[]): Ask {
  return { cells: [], method: 'POST', url, body: JSON.stringify({ resourceType: 'Parameters', parameter }) }
}

function paged (ask: Ask): Ask {
  return ask.method === 'GET' && /_count=[12]\b/.test(ask.url) ? { ...ask, follow: ['next', 'next', 'next'] } : ask
}

/** Of what would be written, or of what is there. */
function validateOf (drawing: Drawing, type: string, of: string): Ask {
  const { one, chance } = drawing
  const resource = DRAFTED.includes(type) ? newDraft(drawing, type) : { resourceType: type }
  const url = `${chance(0.5) ? of : `/${type}`}/$validate`
  if (chance(0.4)) return { cells: [], method: 'POST', url, body: JSON.stringify(resource) }
  return post(`${of}/$validate`, [{ name: 'mode', valueCode: one(['profile', 'delete', 'update', 'create']) }, ...chance(0.5) ? [{ name: 'resource', resource }] : []])
}

/** An export, and what comes of it: the job, and its files. */
function exportOf ({ one, chance, stage: { registry } }: Drawing): Ask {
  const types = [...new Set([one(EXPORTED), chance(0.7) ? one(EXPORTED) : one(registry.types)])]
  const since = chance(0.3) ? `&_since=${one(['2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z'])}` : ''
  const follow = ['job', ...types.map(type => `${FILE}${type}`)]
  return { cells: follow.map(() => 'kind page of an export'), method: 'GET', url: `/Patient/$export?_type=${types.join(',')}${since}`, headers: { prefer: 'respond-async' }, follow }
}
