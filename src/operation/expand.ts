/**
 * `ValueSet/$expand` (R4 valueset-operation-expand.html): the codes of a value set, all of them or a page, those that a text
 * is found in where one is given.
 */
import type { ValueSet, ValueSetExpansionContains, ValueSetExpansionParameter } from '@medplum/fhirtypes'
import { fold } from '../filter/fold.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { displayIn } from '../terminology/concept.js'
import { isLack } from '../terminology/value-set.js'
import type { Member } from '../terminology/value-set.js'
import { count, definitionIn, flag, needed, sayLack, text } from './terminology.js'
import type { Input, TermOperation } from './terminology.js'

/** Codes that are told at once. */
const MOST_CODES = 1000

export const expand: TermOperation = {
  name: 'expand',
  parameters: ['url', 'valueSetVersion', 'filter', 'offset', 'count', 'includeDesignations', 'activeOnly', 'displayLanguage'],
  work: (input, { newId }, { sight }) => {
    const named = definitionIn(input, 'valueSetVersion', input.terms.valueSet)
    if (named === undefined) throw needed('url', 'Which value set is expanded')
    const { definition: set, place } = named
    const listed = input.terms.list(set)
    if (isLack(listed)) throw new OutcomeError('terminology-lacking', { diagnostics: `The value set cannot be expanded: ${sayLack(listed)}`, expression: place, ...listed.kind === 'filter' ? { code: 'not-supported' } : {} })
    const { found, page, offset, asked } = pageOf(input, listed.members)
    const parameter = [...asked, ...versionsOf(page)]
    const { resourceType, id, url, version, name, title, status } = set
    const definition: ValueSet = {
      resourceType,
      ...id === undefined ? {} : { id },
      ...url === undefined ? {} : { url },
      ...version === undefined ? {} : { version },
      ...name === undefined ? {} : { name },
      ...title === undefined ? {} : { title },
      status,
      expansion: {
        identifier: `urn:uuid:${newId()}`,
        timestamp: new Date(sight.caller.now).toISOString(),
        total: found.length,
        offset,
        ...parameter.length === 0 ? {} : { parameter },
        ...page.length === 0 ? {} : { contains: page.map(member => contained(member, text(input, 'displayLanguage'), flag(input, 'includeDesignations'))) }
      }
    }
    return { kind: 'definition', definition }
  }
}

/** @throws OutcomeError `too-costly` for more than is told at once, where no page is asked for */
function pageOf (input: Input, members: readonly Member[]) {
  const filter = text(input, 'filter')
  const words = fold(filter ?? '').split(' ').filter(word => word !== '')
  const isActiveOnly = flag(input, 'activeOnly')
  const found = members.filter(({ isInactive, texts }) => !(isActiveOnly && isInactive) && words.every(word => texts.some(each => each.includes(word))))
  const offset = count(input, 'offset') ?? 0
  const most = count(input, 'count')
  if (most === undefined && found.length - offset > MOST_CODES) throw new OutcomeError('too-costly', { diagnostics: `The value set has more than ${MOST_CODES} codes: ask for a page, by count and offset, or for a part, by filter`, expression: 'count' })
  const language = text(input, 'displayLanguage')
  const asked: readonly ValueSetExpansionParameter[] = [
    ...filter === undefined ? [] : [{ name: 'filter', valueString: filter }],
    ...input.one('offset') === undefined ? [] : [{ name: 'offset', valueInteger: offset }],
    ...most === undefined ? [] : [{ name: 'count', valueInteger: most }],
    ...input.one('activeOnly') === undefined ? [] : [{ name: 'activeOnly', valueBoolean: isActiveOnly }],
    ...input.one('includeDesignations') === undefined ? [] : [{ name: 'includeDesignations', valueBoolean: flag(input, 'includeDesignations') }],
    ...language === undefined ? [] : [{ name: 'displayLanguage', valueCode: language }]
  ]
  return { found, page: found.slice(offset, offset + Math.min(most ?? MOST_CODES, MOST_CODES)), offset, asked }
}

/** The versions of the code systems that it holds codes of. */
function versionsOf (members: readonly Member[]): readonly ValueSetExpansionParameter[] {
  const names = members.flatMap(({ system: { url, version } }) => version === undefined ? [] : [`${url}|${version}`])
  return [...new Set(names)].map(valueUri => ({ name: 'version', valueUri }))
}

function contained (member: Member, language: string | undefined, isDesignated: boolean): ValueSetExpansionContains {
  const { system: { url, version }, code, designation, isAbstract, isInactive } = member
  const display = displayIn(member, language)
  return {
    ...url === undefined ? {} : { system: url },
    ...isAbstract ? { abstract: true } : {},
    ...isInactive ? { inactive: true } : {},
    ...version === undefined ? {} : { version },
    code,
    ...display === undefined ? {} : { display },
    ...isDesignated && designation.length > 0 ? { designation: [...designation] } : {}
  }
}
