/**
 * The port of exports that were asked for (decisions/0039); what implements it is `store/export-store.ts`. A job is a question
 * and nothing else: no resource, no id of one, no patient in clear.
 */
export interface ExportJob {
  readonly id: string
  /** The hashed key of who asked. */
  readonly owner: string
  /** When it was asked, and until when it is there, ms. */
  readonly at: number
  readonly until: number
  /** What was asked, sealed. */
  readonly asked: string
}

/** Whose, and which; what is over by `now`, ms, is not there. */
export interface OwnJob extends Pick<ExportJob, 'id' | 'owner'> { readonly now: number }

export interface ExportJobs {
  /** Keeps a job, where its owner has fewer than `most`. @returns where they have not, when the first of them is over, ms */
  readonly begin: (job: ExportJob, most: number) => Promise<number | undefined>
  readonly read: (own: OwnJob) => Promise<ExportJob | undefined>
  /** @returns whether it was there */
  readonly end: (own: OwnJob) => Promise<boolean>
}

/** What the operator sets for them. */
export interface ExportBounds {
  /** Of one owner. */
  readonly most: number
  /** How long one is there, ms. */
  readonly life: number
  /** How long a write may be under way when a job begins, ms: so long it takes until all that it asks for is there. */
  readonly settle: number
}
