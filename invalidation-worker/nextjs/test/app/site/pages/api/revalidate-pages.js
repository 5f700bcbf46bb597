export default async function handler(request, response) {
  for (const path of request.body.paths.filter((path) => path.startsWith('/legacy/'))) await response.revalidate(path)
  response.status(200).json({})
}
