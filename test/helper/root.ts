import { fileURLToPath } from 'node:url'

const up = new URL('../../', import.meta.url)
/** The folder of the project: the tests run as tsc leaves them in `dist/tests/`, the mutants' from their sources. */
export const ROOT = up.pathname.endsWith('/dist/tests/') ? new URL('../../', up) : up

/** @param name a path under the folder of the project @returns the whole path */
export const inProject = (name: string): string => fileURLToPath(new URL(name, ROOT))
