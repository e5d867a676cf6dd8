/**
 * Why a decision fell, in words. A sentence says the rule and nothing else: no choice, no label of a resource, nobody's
 * name; so that what is told to one caller of their own sight tells nothing of what is hidden from them. Denials are for
 * those only who may know of the choices (`operation/why.ts`).
 */
import type { Decision } from './decide.js'
import { CONTAINERS } from './record-type.js'

export const LANGUAGES = ['fr', 'en'] as const
export type Language = typeof LANGUAGES[number]
export type Sentence = Readonly<Record<Language, string>>

interface Rule { readonly permit?: Sentence, readonly deny?: Sentence }

/** Rules 1 to 14 of `consent.md` 4 by their number; 0 is what no rule of it decides: the identities that the operator keeps. */
const RULES: readonly Rule[] = [
  { permit: { fr: 'l’opérateur tient les identités et les comptes', en: 'the operator keeps identities and accounts' } },
  { deny: { fr: 'le compte n’est pas ouvert : personne ne lit le dossier, son titulaire non plus', en: 'the account is not open: nobody reads the record, its holder included' } },
  { deny: { fr: 'cela a été saisi par erreur, et n’est laissé qu’à ses auteurs, au titulaire et à ses représentants', en: 'it was entered in error, and is left to its authors, the holder and their representatives' } },
  {
    permit: { fr: 'le titulaire lit son dossier', en: 'the holder reads their record' },
    deny: { fr: 'un titulaire lit son propre dossier, et ce qui attend d’être annoncé une fois annoncé, ou un mois après', en: 'a holder reads their own record, and what waits to be announced once it is, or after a month' }
  },
  {
    permit: { fr: 'un représentant légal ou un aidant lit comme le titulaire', en: 'a legal representative or a helper reads as the holder does' },
    deny: { fr: 'un représentant légal ou un aidant ne lit que tant qu’il l’est, et jamais ce qui est caché aux représentants légaux', en: 'a legal representative or a helper reads only while they are one, and never what is hidden from legal representatives' }
  },
  {
    permit: { fr: 'une application lit ce que ses droits et le choix du titulaire permettent tous deux', en: 'an application reads what its scopes and the choice of the holder both allow' },
    deny: { fr: 'l’opérateur et ce qui est hors du soin ne lisent rien ; une application ne lit que ce que ses droits et le choix du titulaire permettent tous deux, et rien de masqué qu’elle n’ait déposé', en: 'the operator and whoever is outside care read nothing; an application reads only what its scopes and the choice of the holder both allow, and nothing masked that it did not deposit' }
  },
  { deny: { fr: 'un professionnel dont l’identifiant, la profession ou la structure n’est pas connu ne lit rien', en: 'a professional whose identifier, profession or structure is not known reads nothing' } },
  { permit: { fr: 'le médecin traitant que le titulaire a désigné lit le dossier', en: 'the médecin traitant whom the holder designated reads the record' } },
  { deny: { fr: 'un blocage écarte ce professionnel ou cette structure, quel que soit le mode d’accès', en: 'a block shuts this professional or this structure out, in every mode of access' } },
  {
    permit: { fr: 'un auteur lit ce dont il est l’auteur', en: 'an author reads what they are the author of' },
    deny: { fr: 'le logiciel d’une structure ne lit que ce dont sa structure est l’auteur', en: 'the software of a structure reads only what its structure is the author of' }
  },
  {
    permit: { fr: 'un accès à ce dossier est ouvert', en: 'an access to this record is open' },
    deny: { fr: 'aucun accès n’est ouvert dans ce mode d’accès', en: 'no access is open in this mode of access' }
  },
  { deny: { fr: 'un choix plus fin du titulaire le refuse', en: 'a finer choice of the holder denies it' } },
  { deny: { fr: 'la matrice d’habilitation ne donne pas ce type de document à cette profession', en: 'the habilitation matrix does not give this type of document to this profession' } },
  { deny: { fr: 'cela est masqué aux professionnels, ou à ceux du secteur social', en: 'it is masked from professionals, or from those of the social sector' } },
  { permit: { fr: 'un accès est ouvert, et la matrice d’habilitation donne ce type de document à cette profession', en: 'an access is open, and the habilitation matrix gives this type of document to this profession' } }
]

/** A content that no document names yet (`unclaimed.ts`), whatever rule stands before it. */
const UNCLAIMED: Sentence = { fr: 'un contenu qu’aucun document ne nomme encore n’est lu que par qui l’a déposé', en: 'a content that no document names yet is read by its depositor only' }
const HELD: Sentence = { fr: ' (cela, ou un élément de ce qu’il contient)', en: ' (it, or something that it holds)' }

/**
 * @param type of the resource that was decided on
 * @throws Error for a decision that no rule takes
 */
export function explain ({ permit, rule }: Pick<Decision, 'permit' | 'rule'>, type: string): Sentence {
  const said = type === 'Binary' ? UNCLAIMED : RULES[rule]?.[permit ? 'permit' : 'deny']
  if (said === undefined) throw new Error(`rule ${rule} does not ${permit ? 'permit' : 'deny'}`)
  const held = !permit && CONTAINERS.includes(type) ? HELD : { fr: '', en: '' }
  return {
    fr: `${permit ? 'Permis' : 'Refusé'} (règle ${rule}) : ${said.fr}${held.fr}`,
    en: `${permit ? 'Permitted' : 'Denied'} (rule ${rule}): ${said.en}${held.en}`
  }
}
