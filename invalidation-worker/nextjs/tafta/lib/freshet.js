import { createFreshet } from 'freshet-nextjs'
import views from '../freshet.views.json' with { type: 'json' }

/** Where Freshet is, and what signs, comes from FRESHET_URL, FRESHET_EVENTS_URL and EVENTS_SECRET. */
export const { readView, viewTags, emit } = createFreshet({ views })
