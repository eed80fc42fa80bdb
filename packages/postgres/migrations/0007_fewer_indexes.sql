-- Task runs are found by their run, and what is ready by its task run: two leaves less a task.
drop index millrace.ready_of_run;

drop index millrace.limit_wait_of_run;
