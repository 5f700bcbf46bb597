// The same job in Express: verify the signature, push the body to a list in Redis, answer once Redis has it.
//   node express.mjs PORT REDIS_PORT SECRET
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';
import { Redis } from 'ioredis';

const [port, redisPort, secret] = process.argv.slice(2);
const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort) });
const app = express();
app.disable('x-powered-by');
app.disable('etag');

app.post('/webhooks/:scheme', express.raw({ type: 'application/json', limit: '1mb' }), async (request, response) => {
  const expected = createHmac('sha256', secret).update(request.body).digest();
  const sent = Buffer.from(String(request.get('X-Thinkific-Hmac-Sha256')), 'hex');
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) {
    response.status(401).json({ error: 'signature_wrong' });
    return;
  }
  const { id, resource, action } = JSON.parse(request.body);
  await redis.lpush('express', request.body);
  response.json({ status: 'accepted', id: `main:${resource}.${action}:${id}` });
});

const server = app.listen(Number(port), '127.0.0.1');
server.keepAliveTimeout = 0; // its connections rest while the others are measured
