/** What a decision is told as: whether, by which rule, by which choices as far as the asker reads them, and in words. */
import type { Decision } from '../consent/decide.js'
import { explain } from '../consent/explain.js'
import type { Language } from '../consent/explain.js'
import type { Parameter } from '../interaction/answer.js'
import type { Asking, Context } from '../interaction/context.js'
import type { Kept } from '../interaction/store.js'
import { allows } from '../security/scope.js'

/** One asker, and the languages in which they are told. */
export interface Telling extends Asking { readonly languages: readonly Language[] }

/** @param version what was decided on */
export async function told (context: Context, asking: Telling, version: Kept, decision: Decision): Promise<readonly Parameter[]> {
  const sentence = explain(decision, version.type)
  return [
    { name: 'permit', value: { valueBoolean: decision.permit } },
    { name: 'rule', value: { valueUnsignedInt: decision.rule } },
    ...(await choicesRead(context, asking, version.patient, decision)).map(choice => ({ name: 'choice', version: choice })),
    ...asking.languages.map(language => ({
      name: 'sentence',
      parts: [{ name: 'language', value: { valueCode: language } }, { name: 'text', value: { valueString: sentence[language] } }]
    }))
  ]
}

/** Those of the choices that decided that the asker could read. */
async function choicesRead ({ store }: Context, { sight }: Telling, patient: string | null, { choices }: Decision): Promise<readonly Kept[]> {
  if (!allows(sight.caller.principal.scopes, 'Consent', 'r')) return []
  const versions = await Promise.all([...new Set(choices)].map(async id => await store.read('Consent', id)))
  return versions.flatMap(version => version !== undefined && !version.isDeleted && version.patient === patient && sight.decide(version).permit ? [version] : [])
}
