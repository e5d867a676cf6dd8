import type { Chance } from './chance.js'
import type { Person } from './patient.js'

/** What a document says, before it has a form. */
export interface Content {
  readonly paragraphs: readonly string[]
  readonly table?: { readonly head: readonly string[], readonly rows: readonly (readonly string[])[] }
  readonly conclusion: string
}
/** @param age in whole years when the document was made */
export type Report = (chance: Chance, person: Person, age: number) => Content

type Measure = readonly [name: string, unit: string, low: number, high: number, digits: number]
const MEASURES: readonly Measure[] = [
  ['Hémoglobine', 'g/dL', 12, 16.5, 1], ['Leucocytes', 'G/L', 4, 10, 2], ['Plaquettes', 'G/L', 150, 400, 0],
  ['Glycémie à jeun', 'g/L', 0.7, 1.1, 2], ['Créatinine', 'µmol/L', 50, 105, 0], ['Cholestérol total', 'g/L', 1.4, 2, 2],
  ['Triglycérides', 'g/L', 0.4, 1.5, 2], ['TSH', 'mUI/L', 0.4, 4, 2], ['HbA1c', '%', 4, 6, 1], ['Ferritine', 'µg/L', 20, 250, 0],
  ['CRP', 'mg/L', 0, 5, 1], ['ASAT', 'UI/L', 8, 40, 0], ['ALAT', 'UI/L', 8, 45, 0], ['Potassium', 'mmol/L', 3.5, 5, 1], ['Sodium', 'mmol/L', 136, 145, 0]
]
const ADULT: readonly string[] = ['PARACÉTAMOL 1 g, 1 comprimé 3 fois par jour', 'METFORMINE 850 mg, 1 comprimé 2 fois par jour', 'RAMIPRIL 5 mg, 1 comprimé le matin', 'ATORVASTATINE 20 mg, 1 comprimé le soir', 'OMÉPRAZOLE 20 mg, 1 gélule le matin', 'AMOXICILLINE 1 g, 1 comprimé 2 fois par jour', 'LÉVOTHYROXINE 75 µg, 1 comprimé à jeun', 'BISOPROLOL 2,5 mg, 1 comprimé le matin', 'CÉTIRIZINE 10 mg, 1 comprimé le soir', 'COLÉCALCIFÉROL 100 000 UI, 1 ampoule']
const CHILD: readonly string[] = ['PARACÉTAMOL 2,4 %, 1 dose-poids 4 fois par jour', 'AMOXICILLINE 250 mg/5 mL, 1 dose-poids 2 fois par jour', 'SÉRUM PHYSIOLOGIQUE, lavages de nez', 'COLÉCALCIFÉROL, 1 goutte par jour']
const REASONS = ['douleurs abdominales', 'toux fébrile', 'bilan de fatigue', 'suivi d\'hypertension artérielle', 'lombalgie', 'contrôle annuel', 'gonalgie droite', 'céphalées', 'dyspnée d\'effort', 'suivi de diabète de type 2'] as const
const REGIONS = ['Radiographie du thorax de face', 'Échographie abdominale', 'Scanner cérébral sans injection', 'IRM du genou droit', 'Radiographie du rachis lombaire', 'Échographie thyroïdienne'] as const
const VACCINES = ['Vaccin grippal de la saison', 'Vaccin diphtérie-tétanos-poliomyélite', 'Vaccin pneumococcique conjugué', 'Vaccin contre la rougeole, les oreillons et la rubéole'] as const
const EVENTS = ['pneumopathie communautaire', 'fracture du poignet', 'appendicectomie', 'bilan de douleur thoracique', 'décompensation cardiaque', 'cholécystectomie', 'malaise'] as const

export const reports = {
  biology: chance => ({
    paragraphs: ['Prélèvement sanguin, échantillon conforme.'],
    table: { head: ['Examen', 'Résultat', 'Unité', 'Valeurs usuelles'], rows: chance.some(MEASURES, chance.whole(4, 9)).map(measure => row(chance, measure)) },
    conclusion: chance.pick(['Résultats validés par le biologiste.', 'Résultats à confronter à la clinique.', 'Contrôle conseillé dans trois mois.'])
  }),
  prescription: (chance, _person, age) => ({
    paragraphs: chance.some(age < 15 ? CHILD : ADULT, chance.whole(1, 4)).map(drug => `${drug}, pendant ${chance.pick(['5 jours', '7 jours', '1 mois', '3 mois'])}.`),
    conclusion: 'Non substituable : aucune mention.'
  }),
  order: (chance, _person, age) => ({
    paragraphs: [`Patient de ${age} ans, adressé pour ${chance.pick(REASONS)}.`, `Faire pratiquer : ${chance.pick(['bilan biologique complet', 'séances de rééducation, quinze', 'soins infirmiers à domicile', 'examen selon protocole habituel'])}.`],
    conclusion: 'Merci de votre concours.'
  }),
  imaging: (chance, _person, age) => ({
    paragraphs: [`Technique : ${chance.pick(REGIONS)}.`, `Indication : ${chance.pick(REASONS)} chez un patient de ${age} ans.`, `Résultats : ${chance.pick(['pas d\'anomalie décelable.', 'aspect dégénératif modéré, sans caractère évolutif.', 'petite formation kystique simple de 8 mm.', 'pas de lésion focale suspecte.'])}`],
    conclusion: chance.pick(['Examen sans particularité.', 'Contrôle à six mois.', 'À confronter à l\'examen clinique.'])
  }),
  stay: (chance, person, age) => ({
    paragraphs: [`${person.gender === 'female' ? 'Patiente' : 'Patient'} de ${age} ans, pris en charge pour ${chance.pick(EVENTS)}.`, `Évolution ${chance.pick(['simple', 'favorable sous traitement', 'favorable, sortie au troisième jour'])}; constantes stables, apyrexie à la sortie.`, `Traitement de sortie : ${chance.pick(age < 15 ? [CHILD[0] ?? ''] : [ADULT[0] ?? '', ADULT[4] ?? '', ADULT[5] ?? ''])}.`],
    conclusion: chance.pick(['Retour à domicile.', 'Consultation de contrôle dans un mois.', 'Suivi par le médecin traitant.'])
  }),
  consultation: (chance, _person, age) => ({
    paragraphs: [`Consultation pour ${chance.pick(REASONS)}, à l'âge de ${age} ans.`, 'Examen clinique : auscultation cardio-pulmonaire libre, abdomen souple.', `Tension artérielle ${chance.whole(10, 15)}/${chance.whole(6, 9)} cmHg.`],
    conclusion: chance.pick(['Traitement inchangé.', 'Revoir si persistance des symptômes.', 'Bilan biologique demandé.'])
  }),
  certificate: chance => ({
    paragraphs: [chance.pick(['Je soussigné certifie que l\'état de santé du patient ne contre-indique pas la pratique du sport.', 'Je soussigné certifie avoir examiné ce jour le patient, dont l\'état impose un repos de trois jours.'])],
    conclusion: 'Certificat remis en main propre.'
  }),
  vaccination: chance => ({
    paragraphs: [`${chance.pick(VACCINES)}, injection intramusculaire, deltoïde ${chance.pick(['gauche', 'droit'])}.`, `Lot SYNTH-${chance.whole(1000, 9999)}.`],
    conclusion: 'Bonne tolérance immédiate.'
  }),
  wishes: chance => ({
    paragraphs: ['Directives anticipées rédigées par le titulaire.', chance.pick(['Je ne souhaite pas d\'acharnement thérapeutique.', 'Je souhaite que ma personne de confiance soit consultée.'])],
    conclusion: 'Fait de ma main.'
  }),
  own: chance => ({
    paragraphs: [`Ancien compte rendu retrouvé chez moi, ${chance.pick(REASONS)}.`],
    conclusion: 'Document déposé par le titulaire.'
  })
} as const satisfies Readonly<Record<string, Report>>

function row (chance: Chance, [name, unit, low, high, digits]: Measure): readonly string[] {
  const scale = 10 ** digits
  const [from, to] = [Math.round(low * scale * 0.85), Math.round(high * scale * 1.12)]
  const value = chance.whole(from, to) / scale
  const said = (number: number) => number.toFixed(digits).replace('.', ',')
  return [name, `${said(value)}${value < low || value > high ? ' *' : ''}`, unit, `${said(low)} - ${said(high)}`]
}
