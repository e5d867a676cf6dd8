/** The page that shows the OpenAPI document and tries it: Swagger UI, served from here, with nothing from elsewhere and no script in the page. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { releasePublic } from '../release/release.js'
import { send } from './server.js'

const FOLDER = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
/** Scripts and styles of this server alone; the page asks nobody else, stands in no frame, and sends no form. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>FHIR API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="openapi/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="openapi/swagger-ui-bundle.js"></script>
<script src="openapi/start.js"></script>
</body>
</html>
`
const START = "SwaggerUIBundle({ url: new URL('openapi.json', document.baseURI).href, dom_id: '#page', deepLinking: true, docExpansion: 'none', validatorUrl: null, filter: true })\n"

const JAVASCRIPT = 'text/javascript; charset=utf-8'

export function addOpenApiPage (server: FastifyInstance, base: string): void {
  const add = (url: string, contentType: string, text: () => string | Promise<string>) => {
    server.get(`${base}/openapi${url}`, async (_request, reply) => await send(reply, releasePublic(await text(), { 'content-type': contentType, 'content-security-policy': POLICY })))
  }
  const file = (name: string) => async () => await readFile(path.join(FOLDER, name), 'utf8')
  add('', 'text/html; charset=utf-8', () => PAGE)
  add('/start.js', JAVASCRIPT, () => START)
  add('/swagger-ui.css', 'text/css; charset=utf-8', file('swagger-ui.css'))
  add('/swagger-ui-bundle.js', JAVASCRIPT, file('swagger-ui-bundle.js'))
}
