#include "database/swap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/exchange.h"
#include "base/memory.h"
#include "database/backup.h"
#include "database/leased.h"
#include "sqlite/connection.h"

#define BEFORE_SUFFIX "-before"

struct swap {
	struct leased live; /* L */
	int staged;	    /* S, to be read and written */
	int retired;	    /* the one of them that lost; -1: none has */
	char *name;	    /* in staging/: of S, then of L */
	bool has_before;    /* a second copy lies beside it */
	bool is_undone;	    /* after the rename; both still leased */
	int64_t renamed_us;
};

/* L itself may not be opened a second time: that would wait for our lease. */
static int open_before(const struct job *job, struct sqlite3 **out,
		       struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
		.stop_now = job->stop_now,
	};
	struct swap *swap = job->swap;
	char *name = xasprintf("%s" BEFORE_SUFFIX, swap->name);
	char *path = xasprintf("%s/staging/%s", job->plan->state_path, name);
	int fd = -1;
	int rc = file_clone(swap->live.fd, swap->live.stamp.bytes,
			    job->plan->staging_dir, name, &fd, err);

	if (rc == 0) {
		swap->has_before = true;
		(void)close(fd);
		rc = connection_open(path, &options, out, err);
	}
	free(path);
	free(name);
	return rc;
}

static int transact(struct job *job, struct sqlite3 *db,
		    const struct change *change, bool *needed,
		    struct error *err)
{
	struct standing standing = { 0 };
	struct steps steps;
	int rc;

	steps_begin(&steps, job, db);
	steps.open_before = open_before;
	rc = connection_run(db, "BEGIN IMMEDIATE", err);
	if (rc == 0) {
		rc = change->read(db, job, &standing, err);
		/* Staged on a guess, nobody has told it before. */
		if (rc != 0)
			standing_report(&standing, job);
	}
	steps.standing = &standing;
	if (rc == 0)
		rc = change->decide(&steps, needed, err);
	if (rc == 0 && *needed)
		rc = change_check_swap(change, &steps, err);
	if (rc == 0 && *needed)
		rc = change_apply(change, &steps, db, err);
	if (rc == 0 && *needed)
		rc = connection_run(db, "COMMIT", err);
	steps_end(&steps);
	return rc;
}

/* Makes S and does with it what is to be done. */
static int change_copy(struct job *job, const struct change *change,
		       bool *needed, struct error *err)
{
	const struct plan *plan = job->plan;
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
		.cache_bytes = plan->cache_bytes,
		.stop_now = job->stop_now,
		.leased = job->swap->live.fd,
		.deadline_us = clock_now_us() + 1000 * SWAP_MS_MOST,
	};
	struct swap *swap = job->swap;
	struct sqlite3 *db = NULL;
	char *path;
	int rc;

	swap->name = backup_staged_name(&swap->live.stamp);
	path = xasprintf("%s/staging/%s", plan->state_path, swap->name);
	rc = file_clone(swap->live.fd, swap->live.stamp.bytes,
			plan->staging_dir, swap->name, &swap->staged, err);
	if (rc != 0)
		error_prefix(err, "no copy could be made, so it was left "
				  "untouched");
	if (rc == 0)
		rc = connection_open(path, &options, &db, err);
	if (rc == 0)
		rc = transact(job, db, change, needed, err);
	connection_close(db);
	free(path);
	return rc;
}

/* Before the rename. */
static int check_asked(struct job *job, struct error *err)
{
	int rc = leased_check(&job->swap->live, err);

	if (rc != 0)
		job->yielded = SWAP_GIVEN_UP;
	return rc;
}

/* Makes S fit to take the place of L. */
static int finish_copy(struct job *job, struct error *err)
{
	struct swap *swap = job->swap;
	int rc = attributes_carry(swap->live.fd, &swap->live.stamp,
				  swap->staged, err);

	if (rc == 0 && !lease_take(swap->staged))
		rc = error_set(err, ERROR_SKIPPED,
			       "its copy could not be leased");
	if (rc == 0)
		rc = check_asked(job, err);
	return rc != 0 ? rc : job_check_stop(job, err);
}

static void remove_staged(const struct job *job, const char *suffix)
{
	char *name = xasprintf("%s%s", job->swap->name, suffix);

	(void)unlinkat(job->plan->staging_dir, name, 0);
	free(name);
}

static void remove_before(const struct job *job)
{
	if (job->swap->has_before)
		remove_staged(job, BEFORE_SUFFIX);
	job->swap->has_before = false;
}

static void close_staged(struct swap *swap)
{
	if (swap->staged >= 0)
		(void)close(swap->staged);
	swap->staged = -1;
}

/* Closes what is open, and with it gives the leases back. */
static void let_go(struct job *job)
{
	struct swap *swap = job->swap;

	close_staged(swap);
	leased_close(&swap->live);
	if (swap->retired >= 0)
		(void)close(swap->retired);
	free(swap->name);
	free(swap);
	job->swap = NULL;
}

/* The inode that has no live name any more is kept (see swap.h), the other one
 * let go. */
static void retire(struct swap *swap)
{
	int *lost = swap->is_undone ? &swap->staged : &swap->live.fd;

	leased_retire(*lost);
	swap->retired = *lost;
	*lost = -1;
	close_staged(swap);
	leased_close(&swap->live);
}

int swap_take_retired(struct job *job)
{
	int fd = -1;

	if (job->swap != NULL) {
		fd = job->swap->retired;
		job->swap->retired = -1;
		let_go(job);
	}
	return fd;
}

static void throw_away(struct job *job)
{
	struct swap *swap = job->swap;

	if (swap->staged >= 0)
		remove_staged(job, "");
	remove_before(job);
	if (job->result.has_backup)
		backup_discard(job);
	job->result.has_backup = false;
	let_go(job);
}

void swap_give_up(struct job *job, const struct error *why)
{
	throw_away(job);
	job->phase = why->code == ERROR_STOPPED ? JOB_DONE : JOB_INPLACE;
	job->result.outcome = OUTCOME_NONE;
	job->result.failure.error = *why;
}

void swap_stage(struct job *job, const struct change *change)
{
	struct swap *swap = xcalloc(1, sizeof(*swap));
	struct result *result = &job->result;
	struct error error = { 0 };
	bool needed = false, is_slow;
	int rc;

	swap->live.fd = swap->staged = swap->retired = -1;
	job->swap = swap;
	rc = job_check_stop(job, &error);
	if (rc == 0)
		rc = leased_open(job, &swap->live, &error);
	if (rc != 0) {
		swap_give_up(job, &error);
		return;
	}
	rc = change_copy(job, change, &needed, &error);
	/* Not by a signal: others would have to wait for too long. */
	is_slow = rc == ERROR_STOPPED && job_check_stop(job, NULL) == 0;
	if (is_slow && check_asked(job, &error) == 0)
		error_set(&error, ERROR_SKIPPED,
			  "its steps take too long to keep others waiting");
	if (is_slow || rc == ERROR_SKIPPED) {
		swap_give_up(job, &error);
		return;
	}
	if (rc != 0 || !needed) {
		throw_away(job);
		job->phase = JOB_DONE;
		result->outcome = OUTCOME_CURRENT;
		if (needed)
			result->strategy = STRATEGY_SWAP;
		if (rc != 0)
			result_fail_unchanged(result, &error);
		return;
	}
	remove_before(job);
	rc = finish_copy(job, &error);
	if (rc != 0)
		swap_give_up(job, &error);
	else
		job->phase = JOB_STAGED;
}

int swap_link(struct job *job, struct error *err)
{
	struct swap *swap = job->swap;
	int rc = job_check_stop(job, err);

	if (rc == 0)
		rc = check_asked(job, err);
	if (rc == 0)
		rc = backup_link(job, &swap->live.place, &swap->live.stamp,
				 err);
	job->result.has_backup = rc == 0;
	if (rc != 0)
		swap_give_up(job, err);
	return rc;
}

void swap_doubt(struct job *job, const struct error *why)
{
	struct error error = *why;
	struct swap *swap = job->swap;

	if (swap->is_undone)
		job->result.to[0] = '\0';
	retire(swap);
	error_append(&error,
		     "its upgrade is %s, and that may not outlast a power cut; "
		     "its backup is kept; look after the disk, and run again",
		     swap->is_undone ? "undone" : "done");
	job->result.strategy = STRATEGY_SWAP;
	job->phase = JOB_DONE;
	result_fail(&job->result, &error);
}

/* What is in staging/ takes the live name from the file with that stamp. */
static int take_name(struct job *job, const struct stamp *from, bool *had,
		     struct error *err)
{
	struct swap *swap = job->swap;
	int rc = exchange(job->plan->staging_dir, swap->name,
			  &swap->live.place, from, had, err);

	return !*had || rc == 0 || rc == ERROR_BUSY
		       ? rc
		       : error_append(err, "save it from %s/staging, which the "
				      "next run clears", job->plan->state_path);
}

/* L gets its name back. The one in backups/ goes only once that lasts: after a
 * power cut the exchange may be half of it. */
static void undo(struct job *job)
{
	struct swap *swap = job->swap;
	struct error error = { 0 };
	struct stamp staged;
	bool had = false;
	int rc = stamp_take(swap->staged, "", &staged, &error);

	if (rc == 0)
		rc = take_name(job, &staged, &had, &error);
	swap->is_undone = had && rc != ERROR_BUSY;
	if (rc != 0 && swap->is_undone)
		swap_doubt(job, &error);
	else if (rc != 0)
		result_note(&job->result,
			    "an application asked for it meanwhile, and it "
			    "could not be swapped back (%s): it may have read "
			    "the old content, once", error.message);
}

void swap_rename(struct job *job)
{
	struct swap *swap = job->swap;
	struct error error = { 0 };
	bool had = false;
	int rc = check_asked(job, &error);

	if (rc == 0)
		rc = take_name(job, &swap->live.stamp, &had, &error);
	if (!had) {
		swap_give_up(job, &error);
		return;
	}
	swap->renamed_us = clock_now_us();
	swap->is_undone = rc == ERROR_BUSY;
	job->result.failure.error = error;
	if (rc != 0 && !swap->is_undone)
		swap_doubt(job, &error);
	else if (rc == 0 && !lease_is_whole(swap->live.fd))
		undo(job);
}

void swap_keep(struct job *job)
{
	struct swap *swap = job->swap;
	int64_t held_ms = (clock_now_us() - swap->renamed_us) / 1000;

	if (!swap->is_undone && !lease_is_whole(swap->live.fd) &&
	    (lease_is_whole(swap->staged) ||
	     held_ms < job->plan->lease_break_ms / 2))
		undo(job);
	if (swap->is_undone)
		return;
	remove_staged(job, "");
	retire(swap);
	job->result.strategy = STRATEGY_SWAP;
	job->result.outcome = OUTCOME_UPGRADED;
	job->phase = JOB_DONE;
}

void swap_release(struct job *job)
{
	static const char spoilt[100] = "a swap that was undone";

	remove_staged(job, "");
	backup_discard(job);
	job->result.has_backup = false;
	job->yielded = SWAP_UNDONE;
	job->phase = JOB_INPLACE;
	(void)leased_check(&job->swap->live, &job->result.failure.error);
	/* Should this fail, an opener that comes late may read from a file
	 * without a name, which SQLite does not let him write to. */
	(void)!pwrite(job->swap->staged, spoilt, sizeof(spoilt), 0);
	retire(job->swap);
}

int swap_sync(const struct job *job, struct error *err)
{
	const struct swap *swap = job->swap;

	return folder_sync(swap->renamed_us > 0 ? swap->live.place.folder
						: swap->staged,
			   err);
}
