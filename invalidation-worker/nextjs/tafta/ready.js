// What a person would like to know before the dashboard listens at 127.0.0.1 and the port that is the first argument.
import { createServer } from 'node:net'

const port = Number(process.argv[2])
const freshet = process.env.FRESHET_URL

try {
  await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject).listen(port, '127.0.0.1', () => server.close(resolve))
  })
} catch (error) {
  console.error(`cannot listen at 127.0.0.1:${port}: ${error.message}`)
  console.error('DASHBOARD_PORT=… chooses another port; start ./freshet dev with the same one, so that it is told there')
  process.exit(1)
}

const answers = await fetch(`${freshet}/views`, { signal: AbortSignal.timeout(2_000) }).then(
  (response) => response.ok,
  () => false,
)
if (!answers) {
  console.log(`\nFreshet does not answer at ${freshet} yet: its pages need ./freshet dev in another terminal.`)
  console.log('If that runs on other ports, it prints the line that starts this with them.')
}
console.log(`\nThe dashboard: http://127.0.0.1:${port}/dashboard   (Ctrl-C ends it)\n`)
