/* eslint no-template-curly-in-string: off -- the texts are of programs */
// Mistakes that somebody could make in the consent engine, and in what asks it, each as a change of a text that stands once
// in its file. A test must fail on each of them: `by` names those that should see it, the cheapest first.

const RULES = ['test/consent/sentences.ts', 'test/consent/differential.test.ts']
const PARTICIPATION = ['test/consent/participation.test.ts']
const IDENTITY = ['test/unit/security/identity.test.ts', 'test/consent/differential.test.ts']
const SUBSCRIPTION = ['test/notification/subscription.test.ts']
const HOOK = ['test/notification/subscription-hook.test.ts']
const WIRE = ['test/security/non-interference.test.ts']

const situation = of('src/consent/situation.ts', RULES)
const caller = of('src/consent/caller.ts', RULES)
const statement = of('src/consent/statement.ts', RULES)
const decide = of('src/consent/decide.ts', RULES)
const compile = of('src/consent/compile.ts', RULES)
const provision = of('src/consent/provision.ts', RULES)
const label = of('src/consent/label.ts', RULES)
const facts = of('src/consent/facts.ts', RULES)
const family = of('src/consent/family.ts', RULES)
const authors = of('src/interaction/list-authors.ts', RULES)
const right = of('src/consent/right.ts', RULES)
const rules = of('src/consent/rules.ts', RULES)
const unclaimed = of('src/consent/unclaimed.ts', RULES)
const participation = of('src/consent/participation.ts', PARTICIPATION)
const standing = of('src/consent/situation.ts', PARTICIPATION)
const identity = of('src/security/identity.ts', IDENTITY)
const subscription = of('src/consent/subscription.ts', SUBSCRIPTION)
const owner = of('src/interaction/sights.ts', SUBSCRIPTION)
const told = of('src/notification/subscription-send.ts', HOOK)
const feed = of('src/store/trace-feed.ts', HOOK)

const include = of('src/interaction/include.ts', WIRE)
const read = of('src/interaction/read.ts', WIRE)
const search = of('src/interaction/search.ts', WIRE)
const reference = of('src/interaction/admit/reference.ts', WIRE)
const trace = of('src/audit/trace.ts', ['test/security/permit-hidden.test.ts'])
const consent = of('src/interaction/admit/consent.ts', ['test/interaction/representative.test.ts'])
const receipt = of('src/interaction/receipt.ts', ['test/interaction/idempotency-hidden.test.ts'])
const listened = of('src/notification/subscription-send.ts', ['test/notification/subscription-socket.test.ts'])
const sent = of('src/notification/judge.ts', ['test/notification/mail.test.ts'])
const judged = of('src/interaction/trace-search.ts', ['test/interaction/trace-hidden.test.ts'])
const hop = of('src/interaction/hop.ts', ['test/interaction/trace-hidden.test.ts'])
const fed = of('src/interaction/admit/trace.ts', ['test/interaction/trace-feed.test.ts'])
const letter = of('src/notification/letter.ts', ['test/notification/told.test.ts'])

/** @type {readonly { file: string, by: readonly string[], why: string, from: string, to: string }[]} */
export const MUTANTS = [
  situation('rule 1 is dropped', 'if (!isOpen) return shut(1)', ''),
  situation('a suspended account counts as open', "account === 'open' || account === 'active'\n}\n\n/** Whether an", "account === 'open' || account === 'active' || account === 'suspended'\n}\n\n/** Whether an"),
  situation('the holder of another record is the holder', "if (principal.kind === 'holder' && isTheirs && slice", "if (principal.kind === 'holder' && slice"),
  situation('rule 5 forgets the sectors outside care', 'if (isOutsideCare(principal, policy)) return shut(5)', ''),
  situation('rule 5 forgets whose application it is', 'caller.patient !== slice.patient || statements.length === 0', 'statements.length === 0'),
  situation('rule 6 forgets the profession', 'caller.person === undefined || principal.profession === undefined || ', 'caller.person === undefined || '),
  situation('an emergency token reaches every record', "if (principal.mode !== 'normal' && !isTheirs) return shut(10)", ''),
  situation('rule 7 forgets the period', "choice.kind === 'medecin-traitant' && isInForce(choice, now) && permitsTo", "choice.kind === 'medecin-traitant' && permitsTo"),
  situation('rule 8 is dropped', 'if (blocks.length > 0) return', 'if (blocks.length > 99) return'),
  situation('a block that ended goes on', 'isBlockOn(choice, caller) && isInForce(', 'isBlockOn(choice, caller) && Boolean('),
  situation('a permit from before a block is a ground again', 'choice.acknowledged >= blockEnd', 'true'),
  situation('a permit of the instant at which a block ended is none', 'choice.acknowledged >= blockEnd', 'choice.acknowledged > blockEnd'),
  statement('a lifted block is in force', 'choice.lifted === undefined && isWithin(now, choice.period)', 'isWithin(now, choice.period)'),
  statement('the period of a choice is forgotten', 'choice.lifted === undefined && isWithin(now, choice.period)', 'choice.lifted === undefined'),
  statement('the period of a clause is forgotten', 'names(clause, caller) && isWithin(caller.now, clause.period) &&', 'names(clause, caller) &&'),
  statement('a permit covers the parts of a structure', 'permitted: new Set([...keys,', 'permitted: new Set([...keys, ...enclosing,'),
  statement('a block does not cover the parts of a structure', '...enclosing, ...listed, ...places(teams)', '...listed, ...places(teams)'),
  statement('no actor means everybody, applications too', "return principal.kind === 'professional' || principal.kind === 'structure'", 'return true'),
  statement('purposes are forgotten', "(purpose === '*' || clause", '(true || clause'),
  situation('an access is no ground any more', "normal: ['acces-ps', 'equipe-soins'", "normal: ['equipe-soins'"),
  situation('the choice for the regulation opens break-glass', "bris_de_glace: ['urgence-ps', 'pcf']", "bris_de_glace: ['urgence-samu', 'pcf']"),
  statement('an exception of a partage is no ground', "(kind === 'pcf' || kind === 'partage') &&", "kind === 'pcf' &&"),
  situation('the administrator outlives a block', "choice.kind === 'administrateur' && isHeard(choice) &&", "choice.kind === 'administrateur' &&"),
  situation('masks open to an emergency of another purpose', 'permitsTo(choice, caller) && choice.base.purposes.includes(purpose))]', 'permitsTo(choice, caller))]'),
  situation('masks open outside emergencies', "principal.mode === 'normal'\n    ? appointments", "principal.mode === 'bris'\n    ? appointments"),
  caller('the social sector is forgotten', 'profession?.startsWith(`${SOCIAL}|`) === true', 'profession?.startsWith(`${SOCIAL}|`) === undefined'),

  situation('who represents a minor goes on for ever', "relative.represents === 'minor' && now < majority", "relative.represents === 'minor'"),
  situation('the eighteenth birthday is a day of childhood', 'now < majority', 'now <= majority'),
  situation('a protected adult is represented by nobody', "relative.represents === 'protected-adult' || ", ''),
  situation('who stands around the holder no more goes on', ' || !isWithin(now, relative.period)) return undefined', ') return undefined'),
  situation('a delegation outlives its period', 'choice.isOfRepresentative !== true && isInForce(choice, now) && permitsTo', 'choice.isOfRepresentative !== true && permitsTo'),
  situation('whom a parent designated treats without bounds', 'choice.isOfRepresentative === true ? { beyond', 'false ? { beyond'),
  situation('what a parent gave opens masked secrets', 'seesMaskedBeyond: opening.some(({ isOfRepresentative }) => isOfRepresentative !== true)', 'seesMaskedBeyond: opening.length > 0'),
  statement('a place in a team outlives its period', 'isGround && isWithin(now, period)', 'isGround'),
  statement('a team that is no ground is one', 'isGround && isWithin(now, period)', 'isWithin(now, period)'),
  statement('a deny forgets who was in a team', '...listed, ...places(teams)', '...listed, ...places(teams.filter(({ period, isGround }) => isGround && isWithin(now, period)))'),
  decide('a representative sees what is hidden from them', 'isWithheld || facts.labels.includes(BEYOND) ? deny(4)', 'isWithheld ? deny(4)'),
  decide('a representative sees what is not announced', 'isWithheld || facts.labels.includes(BEYOND) ? deny(4)', 'facts.labels.includes(BEYOND) ? deny(4)'),
  decide('what a parent gave opens what is hidden from them', '!(isBeyond && statement.isOfRepresentative) && ', ''),
  compile('a representative finds what is hidden from them', 'and(openToHolder(situation.now), not(isBeyond))', 'openToHolder(situation.now)'),
  compile('what a parent gave finds what is hidden from them', 'statement.isOfRepresentative ? not(isBeyond) : all', 'all'),
  decide('the month ends an instant later', 'situation.now < facts.opens\n    return isWithheld ? deny(3)', 'situation.now <= facts.opens\n    return isWithheld ? deny(3)'),
  decide('what was entered in error is shown', 'if (facts.enteredInError && !meets(facts.authors, authorKeys(situation))) return deny(2)', ''),
  decide('applications see what is not announced', "['MASQUE_PS', 'INVISIBLE_PATIENT', BEYOND]", "['MASQUE_PS', BEYOND]"),
  decide('an application does not see what it deposited', '!meets(facts.authors, situation.keys) && meets(facts.labels, KEPT)', 'meets(facts.labels, KEPT)'),
  decide('rule 9 is dropped', 'if (meets(facts.authors, caller.inPerson)) return permit(9)', ''),
  decide('the software of a structure sees what it did not feed', 'meets(facts.authors, situation.keys) ? permit(9) : deny(9)', 'meets(facts.authors, situation.keys) ? permit(9) : permit(9)'),
  decide('the structure that fed has a ground in emergencies', "isStructureAuthor && caller.mode === 'normal'", 'isStructureAuthor'),
  decide('rule 11 is dropped', 'if (denials.length > 0) return deny(11', 'if (denials.length > 99) return deny(11'),
  decide('rule 12 is satisfied with one of the types', '!facts.types.every(type =>', '!facts.types.some(type =>'),
  decide('rule 12 lets through what has no type', 'facts.types.length === 0 || !facts', '!facts'),
  decide('rule 13 forgets the structure that fed', ' && !isStructureAuthor) return deny(13)', ') return deny(13)'),
  decide('rule 13 forgets the social sector', "if (facts.labels.includes('MASQUE_PSOCIAL') && caller.isSocial) return deny(13)", ''),
  decide('a container shows more than its parts', 'if (!own.permit || resource.facts.items === undefined) return own', 'return own'),
  decide('among exceptions a permit comes first', "matching.some(clause => clause.effect === 'deny') ? 'deny' : 'permit'", "matching.some(clause => clause.effect === 'permit') ? 'permit' : 'deny'"),
  decide('a deny on a document leaves its chain', "(effect === 'deny' ? chain.includes(value) : itself === value)", '(itself === value)'),
  decide('a permit on a document covers its chain', "(effect === 'deny' ? chain.includes(value) : itself === value)", '(chain.includes(value))'),
  decide('a deny on a time needs all of it', 'period.start <= wanted.end && period.end >= wanted.start', 'period.start >= wanted.start && period.end <= wanted.end'),
  decide('a deny on a code forgets the type', "meets(codesOf(facts), codes) || (effect === 'deny' && meets(facts.types, codes))", 'meets(codesOf(facts), codes)'),
  decide('a denied document leaves its chain', 'chain.flatMap(reference => documents.get(reference) ?? [])', 'documents.get(resource.itself) ?? []'),
  decide('a denied author is forgotten', '...authors.size === 0 ?', '...authors.size >= 0 ?'),
  decide('classes are forgotten', '(classes === undefined || meets(facts.classes, classes)) &&', ''),
  decide('a deny on an author forgets named structures', "return (effect === 'deny' ? facts.attributedTo : facts.authoredBy)", 'return facts.authoredBy'),

  compile('the month ends an instant later', "compare('facts.opens', 'le', now)", "compare('facts.opens', 'lt', now)"),
  compile('a filter on containers forgets what they hold', "CONTAINERS.includes(type) ? and(own, not(element('facts.items', not(seen(ITEMS))))) : own", 'own'),
  compile('the structure that fed has a ground in emergencies', "caller.mode === 'normal' ? asStructure : none)", 'asStructure)'),
  compile('rule 11 is dropped', 'not(deniedBy(caller.denials, stored)),', ''),
  compile('rule 12 is satisfied with one of the types', "within('facts.types', types)", "isIn('facts.types', types)"),
  compile('rule 13 forgets the mask', "or(not(equals('facts.labels', 'MASQUE_PS')), asStructure, caller.seesMaskedBeyond ? all : caller.seesMasked ? not(isBeyond) : none)", 'all'),
  compile('what was entered in error is found', 'and(sound([...situation.inPerson, ...situation.asStructure]), ofProfessional(situation, stored))', 'ofProfessional(situation, stored)'),
  compile('a denial of an application is forgotten', 'not(deniedBy(situation.denials, stored)))', 'all)'),
  compile('an exception that permits does not stand against its root', 'and(about(base, stored), not(or(...exceptions.map(clause => about(clause, stored)))))', 'about(base, stored)'),
  compile('a deny on a document leaves its chain', "effect === 'deny' ? 'chain' : 'self')", "'self')"),
  compile('a denied document leaves its chain', "stored.named([...documents.keys()], 'chain')", "stored.named([...documents.keys()], 'self')"),
  compile('a denied author is forgotten', "isIn('facts.attributedTo', authors.keys()),", ''),
  compile('the patient is forgotten', 'return and(ofPatient, whole(', 'return and(all, whole('),
  compile('a time is over an instant earlier', "compare('facts.period.start', 'le', dataPeriod.end)", "compare('facts.period.start', 'lt', dataPeriod.end)"),

  provision('permit and deny are swapped', "provision.type === 'permit' ? 'permit' : 'deny'", "provision.type === 'permit' ? 'deny' : 'permit'"),
  provision('R does not cover V', 'return type !== \'permit\' && keys.includes', 'return type === undefined && keys.includes'),
  provision('R covers V in a permit too', 'return type !== \'permit\' && keys.includes', 'return keys.includes'),
  provision('the deny of a partage means TREAT only', "effect === 'deny' && (kind === 'partage' || kind === 'blocage')", "effect === 'deny' && kind === 'blocage'"),
  provision('no purpose means every purpose', "? ['*'] : ['TREAT']", "? ['*'] : ['*']"),
  provision('an access for once lasts as long as it says', 'Math.min(span.end, span.start + DAY)', 'span.end'),
  provision('what cannot be understood goes on permitting', ".filter(({ clause }) => clause.effect === 'deny')", ''),
  provision('an actor who is lost is nobody', 'isWide || !knowsActors ? [EVERYONE] :', ''),
  provision('the role of an actor is forgotten', 'modifierExtension === undefined && (role.coding ?? []).every(coding => labelKey(coding) === ROLE))', 'modifierExtension === undefined)'),
  provision('a modifier extension is overlooked', 'const isBlind = consent.modifierExtension !== undefined || consent.implicitRules', 'const isBlind = consent.implicitRules'),
  provision('a modifier extension of a provision is overlooked', 'const isWide = isBlind || provision.modifierExtension !== undefined', 'const isWide = isBlind'),
  provision('the scope of a Consent is forgotten', '(consent.scope.coding ?? []).some(coding => labelKey(coding) === SCOPE) && nested', 'nested'),
  provision('of two kinds the first counts', 'kinds.length === 1 && first.code !== undefined', 'first.code !== undefined'),
  provision('deeper exceptions are lost', '[...parts, ...deeper(nested, kind, isBlind, reading)]', 'parts'),
  provision('whom a kind may name is forgotten', 'types.every(type => type !== undefined && allowed.includes(type))', 'types.every(type => type !== undefined)'),
  provision('who sees everything may be singled out by data', "if (clause.effect === 'permit' && WHOLE.includes(kind) && !isSameList(Object.keys(clause.selector), shape.labels.length > 0 ? ['labels'] : [])) return false", ''),
  provision('the period of the root is forgotten', 'const span = isReadablePeriod(period) && period !== undefined ? spanOf(period) : ALWAYS', 'const span = ALWAYS'),

  label('an unknown code is no mask', "MARKS.includes(code) ? code as Mark : 'MASQUE_PS'", 'MARKS.includes(code) ? code as Mark : undefined'),
  label('a label without system is no mask', "if (system === undefined || code === undefined) return 'MASQUE_PS'", 'if (system === undefined || code === undefined) return undefined'),
  label('a label without coding is none', 'coding.length === 0 ? [{}] : coding', 'coding'),
  label('no label is not N', 'labels.length === 0 ? [NORMAL] : labels', 'labels'),
  label('tags are no labels', 'const labels = [...own, ...resource.meta?.security ?? []]', 'const labels = own'),
  label('an unknown label is selected by its own name', 'return isKnownLabel(label) ? labelKey(label) : `${TRE_A07}|MASQUE_PS`', 'return labelKey(label)'),

  of('src/filter/interval.ts', RULES)('a month is thirty days', 'plus({ months }).toMillis()', 'plus({ days: 30 * months }).toMillis()'),
  facts('a day ends when it begins', 'intervalOf(end)?.hi', 'intervalOf(end)?.lo'),
  facts('entered in error is overlooked', ": said === 'entered-in-error'", ': false'),
  facts('what a document refers to is forgotten', 'related: relatedTo(resource, type)', 'related: []'),
  facts('the type of a resource is no class', ', `${RESOURCE_TYPES}|${resourceType}`]', ']'),

  participation('a draft is shown to its recipients', "or(isIn('facts.authors', keys), and(not(equals('facts.isDraft', true)), ", "or(isIn('facts.authors', keys), and("),
  participation('the holder sees messages that are not theirs', "const isTheirs = family === 'agenda' || facts.participants.includes(holder)", 'const isTheirs = true'),
  participation('a block takes the threads away', "if (stands === 'shut' && (family !== 'message' || situation.keys.length === 0)) return", "if (stands === 'shut') return"),
  participation('who is shut out sees the agenda all the same', "case 'shut': return family === 'message' ? situation.keys : []", "case 'shut': return situation.keys"),
  standing('the operator is shown no question', 'return shut(5, [OPERATOR])', 'return shut(5)'),
  standing('who stands with the operator is the operator', 'if (isOutsideCare(principal, policy)) return shut(5)', 'if (isOutsideCare(principal, policy)) return shut(5, [OPERATOR])'),
  participation('a message is announced too early', "facts.labels.includes('INVISIBLE_PATIENT') && situation.now < facts.opens ? deny(3) : permit(3)", 'permit(3)'),

  family('a type without a family is shown to everybody', 'if (family === undefined) throw new Error(`the type ${type} has no family`)', "if (family === undefined) return 'directory'"),
  family('the choices of an account that is not open are hidden from its holder', "case 'holder': return permit(3)\n    case 'representative': return facts", "case 'holder': return deny(1)\n    case 'representative': return facts"),
  family('a representative reads a choice that a minor made in secret', 'facts.labels?.includes(BEYOND) === true ? deny(4) : permit(4)', 'permit(4)'),
  family('a representative finds a choice that a minor made in secret', "return not(equals('facts.labels', BEYOND))", 'return all'),
  consent('a choice of a secret session has no label', 'sight.caller.principal.isSecret ? [BEYOND] : []', '[]'),
  receipt('a retry tells that what is hidden is as it was', ' && sight.decide(version).permit\n  const body', '\n  const body'),
  family('a professional reads choices about others', 'facts.actors.some(actor => namesOf(situation).includes(actor)) ? permit', 'true ? permit'),
  family('a professional reads a choice that denies', '!facts.hasDeny && !facts', '!facts'),
  family('a professional reads a choice that singles data out', '!facts.isSelective && facts', 'facts'),
  family('a professional finds a choice that denies', "not(equals('facts.hasDeny', true)), ", ''),
  family('a professional finds a choice that singles data out', ", not(equals('facts.isSelective', true)))", ')'),
  family('a trace names what is hidden from its reader', 'about.some(reference => hidden.has(reference)) ||', 'false ||'),
  family('a search that found only what is hidden is told', '(!isNamed && disclosed.length > 0 && disclosed.every(reference => hidden.has(reference)))', 'false'),
  family('a refused access is told to who was refused', 'return facts.isPermitted && facts', 'return facts'),
  family('a secret session is told to representatives', 'facts.isSecret ? deny(4) : permit(4)', 'permit(4)'),
  family('the médecin traitant reads the traces of choices', "facts.family === 'record' || isOwn(situation.keys, facts) ? permit(7) : deny(7)", 'permit(7)'),
  family('who may see one document is told who the patient is', "base.effect === 'permit' && !isSelective(base)", "base.effect === 'permit'"),

  authors('a place in a team that is over counts for what it wrote', 'isDeny || (span !== null && isWithin(now, span))', 'isDeny || span !== null'),
  authors('a team that is not active counts for what it wrote', 'span: isGround ? period : null', 'span: period'),
  authors('a deny about what a team wrote forgets who was in it', 'isDeny || (span !== null && isWithin(now, span))', 'span !== null && isWithin(now, span)'),
  provision('a delegation whose period names no instant helps', "kind === 'delegation' && period?.start === undefined && period?.end === undefined", "kind === 'delegation' && period === undefined"),

  right('an author as structure masks', 'who.isAuthorInPerson || who.isTreating,', 'who.isAuthor || who.isTreating,'),
  right('the médecin traitant lifts a mask', 'MASQUE_PS: who => who.isHolder || who.isLegal || who.isAdministrator,', 'MASQUE_PS: who => who.isHolder || who.isLegal || who.isAdministrator || who.isTreating,'),
  right('the structure that fed is author in person', 'INVISIBLE_PATIENT: who => who.isAuthorInPerson,', 'INVISIBLE_PATIENT: who => who.isAuthor,'),
  right('a médecin traitant is author in person as their structure', '? situation.keys.filter(key => !caller.own.includes(key)) : []', '? situation.keys : []'),
  right('a representative removes what is hidden from them', 'INVISIBLE_REPRESENTANTS_LEGAUX: who => who.isHolder\n', 'INVISIBLE_REPRESENTANTS_LEGAUX: who => who.isHolder || who.isLegal\n'),
  right('every author removes what they added', 'const removeOther: Right = who => who.isHolder', 'const removeOther: Right = who => who.isHolder || who.isAuthor'),
  right('the code of another system is taken for the label', 'label.system === TRE_A07 && markOf', 'markOf'),
  right('a deposit hides from representatives outside a secret session', '!(isCarer && isSecret)', '!isCarer'),
  right('the holder deposits what is not announced to them', "marks.includes('INVISIBLE_PATIENT') && !isCarer", "marks.includes('INVISIBLE_PATIENT') && false"),
  right('authors change', "...authors.map(path => path.split('.')[0] ?? ''), ...fixed]", '...fixed]'),
  right('who is contained changes', "elements.has('contained') || isSame(peopleIn(before), peopleIn(after)) ? []", '[].length === 0 ? []'),
  right('what was entered in error comes back', 'const isUndone = isInError(before', 'const isUndone = before === after && isInError(before'),
  right('a code is corrected away from the choice about it', 'isKept(codesOf(before), codesOf(after)) ? []', 'isKept([], []) ? []'),

  rules('a new choice forgets the account', 'return { ...before, choices', 'return { choices'),
  rules('who is in a team is not asked for', 'return teams.length > 0 || choices', 'return choices'),
  rules('who is only blocked is searched for', "choices.some(({ kind }) => kind !== 'blocage')", 'choices.length > 0'),
  rules('a choice that names nobody speaks to nobody', 'actors?.includes(EVERYONE) ?? true', 'actors?.includes(EVERYONE) ?? false'),
  rules('a list for emergencies is searched for', "purposes.includes('TREAT') || purposes.includes('*'))", 'purposes.length > 0)'),

  subscription('a Subscription is read by everybody', 'permit: owner !== undefined && facts.owner === owner', 'permit: true'),
  subscription('a Subscription is found by everybody', "owner === undefined ? none : equals('facts.owner', owner)", "owner === undefined ? none : equals('deleted', false)"),
  owner('a Subscription is of a person in whatever structure', '`owner|${principal.kind}|${principal.subject}`', '`owner|${principal.kind}|${principal.person ?? principal.subject}`'),
  told('a Subscription that was turned off is told what was due', 'facts.isActive && facts.until > now', 'facts.until > now'),
  told('a Subscription outlives its end', 'facts.isActive && facts.until > now', 'facts.isActive'),
  listened('whoever listens to a Subscription hears what the first of them may', 'const principals = sockets.principalsOf(id)', 'const principals = sockets.principalsOf(id).slice(0, 1)'),
  sent('a parent is mailed of what is hidden from them', 'return told !== undefined && !isUnsaid(told, sight.hiddenIn(patient))', 'return told !== undefined'),
  told('a Subscription is judged when the change was, and no more', "if (told === undefined) return 'done'", "if (told === undefined) { await webhook.call(endpoint, { id: due.id, now, body: '' }); return 'done' }"),
  feed('a Subscription hears of a secret session', ', [`${prefix}facts.isSecret`]: { $ne: true } })', ' })'),
  unclaimed('a content that a document claimed is still read alone', 'permit: claimedBy === null && keys', 'permit: keys'),
  unclaimed('a content that a document claimed is still found alone', "and(not(exists('facts.claimedBy')), isIn('facts.depositor', standing(situation).keys))", "isIn('facts.depositor', standing(situation).keys)"),
  unclaimed('a person posts as themselves, whatever the structure', 'return own.map(structure => `${person}@${structure}`)', 'return [person]'),
  unclaimed('what the software posted is read by who works there', "keys.filter(key => key.includes('@'))", 'keys.filter(() => true)'),
  unclaimed('what the software posted is lost to it', "case 'structure': return { keys: situation.keys, rule: 9 }", "case 'structure': return { keys: [], rule: 9 }"),
  unclaimed('the holder of an account that is not open reads what they posted', '{ keys: situation.isOpen ? [`Patient/${situation.patient}`] : []', '{ keys: [`Patient/${situation.patient}`]'),

  identity('RPPS and idNatPs are two persons', 'return `person:8${text}`', 'return `person:${text}`'),
  identity('FINESS and idNatSt are two structures', "'https://finess.esante.gouv.fr': '1'", "'https://finess.esante.gouv.fr': '3'"),
  identity('SIRET and idNatSt are two structures', "text.length === 14 ? '3' : '2'", "text.length === 14 ? '2' : '3'"),

  judged('a trace that names what is hidden is found', 'return traces.filter(trace => sight.decide(trace).permit)', 'return traces'),
  hop('a step leads over traces that name what is hidden', "isTelling(question.type) ? isIn('_id', await idsSeen(context, asking.sight, whole, visible, name)) : visible", 'visible'),
  fed('any structure feeds traces', '!context.traceSources.has(principal.structure)', 'false'),
  fed('an event that is fed names what nobody looks up', "LITERAL.test(what.reference ?? '') && what.identifier === undefined", 'true'),
  fed('an event that is fed says something in words', 'if (words !== undefined) throw', "if (words === '') throw"),
  fed('who asked elsewhere passes for the holder', '(!isSomebody || agent.who?.reference !== undefined)', '!isSomebody'),
  provision('a delegation that is singled out by data is about all', ", 'delegation']", ']'),
  include('what is hidden is included', 'isShared(type) ? all : await sight.among(type, patients)', 'all'),
  read('what is hidden and deleted is gone', 'if (!decision.permit) {', 'if (!decision.permit && !current.isDeleted) {'),
  search('a total counts what is hidden', 'store.count(type, filter, turnOfRecord(sight, request))', 'store.count(type, request.filter)'),
  reference('what is hidden may be referred to', '(target.patient === patient && sight.decide(target).permit)', 'target.patient === patient'),

  trace('a permit tells of what is hidden', 'rests !== undefined && rests.on.every(', 'rests !== undefined && rests.on.length === 0 && rests.on.every('),
  letter('what was let in for the sake of what is hidden is told', 'disclosed: rests.on, isNamed: false', 'disclosed: rests.on, isNamed')
]

function of (file, by) {
  return (why, from, to) => ({ file, by, why, from, to })
}
