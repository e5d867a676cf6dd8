// Who a token of the local issuer says its bearer is. The claims and their forms are those of Pro Santé Connect where
// it has them; src/security/README.md lists them all.

const INS = 'urn:oid:1.2.250.1.213.1.4.10'
// TRE_G15-ProfessionSante and TRE_R02-SecteurActivite of the CI-SIS.
const PROFESSIONS = '1.2.250.1.71.1.2.7'
const SECTORS = '1.2.250.1.71.4.2.4'
const PRIVATE_PRACTICE = 'SA07'
const MODES = ['normal', 'bris_de_glace', 'centre_15']

export const USAGE = `Usage: npm run -s token -- --as KIND …
  --as holder         --ins I
  --as representative --id R --ins I
  --as professional   --id N --profession CODE --structure S [--sector SAxx]
                      [--mode bris_de_glace --ins I --reason TEXT | --mode centre_15 --ins I] [--secret [--ins I]]
  --as structure      --structure S [--sector SAxx]
  --as application    --client C --ins I --scope "…"
  --as operator
  every kind          [--scope "…"] [--expires SECONDS]`

/** An error of the person who asked: told with the usage. */
export class Usage extends Error {}

// The options that each kind must have, and those that it may have. All of them may have --scope and --expires.
const KINDS = {
  holder: { must: ['ins'], may: [], claims: holder },
  representative: { must: ['id', 'ins'], may: [], claims: representative },
  professional: {
    must: ['id', 'profession', 'structure'],
    may: ['sector', 'mode', 'ins', 'reason', 'secret'],
    claims: professional
  },
  structure: { must: ['structure'], may: ['sector'], claims: structure },
  application: { must: ['client', 'ins', 'scope'], may: [], claims: application },
  operator: { must: [], may: [], claims: operator }
}

/**
 * The claims of a bearer, without those of the token itself (issuer, times, number).
 * @param {Record<string, string | boolean>} given the options of the command line
 * @param {(warning: string) => void} warn
 */
export function claimsOf (given, warn) {
  if (given.as === undefined) throw new Usage(`--as is missing: one of ${Object.keys(KINDS).join(', ')}`)
  if (!Object.hasOwn(KINDS, given.as)) throw new Usage(`--as ${given.as} is unknown: one of ${Object.keys(KINDS).join(', ')}`)
  const kind = KINDS[given.as]
  const missing = kind.must.filter(name => !given[name])
  if (missing.length > 0) throw new Usage(`--as ${given.as} needs ${listed(missing)}`)
  const known = ['as', 'scope', 'expires', ...kind.must, ...kind.may]
  const foreign = Object.keys(given).filter(name => !known.includes(name))
  if (foreign.length > 0) throw new Usage(`--as ${given.as} does not take ${listed(foreign)}`)
  const claims = kind.claims(given, warn)
  return { ...claims, actor: given.as, scope: given.scope ?? claims.scope }
}

function holder ({ ins }) {
  return { sub: insOf(ins), ins: insOf(ins), scope: 'patient/*.cruds' }
}

function representative ({ id, ins }) {
  return { sub: id, representative_id: id, ins: insOf(ins), scope: 'patient/*.cruds' }
}

function professional (given, warn) {
  const mode = given.mode ?? 'normal'
  if (!MODES.includes(mode)) throw new Usage(`--mode ${mode} is unknown: one of ${MODES.join(', ')}`)
  if (mode !== 'normal' && !given.ins) throw new Usage(`--mode ${mode} needs --ins`)
  if (mode === 'normal' && given.ins && !given.secret) throw new Usage('--ins needs --mode or --secret')
  // Made all the same: refusing it is the server's business, and somebody wants to see it refuse.
  if (mode === 'bris_de_glace' && !given.reason) warn('--mode bris_de_glace without --reason: the server will refuse it')
  return {
    sub: given.id,
    SubjectNameID: given.id,
    SubjectRole: [coded(given.profession, PROFESSIONS)],
    SubjectOrganizationID: given.structure,
    Secteur_Activite: coded(given.sector ?? PRIVATE_PRACTICE, SECTORS),
    Mode_Acces: mode,
    ...(given.reason && { Mode_Acces_Raison: given.reason }),
    Acces_Regulation_Medicale: mode === 'centre_15' ? 'VRAI' : 'FAUX',
    ...(given.ins && { ins: insOf(given.ins) }),
    ...(given.secret && { Connexion_Secrete: true }),
    scope: 'user/*.cruds'
  }
}

function structure (given) {
  return {
    sub: given.structure,
    SubjectOrganizationID: given.structure,
    ...(given.sector && { Secteur_Activite: coded(given.sector, SECTORS) }),
    scope: 'system/*.cruds'
  }
}

function application ({ client, ins, scope }) {
  return { sub: client, client_id: client, ins: insOf(ins), scope }
}

function operator () {
  return { sub: 'operator', scope: 'system/*.cruds' }
}

/** Identifiers of patients are told with their system; a bare one is an INS of the tests. */
function insOf (given) {
  return given.includes('|') ? given : `${INS}|${given}`
}

/** The form of a code in these claims: code^system. */
function coded (given, system) {
  return given.includes('^') ? given : `${given}^${system}`
}

function listed (names) {
  return names.map(name => `--${name}`).join(', ')
}
