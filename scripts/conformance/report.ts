/** What was found, for the terminal, for people, and for machines. */
import type { Result } from './exam.js'

export interface Told { readonly server: string, readonly date: string, readonly results: readonly Result[] }

const stateOf = ({ problems, skipped }: Result) => problems.length > 0 ? 'failed' : skipped === undefined ? 'passed' : 'skipped'
const count = (results: readonly Result[], state: string) => results.filter(each => stateOf(each) === state).length
const groupsOf = (results: readonly Result[]) => [...new Set(results.map(({ group }) => group))]

export function toText ({ results }: Told): string {
  const groups = groupsOf(results).map(group => {
    const list = results.filter(each => each.group === group)
    return `${group.padEnd(26)}${['passed', 'failed', 'skipped'].map(state => `${count(list, state)} ${state}`.padStart(14)).join('')}`
  })
  const failed = results.filter(each => stateOf(each) === 'failed').flatMap(({ group, name, problems, asked }) => ['', `FAILED ${group}: ${name}`, ...problems.map(problem => `  ${problem}`), ...asked.slice(-6).map(line => `    ${line}`)])
  const reasons = new Map<string, number>()
  for (const { skipped } of results) if (skipped !== undefined) reasons.set(skipped, (reasons.get(skipped) ?? 0) + 1)
  return [...groups, ...failed, '', ...[...reasons].map(([reason, times]) => `skipped ${times}: ${reason}`), `${count(results, 'passed')} passed, ${count(results, 'failed')} failed, ${count(results, 'skipped')} skipped`].join('\n')
}

/** Control characters are in no XML; the others are escaped. */
const escape = (text: string) => text.replace(/[^\t\n\r\x20-\uFFFD]/g, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export function toJUnit ({ results, date }: Told): string {
  const suites = groupsOf(results).map(group => {
    const list = results.filter(each => each.group === group)
    const cases = list.map(({ name, problems, skipped, asked, ms }) => {
      const inside = problems.length > 0 ? `<failure message="${escape(problems[0] ?? '')}">${escape([...problems, ...asked].join('\n'))}</failure>` : skipped === undefined ? '' : `<skipped message="${escape(skipped)}"/>`
      return `<testcase classname="${escape(group)}" name="${escape(name)}" time="${(ms / 1000).toFixed(3)}">${inside}</testcase>`
    })
    return `<testsuite name="${escape(group)}" tests="${list.length}" failures="${count(list, 'failed')}" skipped="${count(list, 'skipped')}" timestamp="${date}">\n${cases.join('\n')}\n</testsuite>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="${results.length}" failures="${count(results, 'failed')}" skipped="${count(results, 'skipped')}">\n${suites.join('\n')}\n</testsuites>\n`
}

const STYLE = 'body{font:15px/1.4 system-ui;margin:2em;max-width:70em}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25em .6em;border-bottom:1px solid #ddd}.passed{color:#176317}.failed{color:#b00020;font-weight:600}.skipped{color:#666}pre{white-space:pre-wrap;margin:0;font-size:12px}summary{cursor:pointer}'

export function toHtml ({ server, date, results }: Told): string {
  const sections = groupsOf(results).map(group => {
    const list = results.filter(each => each.group === group)
    const rows = list.map(each => `<tr><td class="${stateOf(each)}">${stateOf(each)}</td><td>${escape(each.name)}</td><td>${escape([...each.problems, each.skipped ?? ''].join('\n'))}${each.asked.length === 0 ? '' : `<details><summary>${each.asked.length} requests</summary><pre>${escape(each.asked.join('\n'))}</pre></details>`}</td></tr>`)
    const numbers = ['passed', 'failed', 'skipped'].map(state => `<span class="${state}">${count(list, state)} ${state}</span>`).join(', ')
    return `<details${count(list, 'failed') > 0 ? ' open' : ''}><summary><b>${escape(group)}</b> ${numbers}</summary><table><tr><th>state<th>what<th>why</tr>\n${rows.join('\n')}</table></details>`
  })
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Conformance of ${escape(server)}</title><style>${STYLE}</style></head><body><h1>${escape(server)}</h1><p>${escape(date)}: ${count(results, 'passed')} passed, ${count(results, 'failed')} failed, ${count(results, 'skipped')} skipped.</p>\n${sections.join('\n')}\n</body></html>\n`
}
