import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import test from 'node:test'

// Next.js itself is not installed here; its two functions are all that the route takes of it.
const NEXT = 'data:text/javascript,export const revalidateTag = () => {}, revalidatePath = () => {}'
const HOOKS = `export const resolve = (specifier, context, next) =>
  specifier === 'next/cache.js' ? { url: ${JSON.stringify(NEXT)}, shortCircuit: true } : next(specifier, context)`
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`)

const { exports: entries, dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const modules = Object.entries(entries).filter(([name]) => name !== './package.json')
const declared = (types) =>
  [
    ...readFileSync(new URL(`../${types}`, import.meta.url), 'utf8').matchAll(
      /^export (?:declare )?(?:function|class|const) (\w+)/gm,
    ),
  ].map((match) => match[1])

test('it depends on nothing', () => assert.equal(dependencies, undefined))

for (const [name, { types, default: file }] of modules) {
  test(`${name} exports what its types declare`, async () => {
    assert.deepEqual(Object.keys(await import(`../${file}`)).sort(), declared(types).sort())
  })
}

test('under the edge runtime all of it says what is wrong', async () => {
  const edge = await import('../edge.js')
  assert.deepEqual(Object.keys(edge).sort(), modules.flatMap(([, { types }]) => declared(types)).sort())
  for (const refuse of Object.values(edge)) assert.throws(() => refuse(), /needs Node.js/)
})

delete process.env.REVALIDATE_SECRET

test('the route is made of the functions of Next.js', async () => {
  const { revalidateRoute } = await import('../route.js')
  const { GET, POST } = revalidateRoute({ readyAfter: 0 })
  assert.equal((await GET(new Request('http://next/'))).status, 200)
  assert.equal((await POST(new Request('http://next/', { method: 'POST' }))).status, 403)
})
