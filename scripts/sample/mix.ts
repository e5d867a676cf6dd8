import type { Chance } from './chance.js'
import type { Trade } from './directory.js'
import { reports } from './report.js'
import type { Report } from './report.js'

/** One way in which a document comes to be; weights add up to 1000. */
export interface Origin {
  readonly weight: number
  readonly code: string
  /** Who deposits it; the holder, when nobody of care does. */
  readonly by: Trade | 'holder'
  /** How many of a hundred come as CDA rather than as a bare PDF. */
  readonly cda: number
  readonly report: Report
}

/** The mix of `domain.md` 10.2: 39 % biology, 23 % prescriptions, 9 % imaging, 29 % other. */
export const MIX: readonly [Origin, ...Origin[]] = [
  { weight: 390, code: '11502-2', by: 'laboratory', cda: 70, report: reports.biology },
  { weight: 130, code: '57833-6', by: 'practice', cda: 50, report: reports.prescription },
  { weight: 40, code: 'PRESC-BIO', by: 'practice', cda: 30, report: reports.order },
  { weight: 15, code: '55115-0', by: 'practice', cda: 30, report: reports.order },
  { weight: 15, code: 'PRESC-KINE', by: 'practice', cda: 30, report: reports.order },
  { weight: 10, code: 'PRESC-INF', by: 'practice', cda: 30, report: reports.order },
  { weight: 20, code: '57833-6', by: 'hospital', cda: 80, report: reports.prescription },
  { weight: 60, code: '18748-4', by: 'imaging', cda: 60, report: reports.imaging },
  { weight: 30, code: '18748-4', by: 'hospital', cda: 80, report: reports.imaging },
  { weight: 85, code: '34112-3', by: 'hospital', cda: 80, report: reports.stay },
  { weight: 40, code: '11490-0', by: 'hospital', cda: 80, report: reports.stay },
  { weight: 20, code: '15507-7', by: 'hospital', cda: 80, report: reports.stay },
  { weight: 15, code: '34874-8', by: 'hospital', cda: 80, report: reports.stay },
  { weight: 45, code: '11488-4', by: 'practice', cda: 40, report: reports.consultation },
  { weight: 10, code: '60591-5', by: 'practice', cda: 60, report: reports.consultation },
  { weight: 15, code: '89601-9', by: 'practice', cda: 10, report: reports.certificate },
  { weight: 20, code: '87273-9', by: 'pharmacy', cda: 50, report: reports.vaccination },
  { weight: 20, code: '60593-1', by: 'pharmacy', cda: 40, report: reports.prescription },
  { weight: 8, code: 'EXPPAT_3', by: 'holder', cda: 0, report: reports.wishes },
  { weight: 12, code: 'DOCPAT03', by: 'holder', cda: 0, report: reports.own }
]

/** 7.62 documents for each patient on average. */
export function countOf (chance: Chance): number {
  return chance.percent(62) ? 8 : 7
}
