/** The port of the contents of documents; what implements it is `store/content-store.ts`. */

/** A content that was sealed and waits for its transaction; what is in it is the store's. */
export interface StagedContent { readonly staged: string }

/** A content as it is read: decrypted chunk by chunk, none before it is asked for. */
export interface StoredContent {
  readonly size: number
  /** Bytes `start` to `end`, both included; all of them without. */
  readonly read: (start?: number, end?: number) => AsyncIterable<Buffer>
}

/** The contents of documents, sealed in chunks: small ones go into the write's own transaction, large ones before it. */
export interface ContentStore {
  /** @returns what the write must carry */
  readonly put: (patient: string, id: string, bytes: Uint8Array) => Promise<StagedContent>
  /** The same for a content of any size as it comes: no more is read than was written. What `bytes` throws is thrown on, and nothing is kept. */
  readonly receive: (patient: string, id: string, bytes: AsyncIterable<Uint8Array>) => Promise<StagedContent>
  readonly open: (patient: string, id: string) => Promise<StoredContent | undefined>
  /** Removes the contents that were begun before an instant and are named by no write. @returns how many */
  readonly sweep: (before: number) => Promise<number>
}
