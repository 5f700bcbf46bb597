-- Runners to try it with: Ada is 7, Sam is 8, and everybody follows the next three. May be run twice.
insert into users (id, name, city, avatar, email)
select n, (array['Kim','Lee','Max','Noa','Ole','Pia','Ada','Sam','Tom','Uma','Vic','Wes'])[n],
       case when n % 2 = 0 then 'Lund' else 'Bergen' end, format('/avatars/%s.png', n), format('runner%s@example.com', n)
  from generate_series(1, 12) n
on conflict do nothing;

insert into runs (id, user_id, km, seconds, run_on, note)
select 100 * u + n, u, 4 + (u * 7 + n * 3) % 17, 1500 + 60 * ((u * 7 + n * 3) % 71), current_date - n, null
  from generate_series(1, 12) u, generate_series(1, 10) n
on conflict do nothing;

insert into shoes (id, user_id, name, km)
select 10 * u + n, u, (array['Road', 'Trail'])[n], 40 * u + 10 * n
  from generate_series(1, 12) u, generate_series(1, 2) n
on conflict do nothing;

insert into follows (follower_id, followee_id)
select u, 1 + (u + n - 1) % 12
  from generate_series(1, 12) u, generate_series(1, 3) n
on conflict do nothing;

insert into coaches (id, name, bio) values
  (1, 'Ines', 'Marathon, since 1998'),
  (2, 'Juho', 'Trails and fells')
on conflict do nothing;
