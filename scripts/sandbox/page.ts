/** The page of the sandbox: plain HTML, no script. What comes of the server is text, and escaped. */
import type { Case } from './cases.js'
import type { Bearer } from './cast.js'
import type { Filled, Settled } from './fill.js'

export interface PageContent extends Filled {
  /** The base URL of FHIR. */
  readonly base: string
  readonly cases: readonly Case[]
  readonly tokenOf: (bearer: Bearer) => string
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b35 }
h1, h2, h3 { line-height: 1.2 } code, textarea { font: 13px/1.4 ui-monospace, monospace }
textarea { width: 100%; height: 4rem } li.seen::marker { content: "✔ " } li.seen { color: #18753c } li::marker { content: "○ " }
section { border-top: 1px solid #ccc; padding: .5rem 0 } button { font: inherit; padding: .4rem 1rem }
pre { background: #f6f6f6; padding: .5rem; overflow-x: auto }`

export function pageOf ({ base, personas, cases, tokenOf, began }: PageContent): string {
  const [holder] = personas
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sandbox</title><style>${STYLE}</style></head><body>
<h1>Sandbox</h1>
<p>FHIR R4 at <code>${escaped(base)}</code>. Everybody here is made up. Reset ${new Date(began).toISOString()}.</p>
<form method="post" action="/reset"><button>Reset all records</button></form>
<h2>Guided cases</h2>
<p>All of them in the record of the holder, <code>Patient/${escaped(holder?.patient ?? '')}</code>, INS <code>${escaped(holder?.ins ?? '')}</code>. Use your own software, with the
tokens below; a step is marked when the record itself tells of it. <a href="/">Look again</a></p>
${cases.map(caseOf).join('\n')}
<h2>Personas</h2>
${personas.map(persona => personaOf(persona, base, tokenOf)).join('\n')}
</body></html>
`
}

function caseOf ({ title, asks, steps }: Case): string {
  return `<section><h3>${escaped(title)}</h3><p>${escaped(asks)}</p><ol>${steps.map(({ says, isSeen }) => `<li${isSeen ? ' class="seen"' : ''}>${escaped(says)}${isSeen ? ' (seen)' : ''}</li>`).join('')}</ol></section>`
}

function personaOf ({ key, title, finds, patient, ins, tokens }: Settled, base: string, tokenOf: PageContent['tokenOf']): string {
  const said = tokens.map(({ title, bearer }) => `<p>Token of the ${escaped(title)}<br><textarea readonly aria-label="Token of the ${escaped(title)}">${escaped(tokenOf(bearer))}</textarea></p>`).join('')
  return `<section id="${escaped(key)}"><h3>${escaped(title)}</h3><p>${escaped(finds)}</p>
<p>Record: <code>Patient/${escaped(patient)}</code>, INS <code>${escaped(ins)}</code></p>
<pre>curl -H "Authorization: Bearer $TOKEN" "${escaped(base)}/DocumentReference?patient=Patient/${escaped(patient)}"</pre>
${said}</section>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' }

function escaped (text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character] ?? '')
}
