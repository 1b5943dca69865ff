#include "report/wording.h"

#include <string.h>

#define LEFT "left exactly as it was"
#define NO_ADVICE { NULL, NULL, CALL_FLEET }
#define JUST(text) { text, NULL, CALL_FLEET }

static const struct telling common[OUTCOME_COUNT] = {
	[OUTCOME_UPGRADED] = { "upgraded", NULL, NO_ADVICE },
	[OUTCOME_CURRENT] = { "current", NULL, NO_ADVICE },
	[OUTCOME_WOULD_UPGRADE] = { "would be upgraded", NULL, NO_ADVICE },
	[OUTCOME_RESTORED] = { "restored", NULL, NO_ADVICE },
	[OUTCOME_SKIPPED] = {
		"skipped", "skipped, no database that could be opened:",
		JUST("where a file is empty, the application may be about to "
		     "fill it: run again later") },
	[OUTCOME_BUSY] = {
		"busy", "busy, and left exactly as they were:",
		{ "run again when the application is quieter",
		  "upgrade --failed", CALL_GIVEN } },
	[OUTCOME_KEPT] = {
		"kept", "kept, because something was written since:",
		{ "to go back all the same, and lose what was written since",
		  "rollback --force", CALL_GIVEN } },
	[OUTCOME_NEWER] = {
		"newer", "newer than every migration known, and left alone:",
		{ "the migrations are older than these databases: is an older "
		  "package installed? what is known", "list",
		  CALL_FLEET } },
	[OUTCOME_WOULD_FAIL] = {
		"would fail", "would fail:",
		{ "nothing was touched; look at one of them closely",
		  "verify", CALL_USER } },
	[OUTCOME_FAILED] = {
		"failed", "failed, left exactly as they were:",
		{ "repair what is named above, then take up only these",
		  "upgrade --failed", CALL_GIVEN } },
};

static const struct wording table[] = {
	{
		.command = "upgrade",
		.has_target = true,
		.title = "upgrade",
		.did = OUTCOME_UPGRADED,
		.left = LEFT,
		.mends = true,
		.after = { "to take this run back", "rollback", CALL_FLEET },
		.nothing = "all are current, nothing was changed",
		.bytes = "backups",
	},
	{
		.command = "upgrade",
		.dry_run = true,
		.has_target = true,
		.title = "dry run, nothing was written",
		.more = "upgrade --dry-run --verbose",
		.did = OUTCOME_WOULD_UPGRADE,
		.mends = true,
		.after = { "to do it", "upgrade", CALL_GIVEN },
		.nothing = "all are current, there is nothing to do",
		.bytes = "disk space that the backups will need",
		.tellings = {
			[OUTCOME_FAILED] = {
				"cannot be read", "cannot be read:",
				JUST("these are damaged, no databases, or not "
				     "to be read; an upgrade would leave them "
				     "as they are") },
			[OUTCOME_BUSY] = {
				"busy", "busy, not rehearsed:",
				JUST("an upgrade would wait for these and try "
				     "them again") },
		},
	},
	{
		.command = "verify",
		.has_target = true,
		.title = "verify",
		.more = "verify --verbose",
		.did = OUTCOME_CURRENT,
		.mends = true,
		.nothing = "nothing was found",
		.bytes = "backups",
		.tellings = {
			[OUTCOME_CURRENT] = { "in order", NULL,
					      NO_ADVICE },
			[OUTCOME_WOULD_UPGRADE] = { "pending", NULL,
						    NO_ADVICE },
			[OUTCOME_FAILED] = {
				"with findings", "with findings:",
				{ "nothing was changed; what was there before "
				  "an upgrade is in its backup",
				  "backups list", CALL_FLEET } },
			[OUTCOME_BUSY] = {
				"busy", "busy, not verified:",
				{ "run again when the application is quieter",
				  "verify", CALL_GIVEN } },
		},
	},
	{
		.command = "rollback",
		.title = "rollback",
		.did = OUTCOME_RESTORED,
		.left = LEFT,
		.after = { "the fleet is held, so that the next run does not "
			   "undo this; when upgrades may go on",
			   "upgrade --release", CALL_FLEET },
		.nothing = "nothing was there to take back",
		.bytes = "copies of what was overwritten",
		.tellings = {
			[OUTCOME_CURRENT] = { "not above it", NULL,
					      NO_ADVICE },
			[OUTCOME_SKIPPED] = {
				"skipped",
				"skipped, no database that could be put back:",
				{ "once these are back, the same command goes "
				  "on with system.db; if they are gone for "
				  "good, it goes back alone with",
				  "restore --system", CALL_FLEET } },
			[OUTCOME_BUSY] = {
				"busy", "busy, and left exactly as they were:",
				JUST("the same command goes on with these when "
				     "the application is quieter") },
			[OUTCOME_FAILED] = {
				"failed", "failed, left exactly as they were:",
				JUST("repair what is named above; the same "
				     "command then goes on with these") },
		},
	},
	{
		.command = "restore",
		.title = "restore",
		.did = OUTCOME_RESTORED,
		.left = LEFT,
		.after = JUST("the next upgrade brings these forward again; "
			      "until then they stand at the version of the "
			      "backup"),
		.nothing = "nothing was changed",
		.bytes = "copies of what was overwritten",
		.tellings = {
			[OUTCOME_CURRENT] = { "already as the backup", NULL,
					      NO_ADVICE },
			[OUTCOME_KEPT] = {
				"kept",
				"kept, because something was written since:",
				{ "to restore all the same, and lose what was "
				  "written since", "restore --force",
				  CALL_GIVEN } },
			[OUTCOME_BUSY] = {
				"busy", "busy, and left exactly as they were:",
				{ "run again when the application is quieter",
				  "restore", CALL_GIVEN } },
			[OUTCOME_FAILED] = {
				"failed", "failed, left exactly as they were:",
				{ "where the live file is gone or damaged, and "
				  "the application is stopped",
				  "restore --offline", CALL_GIVEN } },
		},
	},
	{
		.command = "baseline",
		.title = "baseline",
		.did = OUTCOME_UPGRADED,
		.left = LEFT,
		.nothing = "there was nothing to record",
		.bytes = "backups",
		.tellings = {
			[OUTCOME_UPGRADED] = { "recorded", NULL,
					       NO_ADVICE },
			[OUTCOME_BUSY] = {
				"busy", "busy, and left exactly as they were:",
				JUST("run again when the application is "
				     "quieter") },
			[OUTCOME_FAILED] = {
				"failed", "failed, left exactly as they were:",
				JUST("repair what is named above, then run "
				     "again") },
		},
	},
	{
		.command = "forget",
		.title = "baseline --forget",
		.did = OUTCOME_UPGRADED,
		.left = LEFT,
		.nothing = "there was no ledger to remove",
		.bytes = "backups",
		.tellings = {
			[OUTCOME_UPGRADED] = { "ledger removed", NULL,
					       NO_ADVICE },
			[OUTCOME_CURRENT] = { "without a ledger", NULL,
					      NO_ADVICE },
			[OUTCOME_BUSY] = {
				"busy", "busy, and left exactly as they were:",
				JUST("run again when the application is "
				     "quieter") },
			[OUTCOME_FAILED] = {
				"failed", "failed, left exactly as they were:",
				JUST("repair what is named above, then run "
				     "again") },
		},
	},
};

const struct wording *wording_of(const struct run_summary *run)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].command, run->command) == 0 &&
		    table[i].dry_run == run->dry_run)
			return &table[i];
	return &table[run->dry_run ? 1 : 0];
}

const struct telling *wording_telling(const struct wording *wording,
				      enum outcome outcome)
{
	const struct telling *own = &wording->tellings[outcome];

	return own->label ? own : &common[outcome];
}
