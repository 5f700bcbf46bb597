import { revalidatePages } from 'freshet-nextjs/pages'

// the signature is of the bytes
export const config = { api: { bodyParser: false } }

/** One for each cohort that there may be in the benchmark's database. */
const paths = Array.from({ length: 40 }, (_, index) => `/legacy/${index + 1}`)

export default revalidatePages({ paths })
