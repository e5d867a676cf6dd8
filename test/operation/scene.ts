/** What the tests of operations read out of a Parameters. */
import type { TestResponse } from '../helper/app.js'

type Json = TestResponse['json']

/** The parts of the parameters of one name, each as what its parts say: the value of a single one, a list of several. */
export function parts (parameters: readonly Json[] | undefined, name: string): readonly Json[] {
  return (parameters ?? []).filter(one => one.name === name)
}

/** The value of a parameter, whatever its type. */
export function valueOf (parameter: Json): Json {
  const [, value] = Object.entries(parameter ?? {}).find(([key]) => key.startsWith('value')) ?? []
  return value
}

export function value (parameters: readonly Json[] | undefined, name: string): Json {
  return valueOf(parts(parameters, name)[0])
}

export interface Answered { readonly permit: boolean, readonly rule: number, readonly choices: readonly string[], readonly sentences: Readonly<Record<string, string>>, readonly professions: readonly string[] }

/** An `answer` of `$why`. */
export function answered ({ part }: Json): Answered {
  return {
    permit: value(part, 'permit'),
    rule: value(part, 'rule'),
    choices: parts(part, 'choice').map(choice => valueOf(choice).reference as string),
    sentences: Object.fromEntries(parts(part, 'sentence').map(({ part: inside }: Json) => [value(inside, 'language'), value(inside, 'text')])),
    professions: parts(part, 'profession').map(profession => valueOf(profession).code as string)
  }
}

export interface Row { readonly kind: string, readonly who: string | undefined, readonly structure: string | undefined, readonly purpose: string | undefined, readonly answers: readonly Answered[] }

/** The `party` parameters of `$why`; who is told by the value of their identifier, or their reference. */
export function rows ({ json }: TestResponse): readonly Row[] {
  return parts(json.parameter, 'party').map(({ part }: Json) => {
    const who = value(part, 'who')
    return { kind: value(part, 'kind'), who: who?.identifier?.value ?? who?.reference, structure: value(part, 'structure')?.identifier.value, purpose: value(part, 'purpose'), answers: parts(part, 'answer').map(answered) }
  })
}

export function own ({ json }: TestResponse): Answered {
  return answered(parts(json.parameter, 'answer')[0])
}

/** The rows of somebody: all their answers. */
export function of (response: TestResponse, who: string): readonly Answered[] {
  return rows(response).filter(row => row.who === who).flatMap(({ answers }) => answers)
}
