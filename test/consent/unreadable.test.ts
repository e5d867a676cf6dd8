/**
 * A choice that cannot be understood in full (`consent.md` 1): a permit says nothing, a deny applies with what cannot be
 * read of it widened. Each way of not being understood, on a choice that would decide otherwise.
 */
import { WAYS, breakChoice } from './broken.js'
import { access, aboutReport, actor, block, choice, finer, lin, pin } from './model/scene.js'

pin('C6 a permit that cannot be understood is no ground', WAYS.map(way => [way, { consents: [breakChoice(access(), way, 0)] }, 'deny 10']))

pin('C6 a deny that cannot be understood denies', WAYS.map(way => [way, { consents: [access(), breakChoice(finer('deny', aboutReport), way, 0)] }, 'deny 11']))

pin('a block that cannot be understood shuts out', WAYS.map(way => [way, { consents: [access(), breakChoice(block(), way, 0)] }, 'deny 8']))

/** Neither its root nor its exceptions permit any more; the deny among them is heard. */
const mixed = choice('PCF', { type: 'permit', ...actor(lin), provision: [{ type: 'permit', ...aboutReport }, { type: 'deny', ...aboutReport, ...actor(lin) }] })
pin('of exceptions that cannot be understood only the denials are heard', WAYS.flatMap(way => [
  [`${way}, in what permits`, { consents: [breakChoice(mixed, way, 1)] }, 'deny 10'],
  [`${way}, in what denies`, { consents: [access(), breakChoice({ ...mixed, resource: { ...mixed.resource, provision: { type: 'permit', ...actor(lin), provision: [{ type: 'deny', ...aboutReport }] } } }, way, 1)] }, 'deny 11']
]))
