import { createServer } from 'node:http'
import { once } from 'node:events'

/**
 * An HTTP server for one test.
 *
 * @param {import('node:test').TestContext} test closes it at its end
 * @param {import('node:http').RequestListener} listener
 * @returns {Promise<string>} its address
 */
export async function listen(test, listener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${server.address().port}`
}

/**
 * Serves route handlers the way Next.js does.
 *
 * @param {import('node:test').TestContext} test
 * @param {Record<string, (request: Request) => Promise<Response>>} handlers by method
 */
export function serveRoute(test, handlers) {
  return listen(test, async (req, res) => {
    const body = req.method === 'GET' ? undefined : req
    const request = new Request('http://next' + req.url, {
      method: req.method,
      headers: req.headers,
      body,
      duplex: 'half',
    })
    const response = await handlers[req.method](request)
    res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
  })
}

/** @returns {Promise<string>} the body of a request */
export async function text(req) {
  let all = ''
  for await (const chunk of req.setEncoding('utf8')) all += chunk
  return all
}
