/**
 * Every way in which Next.js may know a page by its path: 14 and 15 go by the address as browsers write it, 16 by the
 * decoded one up to a comma, and with `trailingSlash` 14 and 15 end it with a slash. One way too many does no harm.
 *
 * @param {string} path such as `/users/jane@example.com`, encoded or not; or a pattern such as `/course/[id]`
 * @returns {string[]}
 */
export function spellings(path) {
  if (isPattern(path)) return [path]
  const bare = path.replace(/(?<=.)\/$/, '')
  const ways = new Set([bare])
  try {
    const decoded = decode(bare)
    ways.add(decoded).add(decoded.replace(/(?<=.),.*/s, ''))
    for (const encoded of [encodeURI(decoded), decoded.split('/').map(encodeURIComponent).join('/')]) {
      ways.add(encoded).add(encoded.replaceAll("'", '%27'))
    }
  } catch {
    // half of a surrogate pair: no address has it
  }
  return [...new Set([...ways].flatMap((way) => (way.endsWith('/') ? [way] : [way, `${way}/`])))]
}

/** Whether it stands for all pages of a dynamic route. */
export const isPattern = (path) => /\[[^/]+\]/.test(path)

function decode(path) {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // a percent sign that is meant as one
  }
}
