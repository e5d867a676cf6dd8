import { parseArgs } from 'node:util'
import { localToken, needLocalIssuer, TOKEN_OPTIONS } from './local-token.mjs'
import { Usage, USAGE } from './token-claims.mjs'

// npm run -s token -- --as KIND …: prints one bearer token signed with the local development key, and nothing else.

try {
  needLocalIssuer()
  const given = options(process.argv.slice(2))
  console.log(given.help ? USAGE : localToken(given, warning => console.error(`Warning: ${warning}`)).token)
} catch (error) {
  console.error(error instanceof Usage ? `${error.message}\n\n${USAGE}` : error.message)
  process.exitCode = 2
}

function options (parameters) {
  try {
    return parseArgs({ args: parameters, options: { ...TOKEN_OPTIONS, help: { type: 'boolean' } } }).values
  } catch (error) {
    throw new Usage(error.message)
  }
}
