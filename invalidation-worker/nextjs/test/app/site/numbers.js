/** Counters as text for people and as attributes for whoever checks them. */
export function Numbers({ counters }) {
  return (
    <ul>
      {counters.map(({ cohort, value }) => (
        <li key={cohort} data-cohort={cohort} data-value={value}>
          Cohort {cohort}: <strong>{value}</strong>
        </li>
      ))}
    </ul>
  )
}
