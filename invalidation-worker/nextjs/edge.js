const refuse = () => {
  throw new Error("freshet-nextjs needs Node.js: leave out export const runtime = 'edge' here")
}

export {
  refuse as createFreshet,
  refuse as encodeTag,
  refuse as FreshetError,
  refuse as revalidatePages,
  refuse as revalidateRoute,
  refuse as tagClocks,
}
