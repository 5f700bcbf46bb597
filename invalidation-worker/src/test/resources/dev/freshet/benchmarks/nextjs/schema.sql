create table counters (cohort int primary key, value int not null);
insert into counters select cohort, 0 from generate_series(1, 40) as cohort;
