import type { CapabilityStatement, TerminologyCapabilities } from '@medplum/fhirtypes'
import type { Terms } from './terms.js'

/** The parameters of an expansion that are understood. */
const OF_EXPANSION: readonly string[] = ['filter', 'offset', 'count', 'activeOnly', 'includeDesignations', 'displayLanguage']

/** What the terminology can do and holds (R4 terminologycapabilities.html), beside the CapabilityStatement. */
export function terminologyCapabilities ({ version, status, date, publisher, software, implementation, url = '' }: CapabilityStatement, { definitions }: Terms): TerminologyCapabilities {
  return {
    resourceType: 'TerminologyCapabilities',
    url: url.replace('/CapabilityStatement/', '/TerminologyCapabilities/'),
    ...version === undefined ? {} : { version },
    status,
    date,
    ...publisher === undefined ? {} : { publisher },
    kind: 'instance',
    ...software === undefined ? {} : { software },
    ...implementation === undefined ? {} : { implementation },
    codeSystem: definitions.filter(each => each.resourceType === 'CodeSystem').map(({ url = '', version }) => ({
      uri: url,
      ...version === undefined ? {} : { version: [{ code: version, isDefault: true }] }
    })),
    expansion: { hierarchical: false, paging: true, incomplete: false, parameter: OF_EXPANSION.map(name => ({ name })), textFilter: 'A text without case and accents: all of its words are found in the code, its display or its designations' },
    codeSearch: 'all',
    validateCode: { translations: false },
    translation: { needsMap: true },
    closure: { translation: false }
  }
}
