import { revalidatePath, revalidateTag } from 'next/cache.js'
import { revalidation } from './lib/revalidate.js'

/** @type {typeof import('./route.d.ts').revalidateRoute} */
export const revalidateRoute = (options) => revalidation({ revalidateTag, revalidatePath }, options)
