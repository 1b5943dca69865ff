#include "database/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "database/backup.h"
#include "database/evidence.h"
#include "database/look.h"
#include "database/offline.h"
#include "database/replace.h"
#include "database/standing.h"
#include "sqlite/check.h"
#include "sqlite/connection.h"
#include "sqlite/digest.h"

/* The backup is written over the live file as replace.h says. */
struct restore {
	struct job *job;
	struct place live_place, backup_place;
	struct stamp live_stamp, backup_stamp;
	struct sqlite3 *live, *source;
	bool source_is_wal;
	struct replace replace;
	bool renews; /* the row that comes back was in force */
	bool is_there; /* the live file is what the backup is, and is let be */
};

static struct connection_options options_for(const struct restore *restore,
					     enum connection_mode mode)
{
	return (struct connection_options){
		.mode = mode,
		.busy_timeout_ms = restore->job->plan->busy_timeout_ms,
		.spill = true,
		.stop_now = restore->job->stop_now,
	};
}

/* Opens the backup, and looks whether it is one. */
static int open_source(struct restore *restore, struct error *err)
{
	struct connection_options options =
		options_for(restore, CONNECTION_IMMUTABLE);
	struct job *job = restore->job;
	struct complaints found = { 0 };
	struct standing standing;
	struct error undecided;
	int rc = backup_of_source(job, &restore->backup_place, err);

	if (rc == 0)
		rc = place_stamp(&restore->backup_place, "",
				 &restore->backup_stamp, err);
	if (rc == ERROR_MISSING)
		rc = error_set(err, ERROR_MISSING,
			       "run %s has no backup of it; which there are: "
			       "%s backups list", job->plan->source_run,
			       plan_again(job->plan));
	if (rc == 0)
		rc = look_fits(&restore->backup_stamp, err);
	if (rc == 0)
		restore->backup_stamp.mode = attributes_plain_mode(
			restore->backup_place.folder,
			restore->backup_place.name,
			restore->backup_stamp.mode);
	if (rc == 0)
		rc = connection_open(restore->backup_place.path, &options,
				     &restore->source, err);
	if (rc == 0)
		rc = evidence_is_wal(restore->source, &restore->source_is_wal,
				     err);
	if (rc == 0)
		rc = check_integrity_of(restore->source, false, NULL, &found,
					err);
	if (rc == 0 && found.damage)
		rc = error_set(err, ERROR_CORRUPT, "%s",
			       complaints_damage(&found));
	if (rc == ERROR_CORRUPT)
		error_prefix(err, "its backup %s is damaged and was not used",
			     restore->backup_place.path);
	if (rc == 0) {
		(void)standing_read(restore->source, job, &standing,
				    &undecided);
		text_copy(job->result.to, sizeof(job->result.to),
			  standing.version);
	}
	complaints_release(&found);
	return rc;
}

static int written(const char *why, struct error *err)
{
	return error_set(err, ERROR_WRITTEN,
			 "%s; it was left as it is, so that nothing is lost; "
			 "--force puts the backup back all the same (and first "
			 "backs up what is there)",
			 why);
}

/* Whether what is live says all that the backup says, so that there is nothing
 * to put back. Asked only where it would not be: it reads both. */
static int compare(struct restore *restore, struct sqlite3 *reader,
		   const struct ledger_head *live, struct error *err)
{
	struct ledger_head backup = { 0 };
	int rc = ledger_read(restore->source, &backup, err);

	if (rc != 0 || live->exists != backup.exists ||
	    strcmp(live->version, backup.version) != 0)
		return rc;
	return digest_compare(reader, restore->source, LEDGER_TABLE,
			      &restore->is_there, err);
}

/* Whether it may be overwritten, while nobody else can write it. ERROR_WRITTEN
 * says why not. */
static int judge(struct restore *restore, struct sqlite3 *reader,
		 struct error *err)
{
	const struct plan *plan = restore->job->plan;
	struct ledger_head head;
	char why[160] = "";
	bool holds = true;
	int rc;

	if (plan->force)
		return 0;
	rc = ledger_read(reader, &head, err);
	if (rc == 0 &&
	    (!head.exists || strcmp(head.run_id, plan->source_run) != 0)) {
		rc = compare(restore, reader, &head, err);
		if (rc != 0 || restore->is_there)
			return rc;
		(void)snprintf(why, sizeof(why),
			       "the newest step in its ledger is not of run %s",
			       plan->source_run);
		return written(why, err);
	}
	if (rc == 0 &&
	    !evidence_is_of(head.evidence, restore->job->subject->path))
		return written("it was upgraded under another name, and the "
			       "backup may be another database's", err);
	if (rc == 0)
		rc = evidence_holds(reader, head.evidence, &holds, why,
				    sizeof(why), err);
	if (rc == 0 && !holds)
		rc = written(why, err);
	restore->renews = rc == 0 && evidence_is_unbroken(head.evidence);
	if (rc == ERROR_CORRUPT)
		error_append(err, "--force puts the backup back all the same");
	return rc;
}

/* Backs up what is going to be overwritten. */
static int save_live(struct restore *restore, struct sqlite3 *reader,
		     struct error *err)
{
	int rc = backup_make(restore->job, reader, &restore->live_stamp, err);

	restore->job->result.has_backup = rc == 0;
	return rc != 0 ? rc : job_check_stop(restore->job, err);
}

static int under_lock(void *self, struct sqlite3 *reader, bool *goes_on,
		      struct error *err)
{
	struct restore *restore = self;
	int rc = judge(restore, reader, err);

	if (rc == 0 && !restore->is_there)
		rc = save_live(restore, reader, err);
	*goes_on = rc == 0 && !restore->is_there;
	return rc;
}

static int overwrite(struct restore *restore, bool is_wal, struct error *err)
{
	restore->replace = (struct replace){
		.job = restore->job,
		.path = restore->live_place.path,
		.live = restore->live,
		.source = restore->source,
		.under_lock = under_lock,
		.self = restore,
	};
	return replace_begin(&restore->replace, is_wal, err);
}

/* SQLite cannot copy over a database in WAL mode whose pages have another
 * size: then that has a rollback journal for as long as it takes. */
static int fit_pages(struct restore *restore, bool *is_wal, struct error *err)
{
	int64_t live = 0, source = 0;
	int rc = connection_number(restore->live, "PRAGMA page_size", &live,
				   err);

	if (rc == 0)
		rc = connection_number(restore->source, "PRAGMA page_size",
				       &source, err);
	if (rc != 0 || !*is_wal || live == source)
		return rc;
	if (!restore->job->plan->force)
		return written("its page size has been changed since", err);
	rc = connection_run(restore->live, "PRAGMA journal_mode = DELETE", err);
	return rc != 0 ? rc : evidence_is_wal(restore->live, is_wal, err);
}

/* Of one that was not overwritten. Who has opened it since holds that up, and
 * then it is not as it was. */
static int unfit_pages(struct restore *restore, struct error *err)
{
	struct error failed = { 0 };

	connection_set_busy_timeout(restore->live,
				    restore->job->plan->busy_timeout_ms);
	if (connection_run(restore->live, "PRAGMA journal_mode = WAL",
			   &failed) == 0)
		return (int)err->code;
	if (err->code == ERROR_BUSY)
		restore->replace.has_begun = false;
	error_append(err, "its journal mode is delete now, and could not be "
			  "set back to wal (%s)", failed.message);
	return (int)(err->code = ERROR_IO);
}

/* The version that is live, as far as it can be told. */
static void report_from(struct restore *restore)
{
	struct result *result = &restore->job->result;
	struct ledger_head head;
	struct error ignored;

	(void)ledger_read(restore->live, &head, &ignored);
	text_copy(result->from, sizeof(result->from), head.version);
}

/* Where there is no database to write into. A file that is none has failed (if
 * empty for long it would count for nothing), and one that is gone has not. */
static int replace_broken(struct restore *restore, struct error *err)
{
	const struct subject *subject = restore->job->subject;
	const struct plan *plan = restore->job->plan;
	char *user;

	if (plan->offline)
		return offline_replace(restore->job, &restore->live_place,
				       restore->source, &restore->backup_stamp,
				       err);
	user = subject->kind == KIND_SYSTEM ? xstrdup("--system")
					    : text_operand(subject->username);
	error_append(err, "stop the application, and put the backup in its "
		     "place: %s restore --offline --run %s %s",
		     plan_again(plan), plan->source_run, user);
	free(user);
	return (int)(err->code = S_ISREG(restore->live_stamp.mode)
					 ? ERROR_CORRUPT
					 : ERROR_SKIPPED);
}

static int find_live(struct restore *restore, struct error *err)
{
	const struct plan *plan = restore->job->plan;
	int rc = place_open(plan->data_dir, plan->data_path,
			    restore->job->subject->path, &restore->live_place,
			    err);

	if (rc != ERROR_MISSING)
		return rc;
	return error_set(err, plan->offline ? ERROR_IO : ERROR_SKIPPED,
			 "its folder is gone; make that again, so that restore "
			 "--offline can put the backup in its place");
}

/* The live file as it is, or what to do where it is none. */
static int restore_live(struct restore *restore, struct error *err)
{
	struct connection_options options =
		options_for(restore, CONNECTION_WRITE);
	struct job *job = restore->job;
	struct replace_end end;
	bool was_wal = false, is_wal;
	int rc = place_stamp(&restore->live_place, "", &restore->live_stamp,
			     err);

	if (rc == ERROR_MISSING)
		error_set(err, ERROR_MISSING, "its file is gone");
	/* A swap that may not be undone for good has left it: swap.h. */
	if (rc == 0 && stamp_compare_file(&restore->live_stamp,
					  &restore->backup_stamp) == 0)
		return error_set(err, ERROR_IO, "its backup of run %s is the "
				 "file itself: that upgrade was undone",
				 job->plan->source_run);
	if (rc == 0)
		rc = look_fits(&restore->live_stamp, err);
	if (rc == 0)
		rc = connection_open(restore->live_place.path, &options,
				     &restore->live, err);
	if (rc == ERROR_MISSING || rc == ERROR_CORRUPT || rc == ERROR_SKIPPED)
		return replace_broken(restore, err);
	if (rc != 0)
		return rc;
	report_from(restore);
	rc = evidence_is_wal(restore->live, &was_wal, err);
	job->result.is_wal = is_wal = was_wal;
	if (rc == 0)
		rc = fit_pages(restore, &is_wal, err);
	if (rc == 0)
		rc = overwrite(restore, is_wal, err);
	if (rc != 0 && is_wal != was_wal)
		rc = unfit_pages(restore, err);
	connection_close(restore->live);
	restore->live = NULL;
	end = (struct replace_end){
		.is_wal = restore->source_is_wal,
		.renews = restore->renews,
	};
	if (rc == 0 && !restore->is_there)
		replace_settle(&restore->replace, &end);
	return rc;
}

/* After a commit that failed, and may have happened: `to` is what the ledger
 * says now, if that can tell it from what was there. */
static void report_to(struct restore *restore, struct error *err)
{
	struct connection_options options =
		options_for(restore, CONNECTION_WRITE);
	struct result *result = &restore->job->result;
	bool can_tell = strcmp(result->from, result->to) != 0;
	struct ledger_head head = { 0 };
	struct sqlite3 *db = NULL;
	struct error unknown = { 0 };

	if (can_tell)
		can_tell = connection_open(restore->live_place.path, &options,
					   &db, &unknown) == 0 &&
			   ledger_read(db, &head, &unknown) == 0;
	connection_close(db);
	text_copy(result->to, sizeof(result->to), can_tell ? head.version : "");
	if (!result_is_unchanged(result))
		error_append(err, "it may have been put back all the same");
}

/* What was to be overwritten is in a backup: of use only if it was. */
static void fail(struct restore *restore, struct error *err)
{
	struct job *job = restore->job;
	struct result *result = &job->result;

	if (result->has_backup && restore->replace.has_begun &&
	    err->code != ERROR_BUSY) {
		report_to(restore, err);
		error_append(err, "what was there before is backed up in run "
				  "%s", job->plan->run_id);
	} else {
		if (result->has_backup)
			backup_discard(job);
		result->has_backup = false;
		memcpy(result->to, result->from, sizeof(result->to));
	}
	result_fail(result, err);
	/* A restore that finds no backup has failed, whatever is live. */
	if (err->code == ERROR_MISSING)
		result->outcome = OUTCOME_FAILED;
}

void work_restore(struct job *job)
{
	struct restore restore = {
		.job = job,
		.live_place = { .folder = -1 },
		.backup_place = { .folder = -1 },
	};
	int64_t begin = clock_now_us();
	struct error error = { 0 };
	int rc = open_source(&restore, &error);

	if (rc == 0)
		rc = find_live(&restore, &error);
	if (rc == 0)
		rc = restore_live(&restore, &error);
	if (rc != 0) {
		fail(&restore, &error);
	} else if (restore.is_there) {
		job->result.outcome = OUTCOME_CURRENT;
		text_copy(job->result.from, sizeof(job->result.from),
			  job->result.to);
	} else {
		job->result.outcome = OUTCOME_RESTORED;
		job->result.strategy = STRATEGY_IN_PLACE;
	}
	connection_close(restore.source);
	place_close(&restore.live_place);
	place_close(&restore.backup_place);
	job->result.duration_us = clock_now_us() - begin;
}
