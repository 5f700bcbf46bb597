// BullMQ for the benchmarks `queue` and `pickup`: node bullmq.mjs process|pickup PORT JOBS NUMBER BODY
// process: NUMBER is the worker's concurrency; pickup: jobs added in a second. The last line is JSON.
import { readFileSync } from 'node:fs'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

const [what, port, jobs, number, file] = process.argv.slice(2)
const count = Number(jobs)
const connection = { host: '127.0.0.1', port: Number(port), db: 1 }
const body = JSON.parse(readFileSync(file, 'utf8'))
const keep = { removeOnComplete: true, removeOnFail: true }

const redis = new Redis(connection)
await redis.flushdb()
redis.disconnect()
const queue = new Queue('bench', { connection })

function data (i) {
  return { ...body, id: String(i).padStart(23, '0'), payload: { ...body.payload, id: i, course_id: i % 40 } }
}

async function add (n) {
  for (let i = 0; i < n; i += 1000) {
    await queue.addBulk(Array.from({ length: Math.min(1000, n - i) }, (_, j) => ({ name: 'job', data: data(i + j), opts: keep })))
  }
}

// From when the worker is told to run, on jobs that are all there, until the last one is done.
async function drain (n, concurrency) {
  await add(n)
  let done = 0
  let finished
  const end = new Promise(resolve => { finished = resolve })
  const worker = new Worker('bench', async job => job.data.payload.id, { connection, concurrency, autorun: false })
  worker.on('completed', () => { if (++done === n) finished() })
  await worker.waitUntilReady()
  const start = process.hrtime.bigint()
  worker.run()
  await end
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  await worker.close()
  return n / seconds
}

// Measured from when a job was due to be added, so that a stall counts for all that it delays.
async function pickup (n, perSecond) {
  const micros = []
  let finished
  const end = new Promise(resolve => { finished = resolve })
  const worker = new Worker('bench', async job => {
    micros.push(Number(process.hrtime.bigint() - BigInt(job.data.due)) / 1e3)
    if (micros.length === n) finished()
  }, { connection, concurrency: 1 })
  await worker.waitUntilReady()
  await new Promise(resolve => setTimeout(resolve, 1000))
  const start = process.hrtime.bigint()
  const pause = 1_000_000_000n / BigInt(perSecond)
  for (let i = 0; i < n; i++) {
    const due = start + pause * BigInt(i)
    const wait = Number(due - process.hrtime.bigint()) / 1e6 - 3
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait)) // a timer may come a millisecond late
    while (process.hrtime.bigint() < due) await new Promise(resolve => setImmediate(resolve))
    await queue.add('job', { ...data(i), due: String(due) }, keep)
  }
  await end
  await worker.close()
  return micros
}

if (what === 'process') {
  await drain(Math.min(count, 10_000), Number(number)) // warm now
  console.log(JSON.stringify({ perSecond: await drain(count, Number(number)) }))
} else {
  await pickup(Math.min(count, 40), Number(number))
  console.log(JSON.stringify({ micros: await pickup(count, Number(number)) }))
}
await queue.close()
process.exit(0)
