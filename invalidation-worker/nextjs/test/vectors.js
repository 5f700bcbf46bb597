import { readFileSync } from 'node:fs'

const read = (path) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'))

/** The examples that Freshet's own tests read too. */
export const tagEncodings = () =>
  read('invalidation-worker/src/test/resources/dev/freshet/worker/frontend/tag-encoding.json')
export const templates = () => read('shared-model/src/test/resources/dev/freshet/catalog/templates.json')
export const parameters = () => read('shared-model/src/test/resources/dev/freshet/catalog/parameters.json')
export const signatures = () => read('shared-model/src/test/resources/dev/freshet/model/signatures.json')
export const pathSpellings = () =>
  read('invalidation-worker/src/test/resources/dev/freshet/worker/frontend/path-spellings.json')
export const pageTags = () => read('invalidation-worker/src/test/resources/dev/freshet/worker/frontend/page-tags.json')
