#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/amount.h"
#include "cli/exit_status.h"
#include "cli/session.h"
#include "fleet/backups.h"
#include "fleet/room.h"
#include "report/json.h"
#include "report/say.h"

#define US_PER_SECOND INT64_C(1000000)

struct listing {
	const struct session *session;
	size_t count;
	int64_t bytes;
	char run_id[RUN_ID_BYTES]; /* whose heading was printed last */
};

/* True if the backup is of one of the users that were named. */
static bool is_asked_for(const struct session *session, const char *path)
{
	const struct users *users = &session->users;
	size_t start, length;

	if (!users->is_narrowed)
		return true;
	if (!pattern_matches(session->config.user_db, path, &start, &length))
		return false;
	for (size_t i = 0; i < users->count; i++)
		if (strlen(users->names[i]) == length &&
		    memcmp(users->names[i], path + start, length) == 0)
			return true;
	return false;
}

static void print(struct listing *listing, const struct backup *backup)
{
	bool colour = session_has_colour(listing->session, stdout);
	char text[32];

	if (strcmp(listing->run_id, backup->run_id) != 0) {
		memcpy(listing->run_id, backup->run_id, sizeof(backup->run_id));
		say_toned(stdout, colour, TONE_TITLE, "%s", backup->run_id);
		fputs("  ", stdout);
		say_escaped(stdout, backup->command);
		printf(", %s ago\n",
		       amount_format_duration(backup->age_s * US_PER_SECOND,
					      text, sizeof(text)));
	}
	printf("  %10s  ", amount_format_bytes((uint64_t)backup->bytes, text,
					       sizeof(text)));
	say_escaped(stdout, backup->path);
	putchar('\n');
}

static int tell(void *self, const struct backup *backup, struct error *err)
{
	struct listing *listing = self;

	(void)err;
	if (!is_asked_for(listing->session, backup->path))
		return 0;
	listing->count++;
	listing->bytes += backup->bytes;
	if (listing->session->options->json)
		json_print_backup(stdout, backup);
	else
		print(listing, backup);
	return 0;
}

static int list_in(void *self, const struct state *place, struct error *err)
{
	return backups_each(place, tell, self, err);
}

int cmd_backups_list(struct session *session, int *exit_status,
		     struct error *err)
{
	struct listing listing = { .session = session };
	int rc = rooms_each(&session->state, list_in, &listing, err);
	char text[32];

	*exit_status = EXIT_STATUS_GOOD;
	if (rc || session->options->json || session->options->quiet)
		return rc;
	say_amount(stdout, listing.count, "backup", "backups");
	printf(", %s\n", amount_format_bytes((uint64_t)listing.bytes, text,
					     sizeof(text)));
	return 0;
}

static void tell_pruned(void *self, const struct backup *backup)
{
	const struct session *session = self;

	if (session->options->json) {
		json_print_backup(stdout, backup);
	} else if (session->options->verbose) {
		printf("%s  ", backup->run_id);
		say_escaped(stdout, backup->path);
		putchar('\n');
	}
}

struct pruning {
	struct session *session;
	struct prune_totals totals;
};

static int prune_in(void *self, const struct state *place, struct error *err)
{
	struct pruning *pruning = self;
	const struct session *session = pruning->session;
	struct prune_totals totals = { 0 };
	int rc = backups_prune(place, session->config.keep,
			       session->config.max_age_ms,
			       session->options->dry_run, &totals, tell_pruned,
			       pruning->session, err);

	pruning->totals.removed += totals.removed;
	pruning->totals.kept += totals.kept;
	pruning->totals.bytes_freed += totals.bytes_freed;
	return rc;
}

int cmd_backups_prune(struct session *session, int *exit_status,
		      struct error *err)
{
	bool pretend = session->options->dry_run;
	struct pruning pruning = { .session = session };
	int rc = rooms_each(&session->state, prune_in, &pruning, err);
	const struct prune_totals totals = pruning.totals;
	char text[32];

	*exit_status = EXIT_STATUS_GOOD;
	if (!pretend)
		rooms_drop_runs(&session->state);
	if (rc || session->options->json || session->options->quiet)
		return rc;
	fputs(pretend ? "would remove " : "removed ", stdout);
	say_amount(stdout, totals.removed, "backup", "backups");
	printf(" (%s), ", amount_format_bytes((uint64_t)totals.bytes_freed,
					      text, sizeof(text)));
	fputs(pretend ? "would keep " : "kept ", stdout);
	say_amount(stdout, totals.kept, "backup", "backups");
	putchar('\n');
	return 0;
}
