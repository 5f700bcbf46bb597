import { revalidatePath, revalidateTag } from 'next/cache.js'
import { revalidation } from './lib/revalidate.js'

/** See route.d.ts. */
export const revalidateRoute = (options) => revalidation({ revalidateTag, revalidatePath }, options)
