import { approve, progress } from '../app/actions.js'
import { readView } from '../lib/freshet.js'
import { ActionForm, Press } from './action-form.js'
import { Figure } from './figure.js'
import { Progress, Status, Table, Tile, money } from './parts.js'
import { Rendered } from './rendered.js'

export async function User({ email }) {
  const { data: user, loadedAt } = await readView('user', { email })
  const name = user.name ?? [user.firstName, user.lastName].filter(Boolean).join(' ')
  return (
    <>
      <nav aria-label="Breadcrumb">
        <a href="/dashboard">Cohorts</a>
        {user.cohortId !== null && <a href={`/dashboard/${user.cohortId}`}>Cohort {user.cohortId}</a>}
      </nav>
      <div className="head">
        <h1>{name || email}</h1>
        <Rendered at={new Date()} loadedAt={loadedAt} />
      </div>
      <p className="who">
        {email} {user.status ? <Status>{user.status}</Status> : 'has not applied'}
      </p>
      {user.status === 'pending' && (
        <ActionForm action={approve}>
          {user.cohortId !== null && <input type="hidden" name="cohortId" value={user.cohortId} />}
          <Press name="email" value={email}>
            Approve
          </Press>
        </ActionForm>
      )}
      <dl className="tiles">
        <Tile name="Enrollments">{user.enrollments.length}</Tile>
        <Tile name="Lessons">{user.lessons}</Tile>
        <Tile name="Quizzes">{user.quizzes.length}</Tile>
        <Tile name="Spent">{money(user.spentCents)}</Tile>
      </dl>
      {user.enrollments.map((enrollment) => (
        <ActionForm key={enrollment.id} action={progress}>
          <input type="hidden" name="email" value={email} />
          <input type="hidden" name="enrollmentId" value={enrollment.id} />
          <input type="hidden" name="percentageCompleted" value={enrollment.percentageCompleted ?? 0} />
          <section className="course">
            <h2>{enrollment.courseName ?? `Course of enrollment ${enrollment.id}`}</h2>
            <Progress of={enrollment.percentageCompleted} />
            {enrollment.completedAt ? (
              <span>Completed {enrollment.completedAt.slice(0, 10)}</span>
            ) : (
              <Press>Simulate progress</Press>
            )}
          </section>
        </ActionForm>
      ))}
      {user.quizzes.length > 0 && (
        <Table caption="Quizzes">
          <thead>
            <tr>
              <th scope="col">Quiz</th>
              <th scope="col" className="number">
                Attempts
              </th>
              <th scope="col" className="number">
                Grade
              </th>
            </tr>
          </thead>
          <tbody>
            {user.quizzes.map((quiz, i) => (
              <tr key={i}>
                <th scope="row">{quiz.quizName ?? 'Quiz'}</th>
                <td className="number">
                  <Figure>{quiz.attempts ?? '–'}</Figure>
                </td>
                <td className="number">
                  <Figure>{quiz.grade ?? '–'}</Figure>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </>
  )
}
