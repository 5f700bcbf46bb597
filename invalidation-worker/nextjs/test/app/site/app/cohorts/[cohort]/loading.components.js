/** Without it the page builds, and answers 500 once revalidatePath('/', 'layout') was called: 16.4 with cacheComponents. */
export default function Loading() {
  return <p>…</p>
}
